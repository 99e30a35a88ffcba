import assert from 'node:assert/strict'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { durableError, openFolder, readDurable, removeDurable, writeDurable, type WriteStep } from './durable-fs.ts'
import { runVictim, temporaryFolder } from './testing/support.ts'
import { NEW_BYTES } from './testing/victim-data.ts'

const OLD_BYTES = utf8Encode('old'.repeat(40_000))
const isRoot = process.getuid?.() === 0
const NOBODY = 65_534

const killed: readonly [step: WriteStep, left: 'old' | 'new', temporaries: number][] = [
  ['created', 'old', 1],
  ['written', 'old', 1],
  ['synced', 'old', 1],
  ['renamed', 'new', 0],
  ['folder-synced', 'new', 0],
]
for (const [step, left, temporaries] of killed) {
  test(`killed when ${step}: the ${left} bytes are there, whole, and the next start sweeps`, async (t) => {
    const folder = temporaryFolder(t)
    const path = join(folder, 'state.json')
    writeFileSync(path, OLD_BYTES)
    const { signal } = await runVictim(['write', path, step])
    assert.equal(signal, 'SIGKILL')
    assert.equal(readdirSync(folder).length, 1 + temporaries)
    assert.ok(readFileSync(path).equals(left === 'old' ? OLD_BYTES : NEW_BYTES))
    await openFolder(folder)
    assert.deepEqual(readdirSync(folder), ['state.json'])
    await writeDurable(path, OLD_BYTES)
    assert.ok(readFileSync(path).equals(OLD_BYTES))
  })
}

test('a file that was never there is absent or whole', async (t) => {
  const path = join(temporaryFolder(t), 'first')
  await runVictim(['write', path, 'synced'])
  assert.equal(await readDurable(path, 1), null)
  await runVictim(['write', path, 'renamed'])
  assert.deepEqual(await readDurable(path, NEW_BYTES.length).then((bytes) => bytes?.length), NEW_BYTES.length)
})

test('writes to one path at the same time: all succeed, the last call wins, readers see whole bytes', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'status.json')
  const versions = Array.from({ length: 30 }, (_, i) => new Uint8Array(200_000 - 6_000 * i).fill(i + 1))
  const ended = new AbortController()
  const all = Promise.all(versions.map((bytes) => writeDurable(path, bytes))).finally(() => ended.abort())
  let seen = 0
  while (!ended.signal.aborted) {
    const bytes = await readDurable(path, 1_000_000)
    const first = bytes?.[0] ?? 0
    assert.ok(first >= seen, 'never an older one again')
    if (bytes) assert.ok(Buffer.from(bytes).equals(versions[first - 1] ?? new Uint8Array(0)))
    seen = first
  }
  await all
  assert.ok(readFileSync(path).equals(versions.at(-1) ?? new Uint8Array(0)))
  assert.deepEqual(readdirSync(folder), ['status.json'])
})

test('two spellings of a path are one path', async (t) => {
  const folder = temporaryFolder(t)
  await Promise.all([
    writeDurable(join(folder, 'a'), utf8Encode('first')),
    writeDurable(`${folder}/../${folder.split('/').at(-1)}/a`, utf8Encode('second')),
  ])
  assert.equal(readFileSync(join(folder, 'a'), 'utf8'), 'second')
})

test('a failed write does not stop the next one to that path', async (t) => {
  const folder = join(temporaryFolder(t), 'made later')
  const failed = writeDurable(join(folder, 'a'), OLD_BYTES)
  await assert.rejects(failed, { code: 'durable/fault', name: 'DurableError' })
  mkdirSync(folder)
  await writeDurable(join(folder, 'a'), OLD_BYTES)
  assert.equal(readdirSync(folder).length, 1)
})

test('what a dead process with the same pid left is neither followed nor kept', async (t) => {
  const folder = temporaryFolder(t)
  const elsewhere = join(folder, 'elsewhere')
  writeFileSync(elsewhere, 'untouched')
  symlinkSync(elsewhere, join(folder, `.key.${process.pid}.tmp`))
  await writeDurable(join(folder, 'key'), NEW_BYTES)
  assert.equal(readFileSync(elsewhere, 'utf8'), 'untouched')
  assert.equal(statSync(join(folder, 'key')).mode & 0o777, 0o600)
})

test('a folder in the way is a fault, and nothing is left beside it', async (t) => {
  const folder = temporaryFolder(t)
  mkdirSync(join(folder, 'state.json'))
  await assert.rejects(writeDurable(join(folder, 'state.json'), OLD_BYTES), { code: 'durable/fault' })
  assert.deepEqual(readdirSync(folder), ['state.json'])
})

test('no permission: a code, one sentence, and the old bytes', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'state.json')
  writeFileSync(path, OLD_BYTES)
  chmodSync(folder, 0o555)
  const { told } = await runVictim(['try', path], isRoot ? { uid: NOBODY } : {})
  assert.equal(told, 'durable/permission')
  assert.ok(readFileSync(path).equals(OLD_BYTES))
  chmodSync(folder, 0o700)
})

test('reading: absent is null, more than the limit is refused, a folder is a fault', async (t) => {
  const folder = temporaryFolder(t)
  const path = join(folder, 'a')
  assert.equal(await readDurable(path, 10), null)
  writeFileSync(path, 'ten bytes.')
  assert.equal(Buffer.from((await readDurable(path, 10)) ?? []).toString(), 'ten bytes.')
  await assert.rejects(readDurable(path, 9), { code: 'durable/too-large', details: { size: 10 } })
  await assert.rejects(readDurable(folder, 1_000_000), { code: 'durable/fault' })
})

test('removing twice is fine', async (t) => {
  const path = join(temporaryFolder(t), 'a')
  writeFileSync(path, '')
  await removeDurable(path)
  await removeDurable(path)
  assert.equal(existsSync(path), false)
})

test('a folder is made private, with its parents, and only temporaries are swept', async (t) => {
  const root = temporaryFolder(t)
  const folder = join(root, 'data', 'slots')
  await openFolder(folder)
  assert.equal(statSync(folder).mode & 0o777, 0o700)
  assert.equal(statSync(join(root, 'data')).mode & 0o777, 0o700)
  const kept = ['.hidden', 'a.tmp', 'state.json']
  for (const name of [...kept, '.state.json.tmp', '.state.json.77.tmp']) writeFileSync(join(folder, name), '')
  await openFolder(folder)
  assert.deepEqual(readdirSync(folder).toSorted(), kept)
  await assert.rejects(openFolder(join(folder, 'state.json')), { code: 'durable/fault' })
})

const faults: readonly [errno: string, code: string][] = [
  ['ENOSPC', 'durable/full'],
  ['EDQUOT', 'durable/full'],
  ['EACCES', 'durable/permission'],
  ['EPERM', 'durable/permission'],
  ['EROFS', 'durable/permission'],
  ['EIO', 'durable/fault'],
  ['EMFILE', 'durable/fault'],
]
for (const [errno, code] of faults) {
  test(`${errno} is ${code}`, () => {
    const cause = Object.assign(new Error(`${errno}: told by the kernel`), { code: errno })
    const error = durableError('write x', cause)
    assert.deepEqual([error.code, error.cause], [code, cause])
    assert.match(error.message, /^Cannot write x: \S/)
    assert.equal(durableError('open y', error), error)
  })
}
