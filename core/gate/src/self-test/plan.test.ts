import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CHECK_IDS } from '../check/check.ts'
import { EXHIBITS_MIN, FAULTS_MIN } from './check-self-test.ts'
import { SELF_TEST_PLAN } from './plan.ts'

const { operators, museum, good, codes } = SELF_TEST_PLAN

test('every code that can fail a check has an operator or an exhibit that aims at it', () => {
  const aimed = new Set([...operators, ...museum].map(({ aims }) => `${aims.check} ${aims.code}`))
  const without = codes.map(({ check, code }) => `${check} ${code}`).filter((one) => !aimed.has(one))
  assert.deepEqual(without, [])
})

test('every operator aims at a code that is registered, so that leaving it out is tried', () => {
  const known = new Set(codes.map(({ check, code }) => `${check} ${code}`))
  const strangers = [...operators, ...museum]
    .filter(({ aims }) => aims.code !== '' && !known.has(`${aims.check} ${aims.code}`))
    .map(({ id }) => id)
  assert.deepEqual(strangers, [])
})

test('every check has faults that it alone rejects, and a good case at its edge', () => {
  for (const check of CHECK_IDS) {
    assert.ok(
      operators.some(({ aims }) => aims.check === check && (aims.also ?? []).length === 0),
      `nothing aims at ${check} alone`,
    )
    assert.ok(
      good.some(({ aims }) => aims.check === check),
      `no good case for ${check}`,
    )
  }
})

test('ids are unique, and there is enough of everything', () => {
  for (const list of [operators, museum, good]) {
    assert.equal(new Set(list.map(({ id }) => id)).size, list.length)
    for (const { id, what } of list) {
      assert.match(id, /^[a-z0-9]+(-[a-z0-9]+)*$/)
      assert.match(what, /^[A-Z].*\.$/)
    }
  }
  assert.ok(operators.length >= 60 && operators.length >= FAULTS_MIN)
  assert.ok(museum.length >= EXHIBITS_MIN)
})
