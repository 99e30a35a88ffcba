import assert from 'node:assert/strict'
import { test } from 'node:test'
import { STEPS_PER_BYTE_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'
import { compileRegex, regexCost } from '../regex/index.ts'
import { sectionsOf, smallSource, verdictOn } from './forged-fixture.ts'
import { FAIL, MATCH } from './format.ts'
import type { Predicate } from './program.ts'
import { writeImage } from './writer.ts'

const REGEX = compileRegex('(a?){1,600}', { ignoreCase: true, multiline: false, dotAll: false })

/** An image of one rule that tries a regex so many times, and then compares a text of so many bytes. */
function imageOf(regexes: number, textBytes: number): Uint8Array {
  const programs = Array.from({ length: regexes }, () => REGEX)
  const tests: readonly Predicate[] = [
    { operator: 'regex', cased: false, field: 'R', values: { kind: 'regex', programs } },
    { operator: 'equals', cased: false, field: 'T', values: { kind: 'text', texts: ['x'.repeat(textBytes)] } },
  ]
  const nodes = tests.map((one, i) => ({
    test: one,
    whenTrue: MATCH,
    whenFalse: i === tests.length - 1 ? FAIL : i + 1,
  }))
  const condition = [{ test: 0, whenTrue: MATCH, whenFalse: FAIL }]
  const [rule] = smallSource().rules
  assert.ok(rule)
  const program = { condition, selections: [{ name: 's', nodes }] }
  return writeImage({
    ...smallSource(),
    rules: [{ ...rule, program, witnesses: null }],
    filters: [],
    correlations: [],
  })
}

const stepsOf = (image: Uint8Array): number => sectionsOf(image).cost.words[0] ?? 0

test('an image may take so many steps for a byte', () => {
  const cost = regexCost(REGEX)
  const regexes = Math.floor((STEPS_PER_BYTE_MAX - cost) / cost)
  assert.ok(regexes < VALUES_PER_ITEM_MAX)
  const left = STEPS_PER_BYTE_MAX - stepsOf(imageOf(1, 0)) - (regexes - 1) * cost
  const most = imageOf(regexes, left)
  assert.deepEqual([stepsOf(most), verdictOn(most)], [STEPS_PER_BYTE_MAX, 'ok'])
  assert.equal(verdictOn(imageOf(regexes, left + 1)), 'cost@cost[0]')
})
