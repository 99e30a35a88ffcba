import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePack } from '@firebreak/content'
import * as fc from 'fast-check'
import { correlatedSource, goodSource, rule, ruleTest, sourceOf } from '../gate-fixture.ts'
import { SLICE_RULES_MAX, sliceOf } from './slice.ts'

const MANY = Array.from({ length: 40 }, (_, i) => i + 1)
const LARGE = sourceOf(
  MANY.map((n) => rule(n, { 'Image|endswith': `/tool-${n}` })),
  MANY.map((n) => ruleTest(n, [{ Image: `/tool-${n}` }], [{ Image: '/other' }])),
)

test('a small pack is its own slice', () => {
  const source = { ...goodSource(), yara: [] }
  assert.deepEqual(sliceOf(source, 1), source)
})

test('of a large pack the seed chooses rules, and their tests come with them', () => {
  const chosen = new Set<string>()
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const { rules, tests, diagnostics } = parsePack(sliceOf(LARGE, seed))
      assert.deepEqual(diagnostics, [])
      assert.equal(rules.length, SLICE_RULES_MAX)
      assert.deepEqual(new Set(tests.map((one) => one.rule)), new Set(rules.map(({ id }) => id)))
      assert.deepEqual(sliceOf(LARGE, seed), sliceOf(LARGE, seed))
      for (const { id } of rules) chosen.add(id)
    }),
    { numRuns: 100, seed: 1 },
  )
  assert.equal(chosen.size, MANY.length, 'every rule has its turn')
})

test('what refers to rules outside of a slice is left out, and so are lists that are long', () => {
  const correlated = correlatedSource(true)
  const source = { ...LARGE, rules: [...LARGE.rules, ...correlated.rules.slice(1)] }
  assert.deepEqual(parsePack(sliceOf(source, 1)).correlations, [])
  const row = 'ip,192.0.2.1,A description that is as long as descriptions are\n'
  const long = [{ file: 'indicators/a.csv', text: `type,value,description\n${row.repeat(2_000)}` }]
  assert.deepEqual(sliceOf({ ...goodSource(), indicators: long }, 1).indicators, [])
})
