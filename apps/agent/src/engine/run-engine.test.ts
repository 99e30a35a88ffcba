import assert from 'node:assert/strict'
import { once } from 'node:events'
import { PassThrough } from 'node:stream'
import { test } from 'node:test'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { compilePack, parsePack, toSourceNode } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import { batchOf, imageOf } from '../testing/images.ts'
import { runEngine } from './run-engine.ts'

const MINUTE_S = 60
const START_S = 1_700_000_000

/** The engine's loop, in this process and without its sandbox. */
class Loop {
  readonly #input = new PassThrough()
  readonly #output = new PassThrough()
  readonly #decoder = new FrameDecoder()

  constructor(image: Uint8Array) {
    runEngine(this.#input, this.#output)
    this.#input.write(encodeFrame({ type: FRAME.LOAD, payload: image }))
    this.#input.write(encodeFrame({ type: FRAME.ACTIVATE }))
  }

  async answer(): Promise<Frame> {
    const [chunk] = (await once(this.#output, 'data')) as [Uint8Array]
    const [frame] = this.#decoder.push(chunk)
    assert.ok(frame)
    return frame
  }

  async events(events: readonly HostEvent[], atSeconds = 0): Promise<Frame> {
    const payload = events.length === 0 ? new Uint8Array(0) : batchOf(events)
    const frame = encodeFrame({ type: FRAME.EVENTS, sequence: 7, count: events.length, aux: atSeconds, payload })
    this.#input.write(frame)
    return this.answer()
  }
}

async function loopOf(image: Uint8Array): Promise<Loop> {
  const loop = new Loop(image)
  assert.equal((await loop.answer()).type, FRAME.READY)
  return loop
}

function event(commandLine: string, seconds = START_S): HostEvent {
  const fields = { Image: '/firebreak-test/x', CommandLine: commandLine }
  return { category: 'process_creation', product: 'linux', timeMs: seconds * 1000, fields }
}

function titlesIn({ count, payload }: Frame): readonly string[] {
  const lines = Buffer.from(payload).toString('utf8').split('\n').slice(0, count)
  return lines.map((line) => (JSON.parse(line) as { title: string }).title)
}

/** `count` rules that fire on every event of this file, and a correlation of the first that says when one is alone. */
function packImage(count: number, correlation: object | null = null): Uint8Array {
  const id = (n: number) => `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
  const rules = Array.from({ length: count }, (_, n) => ({
    title: `Rule ${n}`,
    id: id(n),
    level: 'high',
    logsource: { category: 'process_creation', product: 'linux' },
    detection: { selection: { 'Image|startswith': '/firebreak-test/' }, condition: 'selection' },
  }))
  const about = { name: 'fixture', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'x' }
  const counted = { title: 'Twice', id: id(99), level: 'low', correlation: { rules: [id(0)], ...correlation } }
  const nodes = [...rules, ...(correlation ? [counted] : [])].map((one) => toSourceNode(one, 'rules/1.yml'))
  const manifest = toSourceNode(about, 'pack.yaml')
  return compilePack(parsePack({ manifest, rules: [{ file: 'rules/1.yml', nodes }], tests: [], indicators: [] })).image
}

test('each event is answered with its detections', async () => {
  const loop = await loopOf(imageOf('1.0.0').bytes)
  const { sequence, count, aux } = await loop.events([event('a'), event('b')])
  assert.deepEqual([sequence, count, aux], [7, 2, 2])
})

test('an event whose detections do not all fit is not counted as judged, and hides none behind it', async () => {
  const rules = 20
  const loop = await loopOf(packImage(rules))
  // Each detection has about 190 KiB: a control character takes six bytes of JSON.
  const { count, aux, payload } = await loop.events([event('\u0001'.repeat(32_000)), event('small')])
  assert.ok(count > rules && count < 2 * rules, `${count} detections`)
  assert.equal(aux, 1)
  assert.ok(payload.length <= 1024 * 1024)
})

test('time passes with the frames, and what correlations find is part of the answer', async () => {
  const loop = await loopOf(
    packImage(1, { type: 'event_count', timespan: '10s', condition: { gte: 2 }, generate: false }),
  )
  const early = await loop.events([event('a', START_S), event('b', START_S + 1)], START_S + 1)
  assert.deepEqual([titlesIn(early), early.aux], [[], 2], 'an earlier event may still come')
  const probe = await loop.events([])
  assert.deepEqual([titlesIn(probe), probe.aux], [[], 0], 'a probe says no time')
  const later = await loop.events([], START_S + 60 * MINUTE_S)
  assert.deepEqual([titlesIn(later), later.aux, later.count], [['Twice'], 0, 1])
})

test('what a batch took is told to whoever tries rules out, and to nobody else', async () => {
  const loop = await loopOf(packImage(2))
  const linesOf = async (atSeconds: number): Promise<readonly string[]> => {
    const { count, payload } = await loop.events([event('a'), event('b')], atSeconds)
    return Buffer.from(payload).toString('utf8').split('\n').slice(count, -1)
  }
  // Two events, each of which both rules match: a node of the condition and one of the selection, and one predicate for both rules.
  const once = '{"nodeVisits":8,"predicateEvaluations":2}'
  // The same for the second batch: what came before is not in it.
  assert.deepEqual([await linesOf(0), await linesOf(0), await linesOf(START_S)], [[once], [once], []])
})
