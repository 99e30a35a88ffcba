import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Entry, PAGE, pageBytes } from './testing/trace-bytes.ts'
import { visitPage } from './trace-pages.ts'

const DELTA_MAX = 2 ** 27 - 1

function read(page: Buffer): { whole: boolean; records: { timeNs: number; data: string }[] } {
  const records: { timeNs: number; data: string }[] = []
  const whole = visitPage(PAGE, page, (timeNs, at, length) => {
    records.push({ timeNs, data: page.toString('hex', at, at + length) })
  })
  return { whole, records }
}

const anyEntry: fc.Arbitrary<Entry> = fc.oneof(
  fc.record({
    kind: fc.constant('record' as const),
    delta: fc.nat(DELTA_MAX),
    data: fc.uint8Array({ minLength: 0, maxLength: 50 }).map((bytes) => Buffer.alloc(bytes.length * 4, bytes)),
  }),
  fc.record({
    kind: fc.constant('discarded' as const),
    delta: fc.integer({ min: 1, max: DELTA_MAX }),
    words: fc.nat(10),
  }),
  fc.record({ kind: fc.constant('extend' as const), delta: fc.nat(DELTA_MAX), high: fc.nat(2 ** 20) }),
)

test('every record of a page comes out once, in order, with its time; nothing else does', () => {
  fc.assert(
    fc.property(
      fc.nat(2 ** 48),
      fc.array(anyEntry, { maxLength: 15 }),
      fc.constantFrom(0, 2 ** 31, 2 ** 30),
      (start, entries, flags) => {
        let timeNs = start
        const expected: { timeNs: number; data: string }[] = []
        for (const entry of entries) {
          timeNs += entry.delta + (entry.kind === 'extend' ? entry.high * 2 ** 27 : 0)
          if (entry.kind === 'record') expected.push({ timeNs, data: entry.data.toString('hex') })
        }
        assert.deepEqual(read(pageBytes(BigInt(start), entries, flags)), { whole: true, records: expected })
      },
    ),
  )
})

test('an absolute time replaces what was counted', () => {
  const page = pageBytes(5n, [
    { kind: 'extend', delta: 7, high: 3 },
    { kind: 'record', delta: 2, data: Buffer.alloc(4) },
  ])
  page.writeUInt32LE((7 << 5) | 31, PAGE.dataOffset)
  assert.equal(read(page).records[0]?.timeNs, 3 * 2 ** 27 + 7 + 2)
})

for (const [name, spoil] of [
  ['a length beyond the page', (page: Buffer) => page.writeUInt32LE(5000, PAGE.commitOffset)],
  ['a record beyond the data', (page: Buffer) => page.writeUInt32LE(28, PAGE.dataOffset)],
  ['a long record without a length', (page: Buffer) => page.writeUInt32LE(0, PAGE.dataOffset)],
  [
    'a discarded one that is longer than the page',
    (page: Buffer) => page.writeUInt32LE((1 << 5) | 29, PAGE.dataOffset),
  ],
] as const) {
  test(`${name} ends the page and is told`, () => {
    const page = pageBytes(1n, [{ kind: 'record', delta: 1, data: Buffer.alloc(8) }])
    if (name.startsWith('a discarded')) page.writeUInt32LE(2 ** 31, PAGE.dataOffset + 4)
    spoil(page)
    assert.deepEqual(read(page), { whole: false, records: [] })
  })
}

test('an empty rest of a page is no loss', () => {
  const page = pageBytes(1n, [{ kind: 'discarded', delta: 1, words: 4 }])
  page.writeUInt32LE(29, PAGE.dataOffset)
  assert.deepEqual(read(page), { whole: true, records: [] })
})

test('whatever the bytes are, nothing is read beyond them, and it ends', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), fc.nat(400), (bytes, length) => {
      const page = Buffer.from(bytes)
      if (page.length >= PAGE.dataOffset) page.writeUInt32LE(length, PAGE.commitOffset)
      visitPage(PAGE, page, (_timeNs, at, size) => assert.ok(at >= PAGE.dataOffset && at + size <= page.length))
    }),
    { numRuns: 500 },
  )
})
