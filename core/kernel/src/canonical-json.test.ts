import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { canonicalJson, JSON_DEPTH_MAX, type Json } from './canonical-json.ts'

const forms: readonly [name: string, value: Json, text: string][] = [
  ['keys are sorted', { b: 1, a: [true, false, null] }, '{"a":[true,false,null],"b":1}'],
  ['a key that is a prefix comes first', { ab: 1, a: 2 }, '{"a":2,"ab":1}'],
  ['keys are sorted by code point, not by UTF-16 unit', { '\u{1f600}': 1, '\uffff': 2 }, '{"\uffff":2,"\u{1f600}":1}'],
  ['only quote and backslash are escaped', 'a"b\\c\n\u{e9}', '"a\\"b\\\\c\n\u{e9}"'],
  ['minus zero is zero', -0, '0'],
  ['__proto__ is just a key', JSON.parse('{"__proto__":{"a":1}}') as Json, '{"__proto__":{"a":1}}'],
]
for (const [name, value, text] of forms) {
  test(name, () => assert.equal(canonicalJson(value), text))
}

for (const value of [0.5, Number.NaN, Infinity, 2 ** 53]) {
  test(`${value} is refused`, () => assert.throws(() => canonicalJson([value]), { code: 'kernel/malformed' }))
}

function nested(levels: number): Json {
  let value: Json = 1
  for (let i = 0; i < levels; i++) value = [value]
  return value
}

test('nesting has a limit', () => {
  assert.equal(canonicalJson(nested(JSON_DEPTH_MAX)).length, 2 * JSON_DEPTH_MAX + 1)
  assert.throws(() => canonicalJson(nested(JSON_DEPTH_MAX + 1)), { code: 'kernel/malformed' })
  assert.throws(() => canonicalJson(nested(100_000)), { code: 'kernel/malformed' })
})

test('the order of keys is the order of their code points', () => {
  const wellFormed = fc.string({ unit: 'binary', maxLength: 6 })
  fc.assert(
    fc.property(wellFormed, wellFormed, (a, b) => {
      fc.pre(a !== b)
      const [first] = [a, b].toSorted((x, y) => Buffer.compare(Buffer.from(x), Buffer.from(y)))
      const written = canonicalJson({ [a]: 0, [b]: 0 })
      assert.ok(written.startsWith(canonicalJson({ [first ?? '']: 0 }).slice(0, -1)))
    }),
  )
})
