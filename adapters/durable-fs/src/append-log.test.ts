import assert from 'node:assert/strict'
import { readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { APPEND_LOG_BYTES_MAX, openAppendLog } from './append-log.ts'
import type { WriteStep } from './durable-fs.ts'
import { runVictim, startVictim, temporaryFolder } from './testing/support.ts'
import { FILL_BATCH } from './testing/victim-data.ts'

const torn: readonly [name: string, before: string, after: string][] = [
  ['no file', '', ''],
  ['whole lines', 'a\nb\n', 'a\nb\n'],
  ['a torn last line', 'a\nb', 'a\n'],
  ['nothing but a torn line', 'abc', ''],
  ['an empty line is a line', 'a\n\n', 'a\n\n'],
  ['zeros that a power cut left', 'a\n\0\0\0', 'a\n'],
]
for (const [name, before, after] of torn) {
  test(`opening: ${name}`, async (t) => {
    const path = join(temporaryFolder(t), 'log')
    if (name !== 'no file') writeFileSync(path, before)
    const log = await openAppendLog(path)
    assert.equal(log.sizeBytes, after.length)
    assert.equal(readFileSync(path, 'utf8'), after)
    await log.append(utf8Encode('next\n'))
    await log.close()
    assert.equal(readFileSync(path, 'utf8'), `${after}next\n`)
  })
}

for (const killAfter of [1, 10, 57, 200]) {
  test(`kill -9 in a burst of appends, after ${killAfter}: every acknowledged line is kept, in order`, async (t) => {
    const path = join(temporaryFolder(t), 'log')
    const victim = startVictim(['append', path])
    const ended = new Promise<unknown>((resolve) => victim.once('close', (_, signal) => resolve(signal)))
    let told = ''
    for await (const chunk of victim.stdout) {
      told += String(chunk)
      if (told.split('\n').length > killAfter) victim.kill('SIGKILL')
    }
    assert.equal(await ended, 'SIGKILL')
    const acknowledged = told.split('\n').length - 1
    const log = await openAppendLog(path)
    const lines = Buffer.from(await log.head(APPEND_LOG_BYTES_MAX)).toString()
    await log.close()
    const found = lines.split('\n').slice(0, -1)
    assert.ok(acknowledged >= killAfter && found.length >= acknowledged, `${found.length} of ${acknowledged}`)
    assert.deepEqual(
      found,
      found.map((_, n) => `${n}`),
    )
  })
}

const dropped: readonly [step: WriteStep, left: string][] = [
  ['created', 'one\ntwo\nthree\n'],
  ['written', 'one\ntwo\nthree\n'],
  ['synced', 'one\ntwo\nthree\n'],
  ['renamed', 'three\n'],
  ['folder-synced', 'three\n'],
]
for (const [step, left] of dropped) {
  test(`killed in dropHead when ${step}: ${JSON.stringify(left)} is left`, async (t) => {
    const path = join(temporaryFolder(t), 'log')
    writeFileSync(path, 'one\ntwo\nthree\n')
    const { signal } = await runVictim(['drop', path, '8', step])
    assert.equal(signal, 'SIGKILL')
    const log = await openAppendLog(path)
    await log.close()
    assert.equal(readFileSync(path, 'utf8'), left)
  })
}

test('an append that the kernel takes in part is cut off again; a shorter one after it is not mixed with it', async (t) => {
  const path = join(temporaryFolder(t), 'log')
  const { told } = await runVictim(['fill', path], { fileBlocksMax: 100 })
  const { acknowledged, code } = JSON.parse(told) as { acknowledged: number; code: string }
  assert.deepEqual([acknowledged, code], [Math.floor(51_200 / FILL_BATCH.length), 'durable/fault'])
  assert.equal(readFileSync(path, 'utf8'), `${FILL_BATCH.repeat(acknowledged)}end\n`)
})

test('a full log refuses, and writes nothing', async (t) => {
  const path = join(temporaryFolder(t), 'log')
  writeFileSync(path, '')
  truncateSync(path, APPEND_LOG_BYTES_MAX - 4)
  writeFileSync(path, 'end\n', { flag: 'a' })
  const log = await openAppendLog(path)
  assert.equal(log.sizeBytes, APPEND_LOG_BYTES_MAX)
  assert.equal(await log.append(utf8Encode('\n')), false)
  await log.dropHead(APPEND_LOG_BYTES_MAX)
  assert.equal(log.sizeBytes, 0)
  assert.equal(await log.append(utf8Encode('again\n')), true)
  await log.close()
  assert.equal(readFileSync(path, 'utf8'), 'again\n')
})

test('head gives whole lines only, and nothing when the first does not fit', async (t) => {
  const log = await openAppendLog(join(temporaryFolder(t), 'log'))
  await log.append(utf8Encode('one\nfour\n'))
  const heads: readonly [bytesMax: number, lines: string][] = [
    [0, ''],
    [3, ''],
    [4, 'one\n'],
    [8, 'one\n'],
    [9, 'one\nfour\n'],
    [1_000, 'one\nfour\n'],
  ]
  for (const [bytesMax, lines] of heads) assert.equal(Buffer.from(await log.head(bytesMax)).toString(), lines)
  await log.close()
})

test('half a line is a bug of the caller, in append and in dropHead, and changes nothing', async (t) => {
  const path = join(temporaryFolder(t), 'log')
  const log = await openAppendLog(path)
  await log.append(utf8Encode('one\ntwo\n'))
  for (const half of ['', 'x', 'x\ny']) await assert.rejects(log.append(utf8Encode(half)), { code: 'kernel/bug' })
  for (const bytes of [-1, 1, 7, 9]) await assert.rejects(log.dropHead(bytes), { code: 'kernel/bug' })
  await log.close()
  assert.equal(readFileSync(path, 'utf8'), 'one\ntwo\n')
})

test('a closed log acknowledges nothing', async (t) => {
  const log = await openAppendLog(join(temporaryFolder(t), 'log'))
  await log.close()
  await assert.rejects(log.append(utf8Encode('x\n')), { code: 'durable/fault' })
  await assert.rejects(log.head(10), { code: 'durable/fault' })
})

test('any sequence of calls, made without waiting, equals a list of lines', async (t) => {
  const folder = temporaryFolder(t)
  const line = fc.nat(30).map((length) => `${'x'.repeat(length)}\n`)
  const call = fc.oneof(
    fc.record({ kind: fc.constant('append' as const), lines: fc.array(line, { minLength: 1, maxLength: 4 }) }),
    fc.record({ kind: fc.constant('drop' as const), count: fc.nat(3) }),
    fc.record({ kind: fc.constant('reopen' as const) }),
  )
  let run = 0
  await fc.assert(
    fc.asyncProperty(fc.array(call, { maxLength: 12 }), async (calls) => {
      const path = join(folder, `${run++}`)
      let log = await openAppendLog(path)
      let model: string[] = []
      const pending: Promise<unknown>[] = []
      for (const one of calls) {
        if (one.kind === 'append') {
          pending.push(log.append(utf8Encode(one.lines.join(''))))
          model.push(...one.lines)
        } else if (one.kind === 'drop') {
          pending.push(log.dropHead(model.slice(0, one.count).join('').length))
          model = model.slice(one.count)
        } else {
          await log.close()
          log = await openAppendLog(path)
        }
      }
      await Promise.all(pending)
      assert.equal(log.sizeBytes, model.join('').length)
      assert.equal(Buffer.from(await log.head(100_000)).toString(), model.join(''))
      await log.close()
      assert.equal(readFileSync(path, 'utf8'), model.join(''))
    }),
    { numRuns: 40 },
  )
  assert.equal(readdirSync(folder).length, run)
})
