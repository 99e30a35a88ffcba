import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Plan, PLAN_RECALLED_MAX } from './plan.ts'
import { acceptPlan } from './succession.ts'

const digest = (n: number): string => n.toString(16).padStart(64, '0')
const plan = (generation: number, recalled: readonly number[]): Plan => ({
  generation,
  issuedAtMs: 0,
  packs: [],
  recalled: recalled.map(digest),
})

test('a host goes by the newest plan that it has seen', () => {
  assert.equal(acceptPlan(null, plan(5, [])).generation, 5)
  assert.equal(acceptPlan(plan(5, []), plan(6, [])).generation, 6)
  const held = plan(5, [1])
  for (const generation of [4, 5]) assert.equal(acceptPlan(held, plan(generation, [])), held)
})

test('what was recalled stays recalled, whatever newer plans say', () => {
  const plans = fc.array(fc.tuple(fc.nat(20), fc.array(fc.nat(30))), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(plans, (seen) => {
      let held: Plan | null = null
      const heard = new Set<string>()
      for (const [generation, recalled] of seen) {
        const next = plan(generation, recalled)
        if (held === null || generation > held.generation) for (const one of next.recalled) heard.add(one)
        held = acceptPlan(held, next)
        for (const one of heard) assert.ok(held.recalled.includes(one))
      }
    }),
  )
})

test('memory for recalls has a limit, and what the newest plan recalls is never left out', () => {
  const full = plan(
    1,
    Array.from({ length: PLAN_RECALLED_MAX }, (_, i) => i),
  )
  const accepted = acceptPlan(full, plan(2, [PLAN_RECALLED_MAX + 1]))
  assert.equal(accepted.recalled.length, PLAN_RECALLED_MAX)
  assert.equal(accepted.recalled[0], digest(PLAN_RECALLED_MAX + 1))
})
