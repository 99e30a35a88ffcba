import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { buildIndicatorTables } from './build.ts'
import {
  INDICATOR_DESCRIPTION_BYTES_MAX,
  INDICATOR_TEXT_BYTES_MAX,
  INDICATOR_VALUE_BYTES_MAX,
  INDICATORS_MAX,
} from './limits.ts'
import { IndicatorList } from './list.ts'
import { INDICATOR_HEADER_WORDS, writeIndicatorSection } from './section.ts'
import { nameHash, type IndicatorTables } from './tables.ts'
import type { IndicatorType } from './types.ts'
import { readIndicatorSection } from './verify.ts'

function sectionOf(rows: readonly (readonly [IndicatorType, string, string?])[]): Uint32Array {
  const list = new IndicatorList()
  for (const [type, value, description = ''] of rows) assert.equal(list.add(type, value, description), null, value)
  return writeIndicatorSection(buildIndicatorTables(list))
}

/** The word at which a section is refused; null: it is accepted. */
function refusedAt(words: Uint32Array): number | null {
  try {
    readIndicatorSection(words)
  } catch (error) {
    assert.ok(error instanceof ContentError && error.code === 'content/image-indicators', String(error))
    return Number(error.details['offset']) / 4
  }
  return null
}

/** The word at which a column of a good section begins. */
function at(section: Uint32Array, column: (tables: IndicatorTables) => Uint32Array | Uint8Array): number {
  return column(readIndicatorSection(section)).byteOffset / 4
}

test('a section has so many indicators', () => {
  const header = (count: number) => Uint32Array.of(0, count, 0, 0, 0, 0, 0, 0, 0, 0)
  assert.equal(refusedAt(header(INDICATORS_MAX + 1)), 1)
  assert.notEqual(refusedAt(header(INDICATORS_MAX)), 1)
})

test('descriptions are so long, alone and together', () => {
  const long = sectionOf([['ip', '192.0.2.1', 'x'.repeat(INDICATOR_DESCRIPTION_BYTES_MAX)]])
  assert.equal(refusedAt(long), null)
  const offsets = INDICATOR_HEADER_WORDS
  const two = sectionOf([
    ['ip', '192.0.2.1', 'a'],
    ['ip', '192.0.2.2', 'b'],
  ])
  assert.equal(refusedAt(two.with(offsets + 1, INDICATOR_DESCRIPTION_BYTES_MAX + 1)), offsets + 1)
  assert.equal(refusedAt(two.with(offsets + 3, 0x6161)), offsets + 1, 'the same twice')

  const most = INDICATOR_TEXT_BYTES_MAX / INDICATOR_DESCRIPTION_BYTES_MAX
  const claims = (count: number) => {
    const words = new Uint32Array(offsets + count + 1)
    words.set([count, count])
    for (let i = 0; i <= count; i++) words[offsets + i] = INDICATOR_DESCRIPTION_BYTES_MAX * i
    return words
  }
  assert.equal(refusedAt(claims(most + 1)), offsets + most + 1)
  assert.equal(refusedAt(claims(most)), offsets + most + 1, 'the bytes are not there')
})

test('a name is as long as it may be, and no control character is in it', () => {
  const section = sectionOf([['filename', 'x'.repeat(INDICATOR_VALUE_BYTES_MAX)]])
  assert.equal(refusedAt(section), null)
  const bytes = at(section, (tables) => tables.filename.names.bytes)
  const offsets = at(section, (tables) => tables.filename.names.offsets)
  assert.equal(refusedAt(section.with(bytes, 0x7878781b)), offsets)
})

test('networks of one address come with the shorter prefix first, each once', () => {
  const section = sectionOf([
    ['network', '10.0.0.0/8'],
    ['network', '10.0.0.0/16'],
  ])
  const links = at(section, (tables) => tables.ipv4.links)
  const addresses = at(section, (tables) => tables.ipv4.addresses)
  const prefixes = (first: number, second: number) =>
    section.with(links, (0xffffff00 | first) >>> 0).with(links + 1, second)
  assert.equal(refusedAt(prefixes(8, 16)), null)
  assert.equal(refusedAt(prefixes(16, 8)), addresses + 1)
  assert.equal(refusedAt(prefixes(8, 8)), addresses + 1)
})

test('digests of a bucket come in order, each once', () => {
  const section = sectionOf(['1', '2', '3'].map((first) => ['md5', first.padEnd(32, '5')]))
  const digests = at(section, (tables) => tables.md5.digests)
  const copy = section.slice()
  copy.copyWithin(digests + 3, digests, digests + 3)
  assert.equal(refusedAt(copy), digests + 3)
})

/** Of these three the hash is 0. */
const [FIRST, SECOND, THIRD] = ['a2izh7ow', 'a7lvn8ib', 'ak9sc30g']

test('names of one hash come in the order of their bytes, each once', () => {
  const section = sectionOf([FIRST, SECOND, THIRD].map((name) => ['filename', name]))
  assert.equal(refusedAt(section), null)
  const hashes = at(section, (tables) => tables.filename.hashes)
  assert.deepEqual([...section.subarray(hashes, hashes + 3)], [0, 0, 0])
  const bytes = at(section, (tables) => tables.filename.names.bytes)
  const named = (...names: readonly string[]) => {
    const words = section.slice()
    new Uint8Array(words.buffer, 4 * bytes).set(Buffer.from(names.join('')))
    return words
  }
  assert.equal(refusedAt(named(FIRST, SECOND, THIRD)), null)
  assert.equal(refusedAt(named(FIRST, THIRD, SECOND)), hashes + 2)
  assert.equal(refusedAt(named(FIRST, SECOND, SECOND)), hashes + 2)
})

test('names come in the order of their hashes, each in its bucket', () => {
  const hashOf = (name: string) => nameHash(Buffer.from(name), 0, name.length)
  const all = Array.from({ length: 20 }, (_, i) => `n${10 + i}`).toSorted((a, b) => hashOf(a) - hashOf(b))
  const low = all.filter((name) => hashOf(name) < 2 ** 31)
  const high = all.filter((name) => hashOf(name) >= 2 ** 31)
  assert.ok(low.length > 2 && high.length > 0)
  const names = [...low.slice(0, 2), ...high.slice(0, 1)]
  const section = sectionOf(names.map((name) => ['filename', name]))
  const columns = {
    starts: at(section, (tables) => tables.filename.starts),
    hashes: at(section, (tables) => tables.filename.hashes),
    bytes: at(section, (tables) => tables.filename.names.bytes),
  }
  assert.deepEqual([...section.subarray(columns.starts, columns.starts + 3)], [0, 2, 3])
  const swapped = section.slice()
  new Uint8Array(swapped.buffer, 4 * columns.bytes).set(Buffer.from([names[1], names[0], names[2]].join('')))
  swapped.copyWithin(columns.hashes, columns.hashes + 1, columns.hashes + 2)
  swapped[columns.hashes + 1] = section[columns.hashes] ?? 0
  assert.equal(refusedAt(swapped), columns.hashes + 1)
  assert.equal(refusedAt(section.with(columns.hashes + 1, (section[columns.hashes + 1] ?? 0) + 1)), columns.hashes + 1)
  // The end of a bucket is the beginning of the next.
  assert.equal(refusedAt(section.with(columns.starts + 1, 1)), columns.starts)
  assert.equal(refusedAt(section.with(columns.starts + 1, 3)), columns.starts + 1)
})

test('what is beyond the last word of a column is named by its place', () => {
  const section = sectionOf([
    ['ip', '192.0.2.1', 'abc'],
    ['ip', '192.0.2.2', 'd'],
    ['ip', '192.0.2.3', 'd'],
  ])
  const bytes = at(section, (tables) => tables.descriptions.bytes)
  assert.equal(section[bytes], 0x64636261)
  const padded = sectionOf([
    ['ip', '192.0.2.1', 'abcd'],
    ['ip', '192.0.2.2', 'e'],
  ])
  assert.equal(refusedAt(padded.with(bytes + 1, 0x01000065)), bytes + 1)
  const numbers = at(section, (tables) => tables.ipv4.descriptions.words)
  assert.equal(refusedAt(section.with(numbers + 1, 2)), numbers + 1)
})
