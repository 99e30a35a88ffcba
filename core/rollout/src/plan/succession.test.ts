import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { encodePlan, parseHeldPlan, parsePlan, type Plan, PLAN_RECALLED_MAX, PLAN_SIZE_BYTES_MAX } from './plan.ts'
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

const digits = (from: number, count: number): number[] => Array.from({ length: count }, (_, i) => from + i)

test('memory for recalls has a limit, and what the newest plan recalls is never left out', () => {
  let held = plan(1, digits(0, PLAN_RECALLED_MAX))
  for (const generation of [2, 3])
    held = acceptPlan(held, plan(generation, digits(10_000 * generation, PLAN_RECALLED_MAX)))
  assert.equal(held.recalled.length, 2 * PLAN_RECALLED_MAX)
  assert.equal(held.recalled[0], digest(30_000))
  assert.equal(held.recalled.at(-1), digest(PLAN_RECALLED_MAX - 1), 'what was heard of first stays')
  assert.deepEqual(parseHeldPlan(encodePlan(held)), held, 'and a host reads what it has kept')
})

test('plans that recall thousands of images which never were crowd out no real recall', () => {
  const isApproved = (one: string): boolean => one === digest(7)
  let held = acceptPlan(null, plan(1, [7]), isApproved)
  for (const generation of [2, 3, 4, 5]) {
    held = acceptPlan(held, plan(generation, digits(10_000 * generation, PLAN_RECALLED_MAX)), isApproved)
    assert.ok(held.recalled.includes(digest(7)), `generation ${generation}`)
  }
  assert.equal(held.recalled.length, PLAN_RECALLED_MAX + 1)
})

test('a host reads the largest plan that it takes again when it has kept it', () => {
  const pack = (i: number) => ({
    pack: `p${i}`,
    category: 'c',
    baseline: null,
    candidate: null,
    exposure: Array.from({ length: 41 }, (_, ring) => ({ ring: `r${ring}`, ppm: 0 })),
  })
  const json = { generation: 2, issuedAtMs: 0, packs: digits(0, 256).map(pack), recalled: [] }
  const bytes = utf8Encode(JSON.stringify(json))
  assert.ok(bytes.length > 0.95 * PLAN_SIZE_BYTES_MAX && bytes.length <= PLAN_SIZE_BYTES_MAX, `${bytes.length}`)
  const held = acceptPlan(plan(1, digits(0, PLAN_RECALLED_MAX)), parsePlan(bytes))
  assert.deepEqual(parseHeldPlan(encodePlan(held)), held)
})
