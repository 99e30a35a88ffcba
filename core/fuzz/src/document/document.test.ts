import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Json, utf8Encode } from '@firebreak/kernel'
import { Random } from '../random.ts'
import type { Compared } from '../target.ts'
import { documentFormat } from './document.ts'

const FORMAT = documentFormat()
const json = fc.jsonValue({ maxDepth: 4 }) as fc.Arbitrary<Json>

function material(seed: number, compared: readonly Compared[] = []) {
  return {
    random: new Random(seed),
    dictionary: { texts: ['contains', 'logsource'], numbers: [21] },
    compared,
    other: null,
  }
}

test('a document is written as it was read', () => {
  fc.assert(
    fc.property(json, (root) => {
      const text = utf8Encode(JSON.stringify(root))
      const tree = FORMAT.decode(text)
      assert.ok(tree !== null)
      assert.deepEqual(FORMAT.encode(tree), text)
    }),
  )
})

test('what is no document is none', () => {
  const deep = `${'['.repeat(2000)}${']'.repeat(2000)}`
  for (const text of ['', '{', 'undefined', '{"a":1}}', deep]) assert.equal(FORMAT.decode(utf8Encode(text)), null, text)
  assert.equal(FORMAT.decode(Uint8Array.of(0x22, 0xff, 0x22)), null)
  assert.deepEqual(FORMAT.decode(utf8Encode('null')), { root: null })
})

test('a change leaves the old document as it was, and depends on the seed alone', () => {
  fc.assert(
    fc.property(json, fc.nat(), (root, seed) => {
      const before = JSON.stringify(root)
      const next = FORMAT.encode(FORMAT.mutate({ root }, material(seed)))
      assert.equal(JSON.stringify(root), before)
      assert.deepEqual(FORMAT.encode(FORMAT.mutate({ root }, material(seed))), next)
    }),
  )
})

test('most changes make documents; about one in ten has a slip of syntax, of every kind', () => {
  const { random } = material(1)
  const root = { list: [1, 2.5, { deep: 'text' }], other: true }
  const changed = Array.from({ length: 4000 }, () => FORMAT.encode(FORMAT.mutate({ root }, { ...material(0), random })))
  const slips = changed
    .filter((text) => FORMAT.decode(text) === null)
    .map((text) => Buffer.from(text).toString('latin1'))
  assert.ok(slips.length > 240 && slips.length < 600, String(slips.length))
  assert.ok(
    slips.some((text) => /,[\]}]/.test(text)),
    'a comma before the end',
  )
  assert.ok(
    slips.some((text) => !/[\]}]$/.test(text)),
    'cut off',
  )
  assert.ok(
    slips.some((text) => /[\u0080-\u00ff]/.test(text)),
    'no UTF-8',
  )
})

test('a value that was compared with another becomes the other', () => {
  const random = new Random(1)
  const compared = [
    { a: 'alpha', b: 'omega' },
    { a: 5, b: 77 },
  ]
  const root = { name: 'alpha', list: [1, 5] }
  let [texts, numbers] = [0, 0]
  for (let i = 0; i < 500; i++) {
    const text = JSON.stringify(FORMAT.mutate({ root }, { ...material(0, compared), random }).root)
    if (text.includes('"name":"omega"')) texts++
    if (text.includes('77')) numbers++
  }
  assert.ok(texts > 10 && numbers > 10, `${texts} ${numbers}`)
})

test('all parts can be taken away, and one at a time', () => {
  fc.assert(
    fc.property(json, (root) => {
      const parts = FORMAT.parts({ root })
      assert.equal(FORMAT.parts(FORMAT.without({ root }, 0, parts)), 0)
      for (let i = 0; i < parts; i++) {
        const left = FORMAT.parts(FORMAT.without({ root }, i, i + 1))
        assert.ok(left < parts && left >= 0)
      }
      assert.deepEqual(FORMAT.without({ root }, 0, 0).root, root)
    }),
    { numRuns: 50 },
  )
})

test('parts are counted in the order of the text', () => {
  const root = { a: [10, 20], b: { c: 30 } }
  const without = (from: number, to: number): Json => FORMAT.without({ root }, from, to).root
  assert.equal(FORMAT.parts({ root }), 5)
  assert.deepEqual(without(0, 1), { b: { c: 30 } })
  assert.deepEqual(without(2, 3), { a: [10], b: { c: 30 } })
  assert.deepEqual(without(2, 5), { a: [10] })
})

test('keys that JavaScript itself looks for are keys like others', () => {
  const text = utf8Encode('{"__proto__":1,"constructor":2}')
  const tree = FORMAT.decode(text)
  assert.deepEqual(FORMAT.encode(FORMAT.without(tree ?? { root: null }, 1, 2)), utf8Encode('{"__proto__":1}'))
})

test('a sweep has one change at every place, and leaves the document as it was', () => {
  const root = { n: 5, t: 'ab', l: [true] }
  const texts = [...(FORMAT.sweep?.({ root }) ?? [])].map((one) => Buffer.from(FORMAT.encode(one)).toString())
  for (const wanted of [
    '{"n":6,"t":"ab","l":[true]}',
    '{"n":4,"t":"ab","l":[true]}',
    '{"n":5,"t":"bb","l":[true]}',
    '{"n":5,"t":"a","l":[true]}',
    '{"n":5,"t":"ab","l":[false]}',
    '{"n":5,"t":"ab","l":[]}',
    '{"n":5,"l":[true]}',
    '{"n":05,"t":"ab","l":[true]}',
    '{"n":5,"t":"ab","l":[true],}',
  ])
    assert.ok(texts.includes(wanted), wanted)
  assert.ok(
    texts.some((text) => text.includes('"15t"')),
    'many members',
  )
  assert.deepEqual(root, { n: 5, t: 'ab', l: [true] })
})
