import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import * as fc from 'fast-check'
import type { ReleaseRisk } from '../plan/release.ts'
import { decideWave } from './decide.ts'
import { bakeMsOf, probeAfterMs } from './judged.ts'
import { nextStep } from './pacing.ts'
import { DEFAULT_ROLLOUT_POLICY } from './policy.ts'
import { cellOf, censusOf, inFirstWave, judge, MINUTE, POLICY, START, T0 } from './rollout.fixture.ts'
import { type Lane, type RolloutState, startRollout } from './state.ts'

const RISKY: ReleaseRisk = { score: 62, firstWavePpmMax: 2_000, bakeMsMin: 45 * MINUTE }
const SIZE = { hostsMax: 1_000, excessUpperPpm: 1, proven: 0, harmed: 0 }
const started = (risk?: ReleaseRisk, lane: Lane = 'normal') =>
  startRollout(POLICY, { ...START, lane, ...(risk && { risk }) }, T0)

/** Where the next wave ends, if there is one. */
function nextPpm(state: RolloutState, hosts: number, hostsMax = SIZE.hostsMax): number | null {
  const pace = nextStep(POLICY, state, { ...SIZE, hostsMax }, () => censusOf(hosts))
  return pace.kind === 'wave' ? pace.next.arms.exposed.toPpm : null
}

const firstWaves: readonly (readonly [string, number, ReleaseRisk | undefined, number])[] = [
  ['without a risk the budget decides', 100_000, undefined, 10_000],
  ['the risk makes the first wave smaller', 100_000, RISKY, 2_000],
  ['and never larger', 100_000, { ...RISKY, firstWavePpmMax: PPM_ALL }, 10_000],
  ['one host has to tell: without one the rollout would wait for ever', 100, RISKY, 10_000],
  ['a ring that the budget takes whole is not taken whole', 5, RISKY, 200_000],
]
for (const [name, hosts, risk, toPpm] of firstWaves) {
  test(`first wave: ${name}`, () => assert.equal(nextPpm(started(risk), hosts), toPpm))
}

test('the second wave of a ring is as large as what is proven lets it be, the first one of the next ring is not', () => {
  const [wave] = inFirstWave().waves
  assert.ok(wave)
  const after = (ring: string, toPpm: number) => ({
    ...started(RISKY),
    waves: [{ ...wave, ring, arms: { ...wave.arms, exposed: { fromPpm: 0, toPpm } } }],
  })
  assert.equal(nextPpm(after('canary', 2_000), 100_000), 12_000)
  const next = nextStep(POLICY, after('canary', PPM_ALL), SIZE, () => censusOf(100_000))
  assert.ok(next.kind === 'wave')
  assert.deepEqual([next.next.ring, next.next.arms.exposed.toPpm], ['broad', 2_000])
})

const bakes: readonly (readonly [string, Lane, number, number])[] = [
  ['a risk below what the policy bakes anyway asks for nothing', 'normal', 5 * MINUTE, 15 * MINUTE],
  ['a higher one is obeyed', 'normal', 45 * MINUTE, 45 * MINUTE],
  ['the emergency lane bakes for less', 'emergency', 0, 5 * MINUTE],
  ['but never for less than the risk asks for', 'emergency', 45 * MINUTE, 45 * MINUTE],
]
for (const [name, lane, bakeMsMin, expected] of bakes) {
  test(`bake: ${name}`, () => {
    assert.equal(bakeMsOf(DEFAULT_ROLLOUT_POLICY, started({ ...RISKY, bakeMsMin }, lane)), expected)
  })
}

test('bake: the policy of the rollout may say how much a risk may ask for, but never less than its own', () => {
  const [careful, urgent] = [started(RISKY), started(RISKY, 'emergency')]
  const capped = (riskBakeMsMax: number) => ({ ...DEFAULT_ROLLOUT_POLICY, riskBakeMsMax })
  assert.deepEqual(
    [20, 10, 0].map((minutes) => bakeMsOf(capped(minutes * MINUTE), careful) / MINUTE),
    [20, 15, 15],
  )
  assert.deepEqual(
    [20, 10, 0].map((minutes) => bakeMsOf(capped(minutes * MINUTE), urgent) / MINUTE),
    [20, 10, 5],
  )
})

test('whatever the risk, it is only ever more careful', () => {
  const risk = fc.record({
    score: fc.integer({ min: 0, max: 100 }),
    firstWavePpmMax: fc.integer({ min: 1, max: PPM_ALL }),
    bakeMsMin: fc.integer({ min: 0, max: 1_440 * MINUTE }),
  })
  const lane = fc.constantFrom<Lane>('normal', 'emergency')
  const hosts = fc.integer({ min: 1, max: 50_000 })
  const hostsMax = fc.integer({ min: 1, max: 20_000 })
  fc.assert(
    fc.property(risk, lane, hosts, hostsMax, (asked, inLane, ringHosts, most) => {
      const [plain, careful] = [started(undefined, inLane), started(asked, inLane)]
      const [without, with_] = [nextPpm(plain, ringHosts, most), nextPpm(careful, ringHosts, most)]
      assert.equal(with_ === null, without === null)
      assert.ok((with_ ?? 0) <= (without ?? 0))
      assert.ok(censusOf(ringHosts).eligibleBetween(0, with_ ?? PPM_ALL) > 0)
      assert.ok(bakeMsOf(POLICY, careful) >= Math.max(asked.bakeMsMin, bakeMsOf(POLICY, plain)))
    }),
  )
})

test('a verdict says what the risk asks for, where it starts a wave and where it waits', () => {
  const first = decideWave(POLICY, started(RISKY), [], () => censusOf(100_000), T0)
  assert.equal(first.kind, 'advance')
  assert.match(
    first.explanation,
    / Its risk is 62 of 100: the first wave of a ring has at most 0\.2 % of it, and every wave is watched for 45 min at least\.$/,
  )
  const wave = { ...inFirstWave(), risk: RISKY }
  const arms = [
    cellOf({ cohort: 10, enrolled: 10, confirmed: 10, proven: 10 }),
    cellOf({ arm: 'control', cohort: 200, enrolled: 200, confirmed: 200, proven: 200 }),
  ]
  const baking = judge(POLICY, wave, arms, T0 + 44 * MINUTE)
  assert.deepEqual([baking.kind, baking.reason], ['hold', 'baking'])
  assert.match(baking.explanation, /watched for 45 min in all\. Its risk is 62 of 100/)
  assert.equal(judge(POLICY, wave, arms, T0 + 45 * MINUTE).kind, 'advance')
  assert.equal(judge(POLICY, inFirstWave(), arms, T0 + 44 * MINUTE).kind, 'advance', 'without a risk it had baked')
})

test('what is not resolved is not probed before four of the longer bakes', () => {
  const judged = { policy: POLICY, state: started(RISKY) } as Parameters<typeof probeAfterMs>[0]
  assert.equal(probeAfterMs(judged), 180 * MINUTE)
})
