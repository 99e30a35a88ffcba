import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileRegex } from '@firebreak/content'
import * as fc from 'fast-check'
import { regexGraph } from './regex-graph.ts'
import { matches, regexWitness } from './regex-witness.ts'

const FLAGS = { ignoreCase: false, dotAll: false, multiline: false }
const graphOf = (source: string) => regexGraph(compileRegex(source, FLAGS))

/** Expressions of which some have more positions than fit into a word, with every way from one position to another. */
const SOURCES: readonly string[] = [
  'a*b',
  'ab?c',
  '^a?b?$',
  '(?:ab|cd)+$',
  '(?:a|b|-)*c',
  String.raw`\ba\b`,
  String.raw`\B-\B`,
  '^(?:a{3}|b)c?$',
  'a{33}b',
  '^abc-d$',
  String.raw`^abc\b-\bd$`,
  '^a*b+$',
  '^(?:ab)*c*$',
  '^(?:a|bb){20}$',
  '^a{10,40}b?$',
  '^(?:a?b?c?){12}$',
  '^[ab]{31}c[ab]{3}$',
  '^(?:abc)?(?:a{30}b|c)(?:ab)*$',
]

const piece = fc.constantFrom(
  'a',
  'b',
  'c',
  'ab',
  'bb',
  'abc',
  '-',
  ' ',
  'a'.repeat(30),
  'a'.repeat(33),
  'ab'.repeat(15),
)
const text = fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(''))

for (const source of SOURCES) {
  test(`walked position by position, ${source} matches what it matches in JavaScript`, () => {
    const [graph, expression] = [graphOf(source), new RegExp(source, 'u')]
    fc.assert(
      fc.property(text, (one) => {
        assert.equal(matches(graph, one), expression.test(one), JSON.stringify(one))
      }),
      { numRuns: 60 },
    )
  })

  test(`the witness of ${source} matches it, and none that is shorter by its end does`, () => {
    const witness = regexWitness(compileRegex(source, FLAGS))
    assert.ok(witness)
    assert.ok(new RegExp(source, 'u').test(witness.match))
    if (witness.miss !== null) assert.ok(!new RegExp(source, 'u').test(witness.miss))
    if (witness.match !== '') assert.ok(!new RegExp(source, 'u').test(witness.match.slice(0, -1)))
  })
}

test('every position can be told from every other, also in the second word', () => {
  const letters = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOP'
  const graph = graphOf(`^${letters}$`)
  assert.ok(graph.positions > 32)
  assert.ok(matches(graph, letters))
  for (let i = 0; i < letters.length; i++) assert.ok(!matches(graph, letters.slice(0, i) + letters.slice(i + 1)))
})
