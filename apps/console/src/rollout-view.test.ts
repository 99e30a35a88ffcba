import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { haltedFleet, rollingFleet } from './fixture/fleet.ts'
import { largeFleet } from './fixture/large.ts'
import { releaseFocuses } from './release-focus.ts'
import {
  armRows,
  evidenceRows,
  formatEvidence,
  limitRows,
  nextWaveHosts,
  shownRollouts,
  waveStateOf,
} from './rollout-view.ts'

const NOW_MS = 1_800_000_000_000
const LARGE = largeFleet(NOW_MS)
const [ROLLOUT] = LARGE.rollouts
const VERDICT = ROLLOUT?.verdict

test('evidence as a person reads it', () => {
  const rows: readonly (readonly [number, string])[] = [
    [0, '1'],
    [Math.log(0.4), '0.4'],
    [Math.log(3.14), '3.1'],
    [Math.log(27.4), '27'],
    [Math.log(2_208), '2,208'],
    [Math.log(9_999), '9,999'],
    [Math.log(34_000), '3.4 × 10⁴'],
    [1_000, '2.0 × 10⁴³⁴'],
    [-50, '< 0.01'],
  ]
  for (const [logE, text] of rows) assert.equal(formatEvidence(logE), text)
  fc.assert(fc.property(fc.double({ min: -1_000, max: 1_000, noNaN: true }), (logE) => formatEvidence(logE) !== ''))
})

test('a rollout is shown while its release rolls out or was halted, and no other', () => {
  const shown = (status: typeof LARGE) => shownRollouts(status, releaseFocuses(status)).map(({ version }) => version)
  assert.deepEqual([rollingFleet(NOW_MS), haltedFleet(NOW_MS)].map(shown), [['1.2.0'], ['1.2.0']])
  const complete = { ...LARGE, plan: LARGE.plan && { ...LARGE.plan, packs: [] }, releases: LARGE.releases.slice(1) }
  assert.deepEqual(shown(complete), [])
})

test('the newest wave is the one that is judged, or was when it was halted', () => {
  assert.ok(ROLLOUT)
  const states = (status: 'rolling' | 'halted' | 'complete') =>
    ROLLOUT.waves.map((wave) => waveStateOf({ ...ROLLOUT, status }, wave)).slice(-2)
  assert.deepEqual(states('rolling'), ['proven', 'current'])
  assert.deepEqual(states('halted'), ['proven', 'halted'])
  assert.deepEqual(states('complete'), ['proven', 'proven'])
})

test('the next wave is the budget over what may be harmed at most', () => {
  assert.ok(VERDICT)
  assert.equal(nextWaveHosts(LARGE, VERDICT), 3_225)
  assert.equal(nextWaveHosts(LARGE, { ...VERDICT, excessUpperPpm: 1_000_000 }), 10)
  assert.equal(nextWaveHosts(LARGE, { ...VERDICT, excessUpperPpm: 0 }), null, 'no bound of nothing')
  assert.equal(nextWaveHosts(LARGE, null), null)
})

test('both arms side by side, without signals that struck neither', () => {
  const current = ROLLOUT?.waves.at(-1)
  assert.ok(current)
  const rows = armRows(current)
  assert.deepEqual(
    rows.filter(({ isSignal }) => isSignal).map(({ name, exposed, control }) => [name, exposed, control]),
    [
      ['Silence', 14, 3],
      ['Engine restart', 9, 2],
      ['Any detection', 1_204, 930],
      ['Refused or fell back', 1, 0],
    ],
  )
  assert.equal(rows.length - 4, 5)
})

test('the rollout comes first, then its signals, strongest first', () => {
  assert.ok(VERDICT)
  assert.deepEqual(
    evidenceRows(VERDICT).map(({ name }) => name),
    ['The rollout', 'Silence', 'Engine restart', 'Refused or fell back', 'Any detection'],
  )
})

test('what a wave still needs is said while it rolls out only', () => {
  assert.ok(ROLLOUT)
  const [wave] = ROLLOUT.waves.slice(-1)
  assert.ok(wave)
  const names = (status: 'rolling' | 'halted') => limitRows(LARGE, { ...ROLLOUT, status }, wave).map(([name]) => name)
  assert.deepEqual(names('rolling').slice(-2), ['To go on', 'Not before'])
  assert.ok(!names('halted').includes('To go on'))
  const bakes = (lane: 'normal' | 'emergency') => limitRows(LARGE, { ...ROLLOUT, lane }, wave).at(-1)?.[1]
  assert.match(bakes('normal') ?? '', /after 15 min$/)
  assert.match(bakes('emergency') ?? '', /after 5 min$/)
  const risk = { score: 50, firstWavePpmMax: 1, bakeMsMin: 2_700_000 }
  assert.match(limitRows(LARGE, { ...ROLLOUT, risk, lane: 'emergency' }, wave).at(-1)?.[1] ?? '', /after 45 min$/)
})
