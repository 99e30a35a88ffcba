import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { formatGlob, parseGlob, parseSigmaText, toPattern } from './text-pattern.ts'

const B = '\\'

test('Sigma strings become their cheapest pattern', () => {
  const rows: readonly (readonly [source: string, shape: string, text: string])[] = [
    ['', 'equals', ''],
    ['ABC', 'equals', 'abc'],
    ['*', 'contains', ''],
    ['**', 'contains', ''],
    ['*abc*', 'contains', 'abc'],
    ['**abc**', 'contains', 'abc'],
    ['abc*', 'starts-with', 'abc'],
    ['*abc', 'ends-with', 'abc'],
    ['a*c', 'glob', 'a*c'],
    ['a?c', 'glob', 'a?c'],
    ['?', 'glob', '?'],
    // The escaping of the specification, one row for each of its cases.
    [`${B}*`, 'equals', '*'],
    [`${B}?`, 'equals', '?'],
    [`a${B}${B}*`, 'starts-with', `a${B}`],
    [`a${B}${B}${B}*`, 'equals', `a${B}*`],
    [`C:${B}Windows`, 'equals', `c:${B}windows`],
    [`${B}${B}`, 'equals', B],
    [`${B}${B}${B}`, 'equals', B + B],
    [`${B}${B}${B}${B}`, 'equals', B + B],
    [B, 'equals', B],
    [`a${B}*b*c`, 'glob', `a${B}*b*c`],
    // One-to-one folding: the length never changes.
    ['İX', 'equals', 'İx'],
  ]
  for (const [source, shape, text] of rows) {
    assert.deepEqual(toPattern(parseSigmaText(source)), { shape, text }, source)
  }
})

test('a glob source that is not canonical is not a glob', () => {
  for (const source of [B, `a${B}`, `a${B}b`, 'A*b']) assert.equal(parseGlob(source), null, source)
  for (const source of ['', '*', `${B}${B}`, `a${B}**`]) assert.notEqual(parseGlob(source), null, source)
})

test('globs survive formatting and parsing', () => {
  const part = fc.oneof(
    fc.constantFrom({ kind: 'any' as const }, { kind: 'one' as const }),
    fc
      .string({ minLength: 1, unit: fc.constantFrom('a', 'b', '*', '?', B) })
      .map((text) => ({ kind: 'text' as const, text })),
  )
  const separated = fc
    .array(part)
    .filter((parts) => parts.every((one, i) => one.kind !== 'text' || parts[i - 1]?.kind !== 'text'))
  fc.assert(fc.property(separated, (parts) => assert.deepEqual(parseGlob(formatGlob(parts)), parts)))
})
