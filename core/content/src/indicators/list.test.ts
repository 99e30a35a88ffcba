import { utf8Decode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { buildIndicatorTables } from './build.ts'
import { INDICATOR_DESCRIPTION_BYTES_MAX, INDICATOR_VALUE_BYTES_MAX } from './limits.ts'
import { MD5, sectionOf, SHA1, SHA256 } from './list.fixture.ts'
import { IndicatorList } from './list.ts'
import { INDICATOR_TABLES, type IndicatorTables, tableCount, type TextPool } from './tables.ts'
import type { IndicatorType } from './types.ts'

function texts(pool: TextPool): readonly string[] {
  return Array.from({ length: pool.offsets.length - 1 }, (_, i) =>
    utf8Decode(pool.bytes.subarray(pool.offsets[i], pool.offsets[i + 1])),
  )
}

function counts(tables: IndicatorTables): readonly number[] {
  return INDICATOR_TABLES.map((name) => tableCount(tables, name))
}

const badValues: readonly (readonly [IndicatorType, string])[] = [
  ['ip', ''],
  ['ip', '1.2.3.4/32'],
  ['ip', 'fe80::1%eth0'],
  ['ip', 'localhost'],
  ['network', '1.2.3.4'],
  ['network', '1.2.3.4/'],
  ['network', '1.2.3.4/08'],
  ['network', '1.2.3.4/24'],
  ['network', '0.0.0.0/0'],
  ['network', '::/0'],
  ['network', '::/129'],
  ['network', '::ffff:1.2.3.4/95'],
  ['network', '::ffff:0.0.0.0/96'],
  ['network', '2001:db8::1/64'],
  ['md5', SHA1],
  ['sha1', MD5],
  ['sha256', `${SHA256.slice(1)}g`],
  ['sha256', `g${SHA256.slice(1)}`],
  ['sha256', `${SHA256.slice(1)}\u0130`],
  ['domain', 'localhost'],
  ['domain', 'evil..example'],
  ['domain', '-evil.example'],
  ['domain', '*.evil.example'],
  ['domain', 'münchen.example'],
  ['domain', '1.2.3.4'],
  ['domain', 'a.1'],
  ['domain', `${'a'.repeat(64)}.example`],
  ['domain', `${'a.'.repeat(127)}b`],
  ['url', 'evil.example/x'],
  ['url', 'http:///x'],
  ['url', 'http://a b/'],
  ['url', 'http://a/\u0000'],
  ['filename', ''],
  ['filename', '..'],
  ['filename', '/tmp/'],
  ['filename', 'tmp/x'],
  ['filename', '*.exe'],
  ['filename', 'a\nb'],
  ['filename', '\ud800'],
]
for (const [type, value] of badValues) {
  test(`no ${type}: ${JSON.stringify(value).slice(0, 60)}`, () => {
    const list = new IndicatorList()
    assert.equal(list.add(type, value, '')?.code, 'content/schema')
    assert.equal(list.count, 0)
    const tables = buildIndicatorTables(list)
    assert.ok(counts(tables).every((count) => count === 0))
    assert.deepEqual(texts(tables.descriptions), [])
  })
}

const limits: readonly (readonly [name: string, type: IndicatorType, value: string, description: string])[] = [
  ['a value', 'filename', 'x'.repeat(INDICATOR_VALUE_BYTES_MAX + 1), ''],
  ['a value in bytes', 'filename', 'é'.repeat(INDICATOR_VALUE_BYTES_MAX / 2 + 1), ''],
  ['a description in bytes', 'filename', 'x', 'é'.repeat(INDICATOR_DESCRIPTION_BYTES_MAX / 2 + 1)],
]
for (const [name, type, value, description] of limits) {
  test(`limits ${name}`, () => {
    const list = new IndicatorList()
    assert.equal(list.add(type, value, description)?.code, 'content/limit')
    assert.equal(list.add(type, value.slice(0, -1) || value, description.slice(1)), null)
  })
}

test('a value is once in a table, with the first description that says something', () => {
  const list = new IndicatorList()
  for (const description of ['', 'b', 'a', 'b']) {
    for (const value of ['EVIL.example', 'evil.example.']) list.add('domain', value, description)
    list.add('network', '::ffff:192.0.2.1/128', description)
    list.add('ip', '192.0.2.1', description)
    list.add('md5', MD5, description)
  }
  const tables = buildIndicatorTables(list)
  assert.deepEqual(counts(tables), [1, 0, 1, 0, 0, 1, 0, 0])
  assert.deepEqual(texts(tables.descriptions), ['a'])
})

const anyRow = fc.tuple(
  fc.constantFrom<IndicatorType>('ip', 'network', 'md5', 'sha1', 'sha256', 'domain', 'url', 'filename'),
  fc.nat({ max: 40 }),
  fc.constantFrom('', 'a', 'b', 'é', '\u{1f600}', '\uffee'),
)

/** A small world of values of each type, so that many meet. */
function valueOf(type: IndicatorType, seed: number): string {
  if (type === 'ip') return seed % 2 === 0 ? `10.0.${seed % 3}.${seed % 5}` : `2001:db8::${seed % 7}`
  if (type === 'network') return seed % 2 === 0 ? `10.0.0.0/${8 + (seed % 8)}` : `2001:db8::/${32 + (seed % 8)}`
  if (type === 'domain') return `${'a.'.repeat(1 + (seed % 3))}x${seed % 4}`
  if (type === 'url') return `http://a/${'É'.repeat(seed % 5)}`
  if (type === 'filename') return `/TMP/${seed % 6}`
  return seed.toString(16).padStart({ md5: 32, sha1: 40, sha256: 64 }[type], '0')
}

test('tables do not depend on the order of rows', () => {
  fc.assert(
    fc.property(fc.array(anyRow, { maxLength: 60 }), (rows) => {
      const given = rows.map(([type, seed, description]) => [type, valueOf(type, seed), description] as const)
      assert.deepEqual(sectionOf(given), sectionOf(given.toReversed()))
    }),
  )
})
