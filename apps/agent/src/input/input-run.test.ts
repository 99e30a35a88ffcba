import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { encodeFrame, FRAME, type Frame, FrameDecoder, RANK } from '@firebreak/api'
import { type ConfinedProcess, spawnConfined } from '@firebreak/linux/spawn'
import { codeFolders, entryOf } from '../entries.ts'
import type { InputConfig } from './config.ts'
import { BATCHES_OPEN_MAX, parseInputStatus } from './messages.ts'

const CONFIG: InputConfig = {
  name: 'x',
  format: 'sigma-json',
  source: { kind: 'stdin' },
  supplies: [{ category: 'proxy', product: null, service: null, fields: ['c-uri'] }],
}
const LINES = 3_000
const text = `${'{"c-uri":"http://a.example"}\n'.repeat(LINES)}{"category":"dns"}\nno JSON\n{"c-uri":"the last line has no end"}`

/** The real process, confined; `extra` is what it is handed as standard input. */
function start(context: TestContext, extra: number | 'pipe'): ConfinedProcess {
  const input = spawnConfined({
    profile: 'input',
    entry: entryOf('input'),
    args: [JSON.stringify(CONFIG)],
    readFolders: codeFolders(),
    writeFolders: [],
    connectPorts: [],
    extra,
  })
  // Its end is seen elsewhere: a killed process resets what it did not read.
  for (const one of [input.input, input.output, input.extra]) one?.on('error', () => {})
  context.after(async () => {
    input.kill()
    await input.exited
  })
  return input
}

async function* framesOf(input: ConfinedProcess): AsyncGenerator<Frame> {
  const decoder = new FrameDecoder()
  for await (const chunk of input.output) yield* decoder.push(chunk as Uint8Array)
}

async function readAll(input: ConfinedProcess): Promise<void> {
  input.input.write(encodeFrame({ type: FRAME.INPUT_RESUME }))
  let events = 0
  for await (const { type, count, rank, sequence, payload } of framesOf(input)) {
    if (type === FRAME.SENSED) {
      events += count
      assert.equal(rank, RANK.activity)
      input.input.write(encodeFrame({ type: FRAME.INPUT_TAKEN, sequence }))
      continue
    }
    assert.equal(type, FRAME.INPUT_STATUS)
    const { isEnded, refused, fault } = parseInputStatus(payload)
    if (!isEnded) continue
    assert.deepEqual(refused, { 'too-long': 0, malformed: 1, 'other-shape': 0, 'not-supplied': 1 })
    assert.deepEqual([events, fault], [LINES + 1, null])
    return
  }
  assert.fail('it ended, and another one would read nothing again and again')
}

test('standard input that is a file is read to its end', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-input-'))
  context.after(() => rmSync(folder, { recursive: true, force: true }))
  writeFileSync(join(folder, 'x'), text)
  const descriptor = openSync(join(folder, 'x'), 'r')
  const input = start(context, descriptor)
  closeSync(descriptor)
  await readAll(input)
})

test('standard input that is a pipe is read to its end', async (context) => {
  const input = start(context, 'pipe')
  const { extra } = input
  assert.ok(extra !== null)
  const writer = spawn('/bin/cat', [], { stdio: ['pipe', extra as never, 'ignore'] })
  extra.destroy()
  writer.stdin.end(text)
  await readAll(input)
})

test('who writes faster than anybody judges has to wait, and loses nothing', async (context) => {
  const input = start(context, 'pipe')
  const { extra } = input
  assert.ok(extra !== null)
  input.input.write(encodeFrame({ type: FRAME.INPUT_RESUME }))
  const line = Buffer.from(`{"c-uri":"${'x'.repeat(8_000)}"}\n`)
  const total = 2_000
  let written = 0
  const write = () => {
    while (written < total) {
      written++
      if (extra.write(line)) continue
      extra.once('drain', write)
      return
    }
    extra.end()
  }
  write()
  let events = 0
  let isHeld = true
  const batches: number[] = []
  for await (const { type, count, sequence } of framesOf(input)) {
    if (type !== FRAME.SENSED) continue
    events += count
    batches.push(sequence)
    if (isHeld && batches.length < BATCHES_OPEN_MAX) continue
    if (isHeld) assert.ok(written < total, 'what is written is not read')
    isHeld = false
    input.input.write(encodeFrame({ type: FRAME.INPUT_TAKEN, sequence }))
    if (events === total) break
  }
  assert.deepEqual(batches, batches.map((_, i) => i + 1)) // prettier-ignore
})
