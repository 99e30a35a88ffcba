import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readFileSync, rmdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import { Detections } from './detections.ts'
import { openSpool } from './spool.ts'

function folderFor(context: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'firebreak-spool-'))
  context.after(() => rmSync(folder, { recursive: true }))
  return folder
}

/** Where the next whole write would begin: a folder there stops it. */
function inTheWay(folder: string): string {
  return join(folder, `.detections.log.${process.pid}.tmp`)
}

function textOf(lines: Uint8Array): string {
  return Buffer.from(lines).toString('latin1')
}

test('sequences strictly increase over restarts, whatever was dropped', async (context) => {
  const folder = folderFor(context)
  const seen: number[] = []
  for (let start = 1; start <= 4; start++) {
    const spool = await openSpool(folder, start * 1_000)
    assert.equal(await spool.add(utf8Encode('{"a":1}\n{"b":2}\n')), true)
    const { lines, count } = await spool.next()
    assert.equal(count, 2)
    const numbers = textOf(lines).trim().split('\n').map((line) => Number(line.split(' ')[0])) // prettier-ignore
    seen.push(...numbers)
    await spool.drop(numbers.at(-1) ?? 0)
    await spool.close()
  }
  assert.deepEqual(seen, [1000, 1001, 2000, 2001, 3000, 3001, 4000, 4001])
})

test('reading and dropping can be repeated', async (context) => {
  const spool = await openSpool(folderFor(context), 10)
  await spool.add(utf8Encode('a\nb\nc\n'))
  assert.deepEqual(await spool.next(), await spool.next())
  for (let i = 0; i < 3; i++) await spool.drop(11)
  assert.equal(textOf((await spool.next()).lines), '12 c\n')
  await spool.drop(9)
  assert.equal(textOf((await spool.next()).lines), '12 c\n')
  await spool.drop(Number.MAX_SAFE_INTEGER)
  assert.equal((await spool.next()).count, 0)
  await spool.close()
})

test('no line of an engine can break the lines', async (context) => {
  const rows: readonly (readonly [written: string, read: string])[] = [
    ['no end', '1 no end\n'],
    ['a\nno end', '1 a\n2 no end\n'],
    ['\n\n', '1 \n2 \n'],
    ['\0\0\n', '1 \0\0\n'],
    ['99 forged\n', '1 99 forged\n'],
    ['\r\n', '1 \r\n'],
  ]
  for (const [written, read] of rows) {
    const spool = await openSpool(folderFor(context), 1)
    await spool.add(Buffer.from(written, 'latin1'))
    const { lines, count } = await spool.next()
    assert.equal(textOf(lines), read)
    assert.equal(count, read.split('\n').length - 1)
    await spool.drop(count)
    assert.equal((await spool.next()).count, 0)
    await spool.close()
  }
})

test('the longest line that an engine can send leaves the spool again', async (context) => {
  const spool = await openSpool(folderFor(context), Number.MAX_SAFE_INTEGER - 10)
  const line = Buffer.alloc(2 * 1024 * 1024, 'x')
  line[line.length - 1] = 10
  await spool.add(line)
  await spool.add(utf8Encode('next\n'))
  assert.equal((await spool.next()).count, 1)
  await spool.drop(Number.MAX_SAFE_INTEGER - 10)
  assert.match(textOf((await spool.next()).lines), /^\d+ next\n$/)
  await spool.close()
})

test('a line that somebody else put there goes with those around it', async (context) => {
  const folder = folderFor(context)
  writeFileSync(join(folder, 'detections.log'), 'forged\n5 a\n6 b\ntorn')
  const spool = await openSpool(folder, 1_000)
  assert.equal(textOf((await spool.next()).lines), 'forged\n5 a\n6 b\n')
  await spool.drop(5)
  assert.equal(textOf((await spool.next()).lines), '6 b\n')
  await spool.close()
})

test('a full spool, and a disk that takes nothing, drop and count', async (context) => {
  const folder = folderFor(context)
  const faults: string[] = []
  const uploads: string[] = []
  const spool = await openSpool(folder, 1)
  const detections = new Detections({
    spool,
    upload: (lines) => void uploads.push(textOf(lines)),
    onFault: (code) => void faults.push(code),
  })
  const line = Buffer.alloc(4 * 1024 * 1024 - 64, 'x')
  line[line.length - 1] = 10
  for (let i = 0; i < 20; i++) await detections.keep(line, 1)
  assert.deepEqual([detections.spooled, detections.dropped], [16, 4])
  rmSync(join(folder, 'detections.log'))
  await detections.stop()

  const broken = new Detections({
    spool: await openSpool(folder, 100),
    upload: (lines) => void uploads.push(textOf(lines)),
    onFault: (code) => void faults.push(code),
  })
  await broken.keep(utf8Encode('a\n'), 1)
  mkdirSync(inTheWay(folder)) // what would be written is in the way
  await broken.uploadNext()
  await broken.uploaded(100)
  await broken.uploadNext()
  await broken.uploaded(100)
  assert.deepEqual(uploads, ['100 a\n', '100 a\n'])
  assert.deepEqual(faults, ['durable/fault']) // once
  rmdirSync(inTheWay(folder))
  await broken.uploaded(100)
  await broken.uploadNext()
  assert.equal(uploads.length, 2)
  await broken.stop()
  assert.equal(readFileSync(join(folder, 'detections.log'), 'latin1'), '')
})
