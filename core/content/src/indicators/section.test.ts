import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { buildIndicatorTables } from './build.ts'
import { indicatorLookups } from './fields.ts'
import { INDICATORS_MAX } from './limits.ts'
import { IndicatorList } from './list.ts'
import { INDICATOR_HEADER_WORDS, writeIndicatorSection } from './section.ts'
import { INDICATOR_TABLES, type IndicatorTables, tableCount } from './tables.ts'
import type { IndicatorType } from './types.ts'
import { readIndicatorSection } from './verify.ts'

function tablesOf(rows: readonly (readonly [IndicatorType, string, string])[]): IndicatorTables {
  const list = new IndicatorList()
  for (const row of rows) assert.equal(list.add(...row), null)
  return buildIndicatorTables(list)
}

const TABLES = tablesOf([
  ['network', '10.0.0.0/8', 'a'],
  ['network', '10.1.0.0/16', ''],
  ['ip', '10.1.0.0', 'é'],
  ['ip', '11.0.0.1', 'a'],
  ['network', '2001:db8::/32', 'a'],
  ['ip', '2001:db8::1', 'a'],
  ['md5', 'd41d8cd98f00b204e9800998ecf8427e', 'a'],
  ['sha1', 'da39a3ee5e6b4b0d3255bfef95601890afd80709', 'b'],
  ['sha256', 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', 'a'],
  ['sha256', 'e3b0c44298fc1c149afbf4c9996fb92427ae41e4649b934ca495991b7852b855', 'a'],
  ['sha256', '03b0c44298fc1c149afbf4c8996fb92427ae41e5649b934ca495991b7852b855', 'a'],
  ['domain', 'evil.example', 'a'],
  ['domain', 'a.evil.example', 'a'],
  ['url', 'http://evil.example/é', 'a'],
  ['filename', '/tmp/x', 'a'],
])
const GOOD = writeIndicatorSection(TABLES)

function offsetOf(words: Uint32Array): number {
  try {
    readIndicatorSection(words)
  } catch (error) {
    assert.ok(error instanceof ContentError)
    assert.equal(error.code, 'content/image-indicators')
    const { offset } = error.details
    assert.ok(typeof offset === 'number' && offset % 4 === 0 && offset >= 0 && offset <= 4 * words.length)
    return offset
  }
  return assert.fail('the section was accepted')
}

test('what was written is read, and written again', () => {
  const read = readIndicatorSection(GOOD)
  assert.deepEqual(
    INDICATOR_TABLES.map((name) => tableCount(read, name)),
    [4, 2, 1, 1, 3, 2, 1, 1],
  )
  assert.deepEqual(writeIndicatorSection(read), GOOD)
  const views = [read.ipv4.addresses, read.sha256.digests, read.url.names.bytes, read.url.descriptions.words]
  for (const view of views) assert.equal(view.buffer, GOOD.buffer, 'nothing is copied')
})

test('a section may begin anywhere in an image', () => {
  const image = new Uint32Array(GOOD.length + 9)
  image.set(GOOD, 5)
  const section = image.subarray(5, 5 + GOOD.length)
  assert.deepEqual(writeIndicatorSection(readIndicatorSection(section)), GOOD)
})

test('no indicators are a section too', () => {
  const empty = writeIndicatorSection(tablesOf([]))
  assert.deepEqual(writeIndicatorSection(readIndicatorSection(empty)), empty)
  assert.deepEqual(indicatorLookups(readIndicatorSection(empty)), [])
})

test('the look-ups of a list', () => {
  assert.deepEqual(indicatorLookups(TABLES), ['address', 'digest', 'digests', 'domain', 'url', 'filename'])
  assert.deepEqual(indicatorLookups(tablesOf([['sha1', '0'.repeat(40), '']])), ['digest', 'digests'])
})

test('refuses every strict prefix and every longer section', () => {
  for (let length = 0; length < GOOD.length; length++) offsetOf(GOOD.slice(0, length))
  assert.equal(offsetOf(Uint32Array.of(...GOOD, 0)), 4 * GOOD.length)
})

/** The word at which a column of the tables that were read begins. */
function at(column: (tables: IndicatorTables) => Uint32Array | Uint8Array): number {
  return column(readIndicatorSection(GOOD)).byteOffset / 4
}

const LINKS = at((tables) => tables.ipv4.links)
const ADDRESSES = at((tables) => tables.ipv4.addresses)
const ADDRESSES_6 = at((tables) => tables.ipv6.addresses)
const OFFSETS = at((tables) => tables.descriptions.offsets)
const TEXT = at((tables) => tables.descriptions.bytes)
const STARTS = at((tables) => tables.sha256.starts)
const DIGESTS = at((tables) => tables.sha256.digests)
const HASHES = at((tables) => tables.domain.hashes)
const NAME_STARTS = at((tables) => tables.domain.starts)
const NUMBERS = at((tables) => tables.md5.descriptions.words)
const URL_HASHES = at((tables) => tables.url.hashes)
const URL_OFFSETS = at((tables) => tables.url.names.offsets)
const URL = at((tables) => tables.url.names.bytes)

/** Name, word to change, how, the word at which it is found; null where any will do. */
const forgeries: readonly (readonly [string, number, (word: number) => number, number | null])[] = [
  ['too many indicators', 1, () => INDICATORS_MAX, 1],
  ['indicators without end', 8, () => 0xffffffff, 1],
  ['more descriptions than indicators', 0, () => 16, 0],
  ['a description less', 0, (word) => word - 1, null],
  ['an address more', 1, (word) => word + 1, null],
  ['a digest more', 5, (word) => word + 1, null],
  ['a name less', 6, (word) => word - 1, null],
  ['texts that begin late', OFFSETS, () => 1, OFFSETS],
  ['texts that run backwards', OFFSETS + 1, () => 2, OFFSETS + 2],
  ['text without end', OFFSETS + 4, () => 0xffffffff, OFFSETS + 4],
  ['descriptions that are not sorted', TEXT, (word) => ((word & ~0xffff) | 0x6162) >>> 0, OFFSETS + 2],
  ['a control character', TEXT, (word) => ((word & ~0xff) | 0x1b) >>> 0, OFFSETS + 1],
  ['a control character beyond ASCII', TEXT, (word) => ((word & 0xffff) | 0x9bc20000) >>> 0, OFFSETS + 3],
  ['broken UTF-8', TEXT, (word) => (word ^ 0x80000000) >>> 0, OFFSETS + 3],
  ['an address with a bit too many', ADDRESSES, (word) => word + 1, ADDRESSES],
  ['addresses that are not sorted', ADDRESSES + 3, () => 1, ADDRESSES + 3],
  ['an address twice', LINKS + 1, (word) => (word & ~0xff) | 8, ADDRESSES + 1],
  ['a prefix of no bits', LINKS, (word) => word - 8, LINKS],
  ['a prefix of too many bits', LINKS + 2, (word) => word + 1, LINKS + 2],
  ['no parent', LINKS + 1, (word) => (word | 0xffffff00) >>> 0, LINKS + 1],
  ['itself as parent', LINKS + 2, () => 0x220, LINKS + 2],
  ['a parent that is not the innermost', LINKS + 2, () => 0x20, LINKS + 2],
  ['an outer parent where there is none', LINKS + 3, () => 0x20, LINKS + 3],
  ['an IPv6 network with a bit too many', ADDRESSES_6 + 3, () => 1, ADDRESSES_6 + 3],
  ['a first bucket that begins late', STARTS, () => 1, STARTS],
  ['a bucket outside', STARTS + 1, () => 4, STARTS + 2],
  ['a last bucket that ends early', STARTS + 2, () => 2, STARTS + 2],
  ['digests that are not sorted', DIGESTS + 6, () => 0, DIGESTS + 6],
  ['another hash', HASHES, (word) => word ^ 1, HASHES],
  ['a name in another bucket', NAME_STARTS + 1, (word) => (word === 2 ? 1 : word + 1), null],
  ['a name that is not folded', URL, (word) => word ^ 0x20, URL_OFFSETS],
  ['a name beyond ASCII that is not folded', URL + 5, (word) => word ^ 0x2000, URL_OFFSETS],
  ['a name that is not the hashed one', URL, (word) => word ^ 1, URL_HASHES],
  ['an empty name', URL_OFFSETS + 1, () => 0, URL_OFFSETS + 1],
  ['a description outside', NUMBERS, () => 4, NUMBERS],
  ['a half word that nothing uses', NUMBERS, (word) => word | 0x10000, NUMBERS],
]
for (const [name, word, change, found] of forgeries) {
  test(`refuses ${name}`, () => {
    const offset = offsetOf(GOOD.with(word, change(GOOD[word] as number)))
    if (found !== null) assert.equal(offset, 4 * found)
  })
}

test('refuses a description that nothing uses', () => {
  const only = writeIndicatorSection(
    tablesOf([
      ['ip', '1.2.3.4', 'a'],
      ['ip', '1.2.3.5', 'b'],
    ]),
  )
  const numbers = readIndicatorSection(only).ipv4.descriptions.words.byteOffset / 4
  assert.equal(offsetOf(only.with(numbers, 0)), 4 * (INDICATOR_HEADER_WORDS + 1))
  assert.equal(offsetOf(only.with(numbers, 0x10001)), 4 * INDICATOR_HEADER_WORDS)
})

test('accepts of changed sections exactly those that it would write', () => {
  let accepted = 0
  const change = fc.tuple(
    fc.nat({ max: GOOD.length - 1 }),
    fc.oneof(
      fc.nat({ max: 31 }).map((bit) => (word: number) => (word ^ (1 << bit)) >>> 0),
      fc.constantFrom(0, 1, 0xffffffff).map((value) => () => value),
      fc.constantFrom(1, -1, 256).map((step) => (word: number) => (word + step) >>> 0),
    ),
  )
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 2 }), (changes) => {
      const words = GOOD.slice()
      for (const [word, to] of changes) words[word] = to(words[word] ?? 0)
      let tables: IndicatorTables
      try {
        tables = readIndicatorSection(words)
      } catch (error) {
        assert.ok(error instanceof ContentError && error.code === 'content/image-indicators')
        return
      }
      accepted++
      assert.deepEqual(writeIndicatorSection(tables), words)
    }),
    { numRuns: 5_000 },
  )
  assert.ok(accepted > 100, `only ${accepted} were accepted: nothing was shown`)
})

test('more descriptions than 16 bits can number', () => {
  const rows = Array.from(
    { length: 65_537 },
    (_, i) => ['ip', `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`, `${i}`] as const,
  )
  const words = writeIndicatorSection(tablesOf(rows))
  const tables = readIndicatorSection(words)
  assert.deepEqual([tables.ipv4.descriptions.isWide, tables.ipv4.descriptions.words.length], [true, 65_537])
  const narrow = readIndicatorSection(writeIndicatorSection(tablesOf(rows.slice(1))))
  assert.deepEqual([narrow.ipv4.descriptions.isWide, narrow.ipv4.descriptions.words.length], [false, 32_768])
})
