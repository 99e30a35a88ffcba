import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type RolloutSchedule, stepsOf } from './rollout-schedule.ts'

const [OLD, NEW] = [1, 2].map((i) => ({ version: `1.${i}.0`, imageDigest: String(i).repeat(64) }))
assert.ok(OLD && NEW)
const ROW = { engineVersion: '1.0.0', os: 'linux', ranMs: 60_000, hosts: 5 }

const SCHEDULE: RolloutSchedule = {
  pack: 'p',
  category: 'c',
  release: NEW,
  baseline: OLD,
  baselineSinceMs: 5,
  openings: [
    { ring: 'broad', atMs: 3_000, ppm: 10 },
    { ring: 'canary', atMs: 1_000, ppm: 100 },
    { ring: 'canary', atMs: 2_000, ppm: 900 },
    { ring: 'canary', atMs: 3_000, ppm: 300 },
  ],
  completesAtMs: 9_000,
  evidence: [
    { ...ROW, atMs: 10_000, hosts: 70 },
    { ...ROW, atMs: 2_000 },
    { ...ROW, atMs: 2_500, hosts: 50 },
    { ...ROW, atMs: 2_500, os: 'windows', hosts: 8 },
    { ...ROW, atMs: 2_500, ranMs: 3_600_000, hosts: 3 },
    { ...ROW, atMs: 2_500, engineVersion: '1.1.0', hosts: 2 },
  ],
}

test('a plan for each moment at which something changes, in their order', () => {
  const steps = stepsOf(SCHEDULE)
  const moments = [1_000, 2_000, 2_500, 3_000, 9_000, 10_000]
  assert.deepEqual(
    steps.map(({ fromMs }) => fromMs),
    moments,
  )
  assert.deepEqual(
    steps.map(({ plan }) => plan.issuedAtMs),
    moments,
  )
  assert.deepEqual(
    steps.map(({ plan }) => plan.generation),
    [1, 2, 3, 4, 5, 6],
  )
  assert.ok(steps.every(({ plan }) => plan.recalled.length === 0 && plan.packs.length === 1))
})

test('rings open, and never close again', () => {
  const exposure = stepsOf(SCHEDULE).map(({ plan }) => plan.packs[0]?.exposure)
  const canary = (ppm: number) => ({ ring: 'canary', ppm, arms: null })
  assert.deepEqual(exposure, [
    [canary(100)],
    [canary(900)],
    [canary(900)],
    [{ ring: 'broad', ppm: 10, arms: null }, canary(900)],
    [],
    [],
  ])
})

test('while it rolls out the release is the candidate; then it is the baseline, and the one before is kept', () => {
  const packs = stepsOf(SCHEDULE).map(({ plan }) => plan.packs[0])
  const rolling = { baseline: OLD, candidate: NEW, earlier: [], baselineSinceMs: 5, candidateSinceMs: 1_000 }
  const complete = { baseline: NEW, candidate: null, earlier: [OLD], baselineSinceMs: 9_000, candidateSinceMs: 1_000 }
  for (const [i, pack] of packs.entries()) assert.deepEqual({ ...pack, ...(i < 4 ? rolling : complete) }, pack)
  const first = stepsOf({ ...SCHEDULE, baseline: null }).at(-1)?.plan.packs[0]
  assert.deepEqual([first?.baseline, first?.earlier], [NEW, []])
})

test('a schedule may leave open when it completes', () => {
  const steps = stepsOf({ ...SCHEDULE, completesAtMs: null })
  assert.deepEqual(
    steps.map(({ fromMs }) => fromMs),
    [1_000, 2_000, 2_500, 3_000, 10_000],
  )
  assert.deepEqual(steps.at(-1)?.plan.packs[0]?.candidate, NEW)
})

test('of each kind of host the newest evidence', () => {
  const row = { ...ROW, imageDigest: NEW.imageDigest }
  const later = [
    { ...row, os: 'windows', hosts: 8 },
    { ...row, ranMs: 3_600_000, hosts: 3 },
    { ...row, engineVersion: '1.1.0', hosts: 2 },
  ]
  const evidence = stepsOf(SCHEDULE).map(({ plan }) => plan.packs[0]?.evidence)
  assert.deepEqual(evidence[0], [])
  assert.deepEqual(evidence[1], [row])
  assert.deepEqual(evidence[2], [{ ...row, hosts: 50 }, ...later])
  assert.deepEqual(evidence[5], [{ ...row, hosts: 70 }, ...later])
})
