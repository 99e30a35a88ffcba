import assert from 'node:assert/strict'
import { test } from 'node:test'
import { poissonLower, poissonUpper } from './bounds.ts'
import { countCrossings, judge, judgeByPlan, judgeByProduct, judgeOneSignal, peeking } from './null-rollouts.fixture.ts'
import { LOOKS, nullRollout, WAVES } from './null-world.fixture.ts'

const CONFIDENCE_PPM = 999_000

test('of 10,000 healthy rollouts, looked at all the time, no larger share is ever halted than the bar allows', (t) => {
  const bars = [5, 10, 20, 100, 1_000, 1_000_000]
  const { rollouts, crossed } = countCrossings(10_000, bars, (waves) => judge(waves))
  for (const [i, bar] of bars.entries()) {
    const count = crossed[i] ?? 0
    t.diagnostic(`evidence of ${bar}: ${count} of ${rollouts}, allowed are ${rollouts / bar}`)
    // Not by luck: also the upper limit of what chance could hide is allowed, as far as so few rollouts can tell.
    assert.ok(poissonUpper(count, CONFIDENCE_PPM) <= Math.max(rollouts / bar, poissonUpper(0, CONFIDENCE_PPM)))
  }
})

test('a single signal with all of the permitted error keeps it too', (t) => {
  const bars = [5, 10, 20, 100]
  const { rollouts, crossed } = countCrossings(3_000, bars, (waves) => judgeOneSignal(waves))
  t.diagnostic(`evidence of ${bars.join(', ')}: ${crossed.join(', ')} of ${rollouts}`)
  for (const [i, bar] of bars.entries()) assert.ok(poissonUpper(crossed[i] ?? 0, CONFIDENCE_PPM) <= rollouts / bar)
  assert.ok((crossed[0] ?? 0) > 0, 'a test that never errs was not tried')
})

for (const [name, judgeOf, rollouts] of [
  ['multiplies the evidence of signals that come together', judgeByProduct, 4_000],
  ['takes the control for as large as planned', judgeByPlan, 300],
] as const) {
  test(`is caught: a rule that ${name}`, (t) => {
    const { crossed } = countCrossings(rollouts, [100, 1_000], judgeOf)
    t.diagnostic(`evidence of 100, 1,000: ${crossed.join(', ')} of ${rollouts}`)
    assert.ok(poissonLower(crossed[0] ?? 0, CONFIDENCE_PPM) > rollouts / 100)
    assert.ok(poissonLower(crossed[1] ?? 0, CONFIDENCE_PPM) > rollouts / 1_000)
  })
}

test('naive peeking at 5 % halts more than a quarter of healthy rollouts; at the same error this test keeps it', (t) => {
  const runs = Array.from({ length: 4_000 }, (_, i) => peeking(i))
  const naive = runs.filter((run) => run.naive).length
  const crossed = [20, 100, 1_000].map((bar) => runs.filter(({ logE }) => logE >= Math.log(bar)).length)
  t.diagnostic(`naive ${naive}, anytime-valid at evidence of 20, 100, 1,000: ${crossed.join(', ')} of ${runs.length}`)
  assert.ok(naive > runs.length * 0.25 && naive < runs.length * 0.32)
  assert.ok(poissonUpper(crossed[0] ?? 0, CONFIDENCE_PPM) <= runs.length / 20)
  assert.ok((crossed[1] ?? 0) <= runs.length / 100 && (crossed[2] ?? 0) <= runs.length / 1_000)
  assert.ok((crossed[0] ?? 0) > runs.length / 100, 'a test that hardly errs gives away what it may')
})

test('the world has what makes it hard: ties, late hosts, outages that strike both arms, and events in each signal', () => {
  const [events, seen] = [[0, 0, 0, 0], { ties: 0, late: 0, outages: 0 }]
  for (let seed = 0; seed < 50; seed++) {
    const waves = nullRollout(seed)
    assert.equal(waves.length, WAVES)
    for (const { cohort, enrolled, struck } of waves.flat()) {
      if ((enrolled[60] ?? 0) < cohort[0]) seen.late++
      for (const [signal, counts] of struck.entries()) {
        for (let look = 0; look < LOOKS; look++) {
          const [control, exposed] = [counts[look * 2] ?? 0, counts[look * 2 + 1] ?? 0]
          events[signal] = (events[signal] ?? 0) + control + exposed
          if (control + exposed > 1) seen.ties++
          if (control > 1 && exposed > 0) seen.outages++
        }
      }
    }
  }
  for (const count of events) assert.ok(count > 50 * 10, events.join(', '))
  for (const count of Object.values(seen)) assert.ok(count > 100, JSON.stringify(seen))
})

test('the same seed, the same rollout', () => {
  assert.deepEqual(nullRollout(7), nullRollout(7))
  assert.notDeepEqual(nullRollout(7), nullRollout(8))
})
