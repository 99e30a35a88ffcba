import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { PPM_ALL } from '@firebreak/kernel'
import { decideHost, enrolmentOf, exposureBucketPpm, type Plan } from '@firebreak/rollout'
import { World } from '@firebreak/world'
import { readScenario } from '../scenarios.ts'
import { Buckets } from './buckets.ts'
import { kindOf } from './columns.ts'
import { releasesOf } from './releases.ts'
import { View } from './view.ts'

const HOSTS = 2_000
const world = new World(readScenario('healthy'), HOSTS, 3)
const releases = releasesOf(3)
const nowMs = world.startsAtMs

function newView(): View {
  return new View(world, releases, new Buckets(world, releases), nowMs - 86_400_000)
}

const range = fc
  .tuple(fc.integer({ min: 0, max: PPM_ALL }), fc.integer({ min: 0, max: PPM_ALL }))
  .map(([a, b]) => ({ fromPpm: Math.min(a, b), toPpm: Math.max(a, b) }))

const plans: fc.Arbitrary<Plan> = fc
  .record({
    ring: fc.constantFrom('canary', 'early', 'broad'),
    ppm: fc.constantFrom(0, 1, 500_000, PPM_ALL),
    exposed: range,
    isComplete: fc.boolean(),
    isRecalled: fc.boolean(),
  })
  .map(({ ring, ppm, exposed, isComplete, isRecalled }) => {
    const control = { fromPpm: exposed.toPpm, toPpm: PPM_ALL }
    const { pack, category, old, fresh } = releases
    const one = {
      pack,
      category,
      baseline: isComplete ? fresh : old,
      candidate: isComplete ? null : fresh,
      exposure: isComplete ? [] : [{ ring, ppm, arms: { wave: 1, exposed, control } }],
      candidateSinceMs: nowMs,
      baselineSinceMs: nowMs - 86_400_000,
      earlier: [],
      evidence: [],
    }
    return { generation: 2, issuedAtMs: nowMs, packs: [one], recalled: isRecalled ? [fresh.imageDigest] : [] }
  })

test('an answer that asked for nothing personal is the answer of every host of the kind', () => {
  fc.assert(
    fc.property(plans, fc.integer({ min: 0, max: HOSTS - 1 }), (plan, asked) => {
      const view = newView()
      const kind = kindOf(world, asked)
      const answer = (host: number) => {
        const of = view.of(host, kind, null)
        return { decision: decideHost(plan, of, nowMs), enrolment: enrolmentOf(plan, of, nowMs) }
      }
      const first = answer(asked)
      if (view.isPersonal) return
      for (let host = 0; host < HOSTS; host++) {
        if (kindOf(world, host) === kind) assert.deepEqual(answer(host), first)
      }
    }),
    { numRuns: 60 },
  )
})

test('an answer to exposure of a part is personal', () => {
  const [pack] = fc.sample(plans, { numRuns: 1, seed: 1 })[0]?.packs ?? []
  assert.ok(pack)
  const exposure = [{ ring: 'canary', ppm: 500_000, arms: null }]
  const one = { ...pack, baseline: releases.old, candidate: releases.fresh, exposure }
  const plan = { generation: 2, issuedAtMs: nowMs, packs: [one], recalled: [] }
  const canary = Array.from({ length: HOSTS }, (_, host) => host).filter((host) => world.ring(host).ring === 'canary')
  const view = newView()
  const installs = canary.filter(
    (host) => decideHost(plan, view.of(host, kindOf(world, host), null), nowMs).kind === 'install',
  )
  assert.ok(view.isPersonal)
  const exposed = canary.filter(
    (host) => exposureBucketPpm(world.hostId(host), releases.pack, releases.fresh.imageDigest) < 500_000,
  )
  assert.deepEqual(installs, exposed)
  assert.ok(exposed.length > 0 && exposed.length < canary.length)
})
