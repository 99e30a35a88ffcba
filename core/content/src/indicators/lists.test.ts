import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Decode, utf8Encode } from '@firebreak/kernel'
import { parseAddress, prefixMask } from './address.ts'
import { buildIndicatorTables } from './build.ts'
import { indicatorLookups } from './fields.ts'
import { INDICATOR_DESCRIPTION_BYTES_MAX, INDICATOR_TEXT_BYTES_MAX } from './limits.ts'
import { sectionOf } from './list.fixture.ts'
import { IndicatorList } from './list.ts'
import { comparePoolTexts, compareRows, nameHashes, nameTableOf } from './rows.ts'
import {
  descriptionNumber,
  descriptionWords,
  isWide,
  NO_PARENT,
  packDescriptions,
  unpackDescriptions,
} from './tables.ts'
import type { IndicatorType } from './types.ts'

function tablesOf(rows: readonly (readonly [IndicatorType, string, string?])[]) {
  const list = new IndicatorList()
  for (const [type, value, description = ''] of rows) assert.equal(list.add(type, value, description), null, value)
  return buildIndicatorTables(list)
}

function codeOf(type: IndicatorType, value: string): string {
  return new IndicatorList().add(type, value, '')?.code ?? 'taken'
}

test('values are what they are in full', () => {
  const none: readonly (readonly [IndicatorType, string])[] = [
    ['network', '10.0.0.0/08'],
    ['network', '10.0.0.0/8.0'],
    ['network', '10.0.0.0/8 '],
    ['ip', '192.0.2.\u0131'],
    ['filename', '.'],
  ]
  for (const [type, value] of none) assert.equal(codeOf(type, value), 'content/schema', value)
  assert.deepEqual(sectionOf([['network', '::ffff:192.0.2.0/120']]), sectionOf([['network', '192.0.2.0/24']]))
})

test('descriptions are so long all together', () => {
  const list = new IndicatorList()
  const rows = INDICATOR_TEXT_BYTES_MAX / INDICATOR_DESCRIPTION_BYTES_MAX
  const filler = '\u{1f600}'.repeat(INDICATOR_DESCRIPTION_BYTES_MAX / 4 - 2)
  const add = (description: string) => list.add('ip', '192.0.2.1', description)?.code ?? 'taken'
  for (let i = 1; i < rows; i++) add(`${filler}${10_000_000 + i}`)
  assert.equal(list.count, rows - 1)
  assert.equal(add(`${filler}00000000`), 'taken')
  assert.equal(add('x'), 'content/limit')
  assert.equal(add(`${filler}00000000`), 'taken', 'what is known needs no more')
})

/** What `parseAddress` makes of a part of `text`. */
function family(text: string, from: number, to: number): number {
  return parseAddress(utf8Encode(text), from, to, new Uint32Array(4))
}

test('an address ends where it is said to', () => {
  assert.equal(family('x::x', 1, 3), 6)
  assert.equal(family('x::x', 1, 2), 0, 'a colon alone, though another follows')
  assert.equal(family(`x::1%${'z'.repeat(124)}`, 1, 129), 6, 'as long as may be')
  assert.equal(family(`x::1%${'z'.repeat(125)}`, 1, 130), 0)
})

test('prefixes from none to all', () => {
  const masks = [-1, 0, 1, 8, 31, 32, 128].map(prefixMask)
  assert.deepEqual(masks, [0, 0, 0x80000000, 0xff000000, 0xfffffffe, 0xffffffff, 0xffffffff])
})

test('networks nest by all their words', () => {
  const { links } = tablesOf([
    ['network', '2001:db8:0:1::/64'],
    ['ip', '2001:db8:0:1::5'],
    ['ip', '2001:db8:0:2::1'],
  ]).ipv6
  assert.deepEqual(
    [...links].map((link) => link >>> 8),
    [NO_PARENT, 0, NO_PARENT],
  )
})

test('digests that differ in what is kept are two, and one where they differ in the rest', () => {
  const digests = (...ends: readonly string[]) => tablesOf(ends.map((end) => ['md5', `${'5'.repeat(24)}${end}`])).md5
  const count = (...ends: readonly string[]) => digests(...ends).digests.length / 3
  assert.deepEqual(
    [count('00000000', '80000000'), count('00000000', '7fffffff'), count('f0000000', 'f0000001')],
    [2, 1, 1],
  )
})

test('of the descriptions of one value the first by bytes stays, whatever others there are', () => {
  const { descriptions, domain } = tablesOf([
    ['domain', 'evil.example', 'c'],
    ['domain', 'evil.example', 'b'],
    ['ip', '192.0.2.1', 'a'],
  ])
  assert.equal(utf8Decode(descriptions.bytes), 'ab')
  assert.equal(descriptionNumber(domain.descriptions, 0), 1)
})

test('IPv6 addresses alone are looked up too', () => {
  assert.deepEqual(indicatorLookups(tablesOf([['ip', '2001:db8::1']])), ['address'])
})

test('numbers of descriptions are packed in half words while they fit', () => {
  assert.deepEqual([isWide(65_536), isWide(65_537)], [false, true])
  assert.deepEqual([descriptionWords(5, true), descriptionWords(5, false), descriptionWords(4, false)], [5, 3, 2])
  const numbers = Uint32Array.of(1, 2, 0xffff)
  for (const wide of [false, true]) {
    const packed = packDescriptions(numbers, wide)
    assert.equal(packed.words.length, wide ? 3 : 2)
    assert.deepEqual(unpackDescriptions(packed, 3), numbers)
    assert.ok(Number.isNaN(descriptionNumber(packed, 4)))
  }
})

test('names of one hash are told apart by their bytes', () => {
  const { names } = tablesOf([
    ['filename', 'ak9sc30g'],
    ['filename', 'a2izh7ow'],
  ]).filename
  assert.deepEqual([...nameHashes(names)], [0, 0])
  assert.deepEqual(
    [0, 1].map((i) => Math.sign(comparePoolTexts(names, 0, names, i))),
    [0, -1],
  )
  assert.ok(comparePoolTexts(names, 1, names, 0) > 0)
})

test('rows are compared word by word, and then by name', () => {
  const rows = (keyWords: number, ...keys: readonly number[]) => ({
    keyWords,
    keys: Uint32Array.from(keys),
    names: null,
    descriptions: new Uint32Array(keys.length / keyWords),
  })
  const [a, b] = [rows(2, 9, 9, 5, 7, 0, 0), rows(2, 5, 7, 5, 8, 6, 0)]
  const compared = [0, 1, 2].map((j) => Math.sign(compareRows(a, 1, b, j)))
  assert.deepEqual(compared, [0, -1, -1])
  assert.deepEqual([Math.sign(compareRows(b, 1, a, 1)), Math.sign(compareRows(b, 0, a, 0))], [1, -1])
  const { filename } = tablesOf([
    ['filename', 'ak9sc30g'],
    ['filename', 'a2izh7ow'],
  ])
  const named = { ...rows(1, 0, 0), names: filename.names }
  assert.deepEqual(
    [0, 1].map((j) => Math.sign(compareRows(named, 0, named, j))),
    [0, -1],
  )
  assert.equal(compareRows(named, 0, rows(1, 0), 0), 0)
})

test('a table without names has none', () => {
  const rows = { keyWords: 1, keys: new Uint32Array(), names: null, descriptions: new Uint32Array() }
  const { names } = nameTableOf(rows, 0)
  assert.deepEqual(names, { offsets: Uint32Array.of(0), bytes: new Uint8Array() })
})
