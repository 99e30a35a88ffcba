import type { FleetStatus, ReleaseStatus } from '@firebreak/api'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { emptyFleet, HALT_EXPLANATION, haltedFleet, rollingFleet } from './fixture/fleet.ts'
import { releaseFocuses } from './release-focus.ts'
import { summarise } from './summary.ts'

const NOW_MS = 1_800_000_000_000

function withoutCandidate(status: FleetStatus, newest: ReleaseStatus['state']): FleetStatus {
  const { plan } = status
  return {
    ...status,
    releases: status.releases.map((one) => (one.version === '1.2.0' ? { ...one, state: newest } : one)),
    plan: plan && { ...plan, packs: plan.packs.map((one) => ({ ...one, candidate: null, exposure: [] })) },
  }
}

function sentence(status: FleetStatus): string {
  return summarise(status)
    .map((one) => `${one.tone}: ${one.subject} ${one.text}`.trim())
    .join('\n')
}

test('a sentence says what is going on', () => {
  const rolling = rollingFleet(NOW_MS)
  const halted = haltedFleet(NOW_MS)
  const unexposed = rolling.plan && {
    ...rolling.plan,
    packs: rolling.plan.packs.map((one) => ({ ...one, exposure: [] })),
  }
  const nothing = withoutCandidate(rolling, 'recalled')
  const noBaseline = nothing.plan && {
    ...nothing.plan,
    packs: nothing.plan.packs.map((one) => ({ ...one, baseline: null })),
  }
  const rows: readonly (readonly [string, FleetStatus, string])[] = [
    ['nothing yet', emptyFleet(NOW_MS), 'idle: No release published'],
    ['rolling', rolling, 'busy: linux-baseline 1.2.0 rolling out: wave 2 in early, 1 of 3 proven'],
    [
      'before the first wave',
      { ...rolling, verdicts: [], rollouts: [] },
      'busy: linux-baseline 1.2.0 rolling out: ring early, 1 of 3 confirmed',
    ],
    [
      'planned, not exposed',
      { ...rolling, plan: unexposed },
      'busy: linux-baseline 1.2.0 about to roll out: no ring is exposed yet',
    ],
    ['halted, still in the plan', halted, 'bad: linux-baseline 1.2.0 halted in early'],
    ['halted, out of the plan', withoutCandidate(halted, 'halted'), 'bad: linux-baseline 1.2.0 halted in early'],
    ['halted, verdict forgotten', { ...halted, verdicts: [] }, 'bad: linux-baseline 1.2.0 halted'],
    ['halted, and recalled with it', withoutCandidate(halted, 'recalled'), 'bad: linux-baseline 1.2.0 halted in early'],
    ['recalled: the baseline is back', withoutCandidate(rolling, 'recalled'), 'good: linux-baseline 1.1.0 complete'],
    ['recalled, nothing before it', { ...nothing, plan: noBaseline }, 'idle: linux-baseline has no release in force'],
  ]
  for (const [name, status, text] of rows) assert.equal(sentence(status), text, name)
})

test('a halt explains itself', () => {
  assert.equal(summarise(haltedFleet(NOW_MS))[0]?.detail, HALT_EXPLANATION)
})

test('a complete release counts the hosts that confirmed it', () => {
  const status = withoutCandidate(rollingFleet(NOW_MS), 'superseded')
  assert.equal(summarise(status)[0]?.detail, 'Confirmed on 9 hosts, in every ring.')
})

test('a halted release older than the baseline is history', () => {
  const status = withoutCandidate(haltedFleet(NOW_MS), 'halted')
  const releases = status.releases.map((one) => (one.version === '1.2.0' ? { ...one, publishedAtMs: 0 } : one))
  assert.equal(releaseFocuses({ ...status, releases })[0]?.release?.version, '1.1.0')
})

test('trouble comes first', () => {
  const halted = haltedFleet(NOW_MS)
  const calm: ReleaseStatus = {
    ...(halted.releases[1] as ReleaseStatus),
    pack: 'a-quiet-pack',
    imageDigest: 'a'.repeat(64),
  }
  const baseline = { version: calm.version, imageDigest: calm.imageDigest }
  const quiet = { pack: calm.pack, category: calm.category, baseline, candidate: null, exposure: [] }
  const pack = { ...quiet, candidateSinceMs: 0, baselineSinceMs: 0, earlier: [], evidence: [] }
  const plan = halted.plan && { ...halted.plan, packs: [pack, ...halted.plan.packs] }
  const summaries = summarise({ ...halted, plan, releases: [calm, ...halted.releases] })
  assert.deepEqual(
    summaries.map((one) => one.tone),
    ['bad', 'good'],
  )
})
