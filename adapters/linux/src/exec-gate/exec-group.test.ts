import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as fs from 'node:fs'
import path from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { after, afterEach, test } from 'node:test'
import { mountTemporary } from '../fanotify/testing/temporary-mount.ts'
import { readHeldExecs } from './exec-events.ts'
import { ExecGroup } from './exec-group.ts'
import { stateOfFile } from './file-state.ts'

const skip = process.platform !== 'linux' || process.geteuid?.() !== 0 ? 'needs root on Linux' : false
const HOLDING = path.join(import.meta.dirname, 'testing/holding-process.ts')

const top = skip === false ? mountTemporary('gate') : null
const [program = '', passed = ''] = ['program', 'passed'].map((name) => `${top?.folder}/${name}`)
if (top !== null) for (const file of [program, passed]) fs.copyFileSync('/bin/true', file)
const children: ChildProcess[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
})
after(() => top?.unmount())

async function hold(endMs: number) {
  const child = spawn(process.execPath, [HOLDING, top?.folder ?? '', passed, `${endMs}`], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const exited = once(child, 'exit')
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  assert.equal((await lines.next()).value, 'ready')
  return { child, exited, held: async () => String((await lines.next()).value) }
}

/** By way of a shell: this process may not be held itself. */
function start(file: string): Promise<unknown[]> {
  const shell = spawn('/bin/sh', ['-c', '"$0"', file], { stdio: 'ignore' })
  children.push(shell)
  return once(shell, 'exit')
}

test(
  'whoever executes is held until the group ends; a passed file holds nobody, also after it was changed',
  { skip },
  async () => {
    const { child, held } = await hold(0)
    assert.deepEqual(await start(passed), [0, null])
    fs.appendFileSync(passed, 'x')
    assert.deepEqual(await start(passed), [0, null])
    const started = start(program)
    assert.match(await held(), /^held \d+$/)
    child.kill('SIGKILL')
    assert.deepEqual(await started, [0, null])
  },
)

test(
  "a gate that stalls while it holds somebody is ended by the kernel, with nobody else's help",
  { skip },
  async () => {
    const { exited, held } = await hold(100)
    const started = start(program)
    await held()
    assert.deepEqual(await exited, [null, 'SIGKILL'])
    assert.deepEqual(await started, [0, null])
  },
)

test('the state of a file changes with whatever could change its bytes', { skip }, () => {
  const file = `${top?.folder}/state`
  fs.writeFileSync(file, 'one')
  const key = () => {
    const fd = fs.openSync(file, 'r')
    try {
      return stateOfFile(fd)?.key
    } finally {
      fs.closeSync(fd)
    }
  }
  const first = key()
  assert.equal(key(), first)
  fs.readFileSync(file)
  assert.equal(key(), first, 'reading is no change')
  fs.appendFileSync(file, 'x')
  const second = key()
  assert.notEqual(second, first)
  fs.utimesSync(file, 1, 1)
  assert.notEqual(key(), second)
  const third = key()
  fs.renameSync(file, `${file}.old`)
  fs.copyFileSync(`${file}.old`, file)
  fs.utimesSync(file, 1, 1)
  assert.notEqual(key(), third, 'the same bytes and times in another file')
})

/** Mount points that can't be gated. */
for (const point of ['/proc', '/nowhere', '/etc']) {
  test(`no gate on ${point}`, { skip }, () => {
    assert.throws(() => new ExecGroup([point], []), { code: 'linux/fanotify-unavailable' })
  })
}

/** One question of a kernel: version 3, 24 bytes, about descriptor 9 of process 7. */
function question(): Buffer {
  const bytes = Buffer.alloc(24)
  bytes.writeUInt32LE(24, 0)
  bytes.writeUInt8(3, 4)
  bytes.writeInt32LE(9, 16)
  bytes.writeInt32LE(7, 20)
  return bytes
}

const UNREADABLE: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['cut', (bytes) => bytes.subarray(0, 23)],
  ['of length 0', (bytes) => (bytes.writeUInt32LE(0, 0), bytes)],
  ['longer than what was read', (bytes) => (bytes.writeUInt32LE(25, 0), bytes)],
  ['of another version', (bytes) => (bytes.writeUInt8(2, 4), bytes)],
]

for (const [what, spoil] of UNREADABLE) {
  test(`a question that is ${what} is not answered by guess`, () => {
    assert.equal(readHeldExecs(Buffer.concat([question(), spoil(question())])), null)
  })
}

test('questions are read; a lost one has no descriptor', () => {
  const lost = question()
  lost.writeInt32LE(-1, 16)
  assert.deepEqual(readHeldExecs(Buffer.concat([question(), lost])), [{ fd: 9, pid: 7 }])
})
