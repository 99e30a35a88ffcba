import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, test } from 'node:test'
import { type Notice, NOTICES_MAX } from '@firebreak/api'
import * as fc from 'fast-check'
import { addNotice, NOTICE_KEPT_MS, Notices } from './notices.ts'

const folder = mkdtempSync(join(tmpdir(), 'firebreak-notices-'))
after(() => rmSync(folder, { recursive: true, force: true }))
const unheard = (code: string, message: string) => assert.fail(`${code} ${message}`)

test('notices outlive the agent; the same one again is told once, with its last time', async () => {
  const path = join(folder, 'kept.json')
  const notices = await Notices.open(path, unheard)
  await notices.add('tamper/code-changed', 'a')
  await notices.add('tamper/environment', 'b')
  await notices.add('tamper/code-changed', 'a')
  const again = await Notices.open(path, unheard)
  assert.deepEqual(again.all, notices.all)
  assert.deepEqual(
    again.all.map(({ code }) => code),
    ['tamper/environment', 'tamper/code-changed'],
  )
})

test('a list that somebody damaged is itself a notice, and one that is a week old is none', async () => {
  for (const [name, text] of [
    ['cut', '[{"code":"tamper/code-changed"'],
    ['shape', '{"code":1}'],
    ['many', JSON.stringify(Array.from({ length: NOTICES_MAX + 1 }, (_, i) => ({ code: 'x', message: `${i}`, atMs: 1 })))], // prettier-ignore
  ] as const) {
    writeFileSync(join(folder, name), text)
    const { all } = await Notices.open(join(folder, name), unheard)
    assert.deepEqual(
      all.map(({ code }) => code),
      ['tamper/notices-lost'],
      name,
    )
  }
  const old: Notice = { code: 'tamper/traced', message: 'x', atMs: Date.now() - NOTICE_KEPT_MS - 1 }
  writeFileSync(join(folder, 'old'), JSON.stringify([old]))
  assert.deepEqual((await Notices.open(join(folder, 'old'), unheard)).all, [])
})

test('a disk that takes nothing loses no notice of this run', async () => {
  const faults: string[] = []
  const notices = await Notices.open(join(folder, 'nowhere', 'notices.json'), (code) => faults.push(code))
  await notices.add('tamper/traced', 'by 7')
  assert.equal(notices.all.length, 1)
  assert.equal(faults.length, 1)
  assert.throws(() => readFileSync(join(folder, 'nowhere', 'notices.json')))
})

test('the list is bounded, the newest is in it, and no flood of one kind pushes out another', () => {
  const codes = ['a', 'b', 'c', 'd', 'e'] as const
  const next = fc.record({ code: fc.constantFrom(...codes), message: fc.nat(40).map(String) })
  fc.assert(
    fc.property(fc.array(next, { maxLength: 120 }), (sequence) => {
      let known: readonly Notice[] = []
      for (const [i, one] of sequence.entries()) {
        const before = new Set(known.map(({ code }) => code))
        known = addNotice(known, { ...one, atMs: i })
        assert.ok(known.length <= NOTICES_MAX)
        assert.deepEqual(known.at(-1), { ...one, atMs: i })
        for (const code of before) assert.ok(known.some((kept) => kept.code === code)) // fewer codes than places
        assert.deepEqual(
          known,
          known.toSorted((x, y) => x.atMs - y.atMs),
        )
      }
    }),
  )
})
