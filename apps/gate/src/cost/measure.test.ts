import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, parsePack, toSourceNode } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import { RecordBatchWriter } from '@firebreak/detect'
import { type Meter, measure } from './measure.ts'
import { measureCost } from './measure-cost.ts'
import { decodeRequest, encodeRequest } from './protocol.ts'

/** A pack with one rule for each text that it looks for in a command line. */
function imageOf(...texts: readonly string[]): Uint8Array {
  const manifest = { name: 'p', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'x' }
  const rules = texts.map((text, n) => ({
    title: `Rule ${n}`,
    id: `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`,
    level: 'high',
    logsource: { category: 'process_creation', product: 'linux' },
    detection: { selection: { 'CommandLine|re': text, 'Image|endswith': 's' }, condition: 'selection' },
  }))
  const files = rules.map((rule, n) => ({ file: `${n}.yml`, nodes: [toSourceNode(rule, `${n}.yml`)] }))
  const source = { manifest: toSourceNode(manifest, 'pack.yaml'), rules: files, tests: [], indicators: [] }
  return compilePack(parsePack(source)).image
}

const EVENTS: readonly HostEvent[] = ['ls', 'cat', 'aaa', 'ls -la'].map((line, timeMs) => {
  return { category: 'process_creation', product: 'linux', timeMs, fields: { Image: '/bin/ls', CommandLine: line } }
})

function batchOf(events: readonly HostEvent[]) {
  const writer = new RecordBatchWriter()
  for (const event of events) writer.add(event)
  return { events: events.length, batch: writer.finish() }
}

/** A clock that is told what each block takes, in the order in which blocks are measured. */
function meterOf(blockNs: (block: number) => number): Meter {
  let [ns, calls, held] = [0, 0, 1_000]
  return {
    cpuNs() {
      calls++
      if (calls % 2 === 0) ns += blockNs(calls / 2 - 1)
      return ns
    },
    heldBytes: () => (held += 50),
    sweep: () => {},
  }
}

test('of each pair the other image is first; two blocks of each warm up and do not count', () => {
  const [candidate, running] = [imageOf('a+', 'l.'), imageOf('a+')]
  const { measures } = measure(
    { blocks: 3, candidate, running, batches: [batchOf(EVENTS)] },
    meterOf((block) => block),
  )
  // Blocks 0 to 3 warm up; then candidate first, running first, candidate first.
  assert.deepEqual(
    measures.map(({ blocksNs }) => blocksNs),
    [
      [4, 7, 8],
      [5, 6, 9],
    ],
  )
  assert.ok(measures.every(({ memoryBytes }) => memoryBytes === 50))
})

test('more rules that are tried are more work, counted; the event that sets off most is named', () => {
  const still = meterOf(() => 1)
  const batches = [batchOf(EVENTS.slice(0, 2)), batchOf(EVENTS.slice(2))]
  const [one, two] = [[imageOf('a+')], [imageOf('a+', 'l.')]].map(([candidate = new Uint8Array()]) => {
    return measure({ blocks: 1, candidate, running: null, batches }, still).measures[0]
  })
  assert.ok(one && two)
  assert.ok(one.fuel > 0 && two.fuel > one.fuel, `${one.fuel} ${two.fuel}`)
  assert.ok(one.fuelPeak > 0 && one.fuel <= 4 * one.fuelPeak)
  assert.ok(one.peakAt < EVENTS.length)
})

test('a request survives the pipe', () => {
  const request = { blocks: 2, candidate: imageOf('a'), running: null, batches: [batchOf(EVENTS)] }
  assert.deepEqual(decodeRequest(Buffer.concat(encodeRequest(request))), request)
  const both = { ...request, running: imageOf('b') }
  assert.deepEqual(decodeRequest(Buffer.concat(encodeRequest(both))), both)
})

test('the confined process measures both images over every event', async () => {
  const evidence = await measureCost({ candidate: imageOf('a+', 'l.'), running: imageOf('a+') }, EVENTS)
  assert.ok(evidence?.running)
  assert.equal(evidence.events, 4)
  assert.equal(evidence.pairs.length, 12)
  assert.ok(evidence.pairs.every(({ candidateNs, runningNs }) => candidateNs > 0 && runningNs > 0))
  assert.ok(evidence.candidate.fuel > evidence.running.fuel)
  assert.match(evidence.candidate.peakEvent, /"CommandLine"/)
  assert.ok(evidence.candidate.memoryBytes > 0)
})

test('no events, or an image that no engine takes, is nothing measured', async () => {
  assert.equal(await measureCost({ candidate: imageOf('a'), running: null }, []), null)
  assert.equal(await measureCost({ candidate: new Uint8Array(64), running: null }, EVENTS), null)
})
