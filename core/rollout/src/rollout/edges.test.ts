import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ReleaseEvidence } from '../plan/plan.ts'
import { boundedCells, keptCells } from './cells.ts'
import { countsOf } from './counts.ts'
import { type FleetIntent, isSameEvidence, planOf } from './plan-of.ts'
import { operatorRecord } from './record.ts'
import { cellOf, inFirstWave, POLICY, START, T0 } from './rollout.fixture.ts'
import {
  applyDecision,
  currentRing,
  currentWave,
  exposureOf,
  haltRollout,
  type RolloutState,
  startRollout,
} from './state.ts'
import { duration, evidenceText } from './words.ts'

const FRESH = startRollout(POLICY, START, T0)
const releaseOf = (version: string) => ({ version, imageDigest: version.replaceAll('.', '').padEnd(64, '0') })
const completed = (pack: string, version: string, completedAtMs: number) => {
  return { pack, category: `c ${pack}`, release: releaseOf(version), completedAtMs }
}
const evidence = (version: string): ReleaseEvidence => {
  const { imageDigest } = releaseOf(version)
  return { imageDigest, engineVersion: '1.0.0', os: 'linux 6.18', ranMs: 3_600_000, hosts: 9 }
}

test('a plan tells of each pack its own releases and its own evidence', () => {
  const intent: FleetIntent = {
    rollouts: [{ ...inFirstWave(), pack: 'z' }],
    completed: [
      completed('a', '1.0.0', 1),
      completed('z', '9.0.0', 2),
      completed('a', '1.2.0', 3),
      completed('a', '1.1.0', 4),
    ],
    recalled: [],
    evidence: [
      { pack: 'z', rows: [evidence('1.2.0'), evidence('9.0.0')] },
      { pack: 'a', rows: [evidence('1.2.0'), evidence('1.1.0')] },
    ],
  }
  const { packs } = planOf(intent, 1, T0)
  assert.deepEqual(
    packs.map((one) => [
      one.pack,
      one.category,
      one.baseline?.version,
      one.baselineSinceMs,
      one.candidate?.version ?? null,
    ]),
    [
      ['a', 'c a', '1.2.0', 3, null],
      ['z', 'c', '9.0.0', 2, START.release.version],
    ],
  )
  assert.deepEqual(
    packs.map(({ earlier, evidence: rows }) => [earlier.map(({ version }) => version), rows]),
    [
      [['1.1.0', '1.0.0'], [evidence('1.2.0')]],
      [[], [evidence('9.0.0')]],
    ],
  )
  const other = planOf({ ...intent, evidence: [] }, 1, T0)
  assert.deepEqual(
    [isSameEvidence(planOf(intent, 2, T0), planOf(intent, 1, T0)), isSameEvidence(other, planOf(intent, 1, T0))],
    [true, false],
  )
})

test('what has finished its rollout is no candidate', () => {
  const done: RolloutState = { ...inFirstWave(), status: 'complete' }
  const [pack] = planOf({ rollouts: [done], completed: [], recalled: [], evidence: [] }, 1, T0).packs
  assert.deepEqual([pack?.candidate, pack?.exposure, pack?.baseline], [null, [], null])
})

test('a rollout begins with nothing, and ends once', () => {
  const { waves, processes, cells, passedCells, controlLosses } = startRollout(POLICY, START, T0)
  assert.deepEqual([waves, processes, cells, passedCells, controlLosses], [[], [], [], [], []])
  assert.deepEqual([currentWave(FRESH), currentRing(FRESH), exposureOf(FRESH)], [null, 'canary', []])
  assert.equal(currentRing({ ...FRESH, rings: [] }), '')
  const done: RolloutState = { ...FRESH, status: 'complete' }
  assert.equal(haltRollout(done), done)
  assert.deepEqual(exposureOf({ ...inFirstWave(), status: 'complete' }), [])
  const hold = { kind: 'hold' } as unknown as Parameters<typeof applyDecision>[1]
  assert.throws(() => applyDecision(done, hold, T0), { code: 'kernel/bug' })
  const losing: RolloutState = { ...inFirstWave(), controlLosses: [{ atMs: T0, hosts: 1 }] }
  const [wave] = inFirstWave().waves
  assert.ok(wave)
  const advance = { kind: 'advance', next: wave } as unknown as Parameters<typeof applyDecision>[1]
  assert.deepEqual(applyDecision(losing, advance, T0).controlLosses, [])
})

test('times and evidence change their unit where it says more', () => {
  const times = [119_000, 120_000, 7_199_000, 7_200_000, 9_000_000].map(duration)
  assert.deepEqual(times, ['119 s', '2 min', '120 min', '2 h', '2.5 h'])
  const shown = [9.99, 10, 99, 100, 101, 999, 1_000].map((one) => evidenceText(Math.log(one)))
  assert.deepEqual(shown, ['9', '10', '99', '100', '100', '990', '1,000'])
})

test('a cohort is counted, and what is outside of it only by what happened', () => {
  const [wave] = inFirstWave().waves
  assert.ok(wave)
  const cells = [
    cellOf({ cohort: 20, enrolled: 18, confirmed: 17, proven: 16, rebooted: 15, events: { failure: 1 } }),
    cellOf({
      stratum: 'outside',
      cohort: 0,
      enrolled: 7,
      confirmed: 6,
      proven: 5,
      rebooted: 4,
      events: { failure: 2 },
    }),
  ]
  const { cohort, enrolled, confirmed, proven, rebooted, events } = countsOf(wave, cells).exposed
  assert.deepEqual([cohort, enrolled, confirmed, proven, rebooted, events.failure], [20, 18, 17, 16, 15, 3])
})

test('what has not changed is the same, also where there is less of it', () => {
  const cells = [cellOf({ stratum: 'a', cohort: 1 }), cellOf({ stratum: 'b', cohort: 2 })]
  assert.equal(
    keptCells(
      cells,
      cells.map((one) => ({ ...one })),
    ),
    cells,
  )
  assert.deepEqual(keptCells(cells, cells.slice(0, 1)), cells.slice(0, 1))
  assert.deepEqual(keptCells(cells.slice(0, 1), cells), cells)
  assert.deepEqual(boundedCells(cells.toReversed()), cells)
})

test('what an operator does is told without what a rollout would say', () => {
  const verdict = { kind: 'recall', pack: 'p', release: releaseOf('1.0.0'), explanation: 'by hand' } as const
  const record = operatorRecord(POLICY, null, [], verdict, T0)
  assert.deepEqual([record.alternatives, record.evidence.signals, record.ring, record.wave], [[], [], '', 0])
  assert.deepEqual([record.counts.exposed.cohort, record.counts.control.cohort], [0, 0])
})
