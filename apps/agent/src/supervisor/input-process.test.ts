import assert from 'node:assert/strict'
import {
  appendFileSync,
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { test, type TestContext } from 'node:test'
import { EventColumns, FieldNames, RecordBatch } from '@firebreak/detect'
import { codeFolders, entryOf } from '../entries.ts'
import type { InputConfig } from '../input/config.ts'
import { BATCHES_OPEN_MAX } from '../input/messages.ts'
import { childrenOf } from '../testing/host.ts'
import { type BatchTaker, InputProcess } from './input-process.ts'
import { PositionFile } from './position-file.ts'

const WAIT_MS_MAX = 30_000
const LOOK_MS = 20
const NAMES = new FieldNames(['Message'])

/** In the place of the engines: keeps what comes, and settles it when it is told to. */
class Batches implements BatchTaker {
  readonly messages: string[] = []
  batches = 0
  isSettling = true

  submit(payload: Uint8Array, count: number): number {
    const columns = new EventColumns(NAMES)
    const batch = RecordBatch.open(payload, NAMES)
    assert.equal(batch.count, count)
    while (batch.next(columns)) {
      this.messages.push(...columns.entries().flatMap(({ field, value }) => (field === 'Message' ? [value ?? ''] : [])))
    }
    return ++this.batches
  }

  isSettled(): boolean {
    return this.isSettling
  }
}

interface Setup {
  readonly folder: string
  readonly batches: Batches
  readonly input: InputProcess
  readonly position: PositionFile
  readonly until: (what: string, isSo: () => boolean) => Promise<void>
}

async function setUp(
  context: TestContext,
  source: (folder: string) => InputConfig['source'],
  given: { folder?: string; journalctl?: string } = {},
): Promise<Setup> {
  const folder = given.folder ?? mkdtempSync(join(tmpdir(), 'firebreak-input-'))
  const batches = new Batches()
  const position = await PositionFile.open(join(folder, 'x.position'), (code, message) => assert.fail(`${code} ${message}`)) // prettier-ignore
  const config: InputConfig = { name: 'x', format: 'journald', source: source(folder), supplies: [] }
  const places = { entry: entryOf('input'), readFolders: codeFolders() }
  const input = new InputProcess({ config, ...places, journalctl: given.journalctl ?? null, position, batches })
  context.after(async () => {
    await input.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const until = async (what: string, isSo: () => boolean): Promise<void> => {
    const end = performance.now() + WAIT_MS_MAX
    while (!isSo()) {
      if (performance.now() > end) assert.fail(`waiting for ${what}: ${JSON.stringify([batches.messages.length, input.status])}`) // prettier-ignore
      input.settle()
      await position.save()
      await setTimeout(LOOK_MS)
    }
  }
  return { folder, batches, input, position, until }
}

function entry(message: string): string {
  return `${JSON.stringify({ __REALTIME_TIMESTAMP: '1700000000000000', SYSLOG_IDENTIFIER: 'sshd', MESSAGE: message })}\n`
}

function offsetIn(position: Uint8Array): number {
  return position.length === 0 ? 0 : (JSON.parse(Buffer.from(position).toString()) as { offset: number }).offset
}

const inLog = (folder: string): InputConfig['source'] => ({ kind: 'file', path: join(folder, 'log') })
const named = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => `m${from + i}`)

test('a file: its events, what was refused, and an input that is killed goes on where it was', async (context) => {
  const { folder, batches, input, position, until } = await setUp(context, inLog)
  const log = join(folder, 'log')
  // Killed before it has said where it is, it would rightly read its last event again.
  const isKept = () => offsetIn(position.saved) === statSync(log).size
  writeFileSync(log, `${named(0, 3).map(entry).join('')}no JSON\n{}\n`)
  await until('three events', () => batches.messages.length === 3)
  await until('its status', () => input.status.refused.malformed === 1 && input.status.refused['other-shape'] === 1)
  for (let run = 1; run <= 2; run++) {
    await until('where it is', isKept)
    const [pid = 0] = childrenOf(process.pid)
    process.kill(pid, 'SIGKILL')
    if (run === 2) renameSync(log, `${log}.1`)
    appendFileSync(log, entry(`m${run + 2}`))
    await until(`event ${run + 2}`, () => batches.messages.length >= run + 3)
  }
  assert.deepEqual(batches.messages, named(0, 5))
  assert.equal(input.events, 5)
  assert.deepEqual(input.status.refused, { 'too-long': 0, malformed: 1, 'other-shape': 1, 'not-supplied': 0 })
})

test('positions are kept when the events before them are settled, and hold for the next start', async (context) => {
  const first = await setUp(context, inLog)
  const log = join(first.folder, 'log')
  const kept = () => (JSON.parse(readFileSync(join(first.folder, 'x.position'), 'utf8')) as { offset: number }).offset
  writeFileSync(log, entry('m0'))
  await first.until('a position', () => first.position.saved.length > 0)
  assert.equal(kept(), entry('m0').length)
  first.batches.isSettling = false
  appendFileSync(log, entry('m1'))
  await first.until('the second event', () => first.batches.messages.length === 2)
  await first.input.stop()
  assert.equal(kept(), entry('m0').length, 'nobody has judged the second')
  const second = await setUp(context, inLog, { folder: first.folder })
  await second.until('the second event again', () => second.batches.messages.length === 1)
  assert.deepEqual(second.batches.messages, ['m1'])
  await second.input.stop()
})

test('nothing is read that nobody judges', async (context) => {
  const { folder, batches, until } = await setUp(context, inLog)
  const log = join(folder, 'log')
  batches.isSettling = false
  const all = named(0, 256 * (BATCHES_OPEN_MAX + 40))
  writeFileSync(log, all.map(entry).join(''))
  await until('as many batches as it may send', () => batches.batches === BATCHES_OPEN_MAX)
  batches.isSettling = true
  await until('all of them', () => batches.messages.length === all.length)
  assert.deepEqual(batches.messages, all)
})

test('the journal: the reader writes to the input, which is gone with it and comes back', async (context) => {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-input-'))
  const journalctl = join(folder, 'journalctl')
  // Prints what it was asked and one entry, and goes on until it is killed, as the real one does.
  const script = [
    '#!/bin/sh',
    `echo $$ >> ${folder}/pids`,
    `printf '%s' '${entry('').trim()}' | sed "s/\\"MESSAGE\\":\\"\\"/\\"MESSAGE\\":\\"$*\\"/"`,
    'echo',
    'exec sleep 1000',
  ]
  writeFileSync(journalctl, script.join('\n'))
  chmodSync(journalctl, 0o755)
  const { batches, until, input } = await setUp(context, () => ({ kind: 'journal' }), { folder, journalctl })
  await until('an entry', () => batches.messages.length === 1)
  const pids = () => readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number)
  process.kill(pids()[0] ?? 0, 'SIGKILL')
  await until('an entry of another reader', () => batches.messages.length === 2)
  assert.deepEqual(
    batches.messages,
    Array.from({ length: 2 }, () => '-o json -f -n 0 -q --no-pager'),
  )
  await input.stop()
  await until('that no reader is left', () => childrenOf(process.pid).length === 0)
})

test('a file that may not be read is said, and read when it may', async (context) => {
  const { folder, batches, input, until } = await setUp(context, inLog)
  const log = join(folder, 'log')
  mkdirSync(log) // what even root can't read as a file
  await until('its complaint', () => input.status.fault !== null)
  assert.match(input.status.fault ?? '', /^Cannot follow .*log: it is no regular file$/)
  rmSync(log, { recursive: true })
  writeFileSync(log, entry('m0'))
  await until('its event', () => batches.messages.length === 1 && input.status.fault === null)
})

test('a system without journalctl is said', async (context) => {
  const { input } = await setUp(context, () => ({ kind: 'journal' }))
  assert.match(input.status.fault ?? '', /no journalctl/)
})
