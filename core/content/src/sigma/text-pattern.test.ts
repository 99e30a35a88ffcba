import assert from 'node:assert/strict'
import { test } from 'node:test'
import { foldCase } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { formatGlob, type GlobPart, joined, parseGlob, parseSigmaText, toPattern } from './text-pattern.ts'

const show = (parts: readonly GlobPart[]): string =>
  parts.map((part) => (part.kind === 'text' ? JSON.stringify(part.text) : part.kind)).join(' ')

test('a Sigma string is read as the specification escapes it', () => {
  const rows: readonly (readonly [source: string, shown: string])[] = [
    ['', ''],
    ['plain', '"plain"'],
    ['prog?.exe', '"prog" one ".exe"'],
    ['antivirus_V*.exe', '"antivirus_V" any ".exe"'],
    ['a\\b', '"a\\\\b"'],
    ['a\\\\b', '"a\\\\b"'],
    ['\\*', '"*"'],
    ['\\?', '"?"'],
    ['\\\\*', '"\\\\" any'],
    ['\\\\\\*', '"\\\\*"'],
    ['\\\\\\', '"\\\\\\\\"'],
    ['\\\\\\\\', '"\\\\\\\\"'],
    ['\\', '"\\\\"'],
    ['\\-x', '"\\\\-x"'],
    ['**', 'any any'],
  ]
  for (const [source, shown] of rows) assert.equal(show(parseSigmaText(source)), shown, source)
})

test('a pattern has the cheapest shape that says the same', () => {
  const rows: readonly (readonly [source: string, shape: string, text: string])[] = [
    ['', 'equals', ''],
    ['A', 'equals', 'a'],
    ['*', 'contains', ''],
    ['***', 'contains', ''],
    ['*Ab*', 'contains', 'ab'],
    ['Ab*', 'starts-with', 'ab'],
    ['**Ab', 'ends-with', 'ab'],
    ['a*b', 'glob', 'a*b'],
    ['?', 'glob', '?'],
    ['*?*', 'glob', '*?*'],
    ['A\\*?', 'glob', 'a\\*?'],
  ]
  for (const [source, shape, text] of rows) {
    assert.deepEqual(toPattern(parseSigmaText(source), false), { shape, text }, source)
  }
  assert.deepEqual(toPattern(parseSigmaText('*Ab'), true), { shape: 'ends-with', text: 'Ab' })
  assert.deepEqual(toPattern([{ kind: 'dash' }, { kind: 'text', text: 'A-\\' }], true), {
    shape: 'glob',
    text: '\\-A-\\\\',
  })
})

test('only a canonical glob is read', () => {
  for (const source of ['a*b', '\\-a', '\\*', '\\?', '\\\\', '-', '', '?*?', 'a\\\\\\-']) {
    assert.notEqual(parseGlob(source), null, source)
  }
  for (const source of ['\\', '\\a', 'a\\', '**', 'a**b', '\\\\\\']) assert.equal(parseGlob(source), null, source)
})

const text = fc.string({ unit: fc.constantFrom('a', 'B', '*', '?', '\\', '-', '/', '\u2013', '\u0130', '\ud800') })
const part: fc.Arbitrary<GlobPart> = fc.oneof(
  text.map((one): GlobPart => ({ kind: 'text', text: one })),
  fc.constantFrom<GlobPart>({ kind: 'any' }, { kind: 'one' }, { kind: 'dash' }),
)

test('formatting and reading a glob are inverse', () => {
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const simple = joined(parts)
      assert.deepEqual(parseGlob(formatGlob(simple)), simple)
    }),
  )
})

test('any text that is read as a glob is written the same again', () => {
  fc.assert(
    fc.property(text, (source) => {
      const parts = parseGlob(source)
      if (parts !== null) assert.equal(formatGlob(parts), source)
    }),
  )
})

test('the text of a pattern that is not cased is folded', () => {
  fc.assert(
    fc.property(fc.array(part), (parts) => {
      const pattern = toPattern(parts, false)
      assert.equal(foldCase(pattern.text), pattern.text)
      if (pattern.shape === 'glob') assert.notEqual(parseGlob(pattern.text), null)
    }),
  )
})
