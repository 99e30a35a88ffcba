import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { body, compiled, parsed, type Plain } from './correlation-fixture.ts'
import { encodeCorrelations } from './index.ts'

const word = fc.constantFrom(
  ...'title id name level generate correlation type rules group-by timespan condition aliases field percentile'.split(
    ' ',
  ),
  ...'event_count value_count temporal temporal_ordered value_sum value_percentile failed_login twin 1m 5s gte gt lte'.split(
    ' ',
  ),
  ...'c User __proto__'.split(' '),
  '',
  '\ud800',
)
const leaf: fc.Arbitrary<Plain> = fc.oneof(
  word,
  fc.integer({ min: -2, max: 4 }),
  fc.double(),
  fc.boolean(),
  fc.constant(null),
)
const tree = fc.letrec<{ node: Plain }>((tie) => ({
  node: fc.oneof(
    { depthSize: 'small' },
    leaf,
    fc.array(tie('node'), { maxLength: 3 }),
    fc.array(fc.tuple(word, tie('node')), { maxLength: 4 }).map((entries) => Object.fromEntries(entries) as Plain),
  ),
})).node
/** Good correlations with a part replaced, so that a good share is accepted. */
const KEYS = ['type', 'rules', 'group-by', 'timespan', 'condition', 'aliases']
const nearlyGood = fc
  .tuple(fc.dictionary(fc.constantFrom(...KEYS), tree, { maxKeys: 1 }), fc.constantFrom('failed_login', 'c0', 'c1'))
  .map(([change, rule]) => body({ rules: [rule, 'successful_login'], ...change }))

test('any tree is read or refused, and what is read compiles to words that say the same', () => {
  let read = 0
  const check = (trees: readonly Plain[], bodies: readonly Plain[]): void => {
    const { correlations, diagnostics } = parsed([
      ...trees,
      ...bodies.map((correlation, i) => ({ title: `c${i}`, correlation })),
    ])
    assert.ok(correlations.length + diagnostics.length > 0 || trees.length + bodies.length === 0)
    read += correlations.length
    const { words, records } = compiled(correlations)
    assert.equal(records.length, correlations.length)
    assert.deepEqual(encodeCorrelations(records), words)
  }
  const trees = fc.array(tree, { maxLength: 2 })
  fc.assert(fc.property(trees, fc.array(nearlyGood, { maxLength: 3 }), check), { numRuns: 3_000 })
  assert.ok(read > 500, `only ${read} were accepted, too few to prove anything`)
})
