import type { HostStatus, ReleaseOutcome } from '@firebreak/api'
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { haltedFleet, rollingFleet } from './fixture/fleet.ts'
import { HOSTS_SHOWN_MAX, type HostState, shownHosts, tally, viewFleet, viewHost } from './host-state.ts'
import { type ReleaseFocus, releaseFocuses } from './release-focus.ts'

const NOW_MS = 1_800_000_000_000
const [FOCUS] = releaseFocuses(rollingFleet(NOW_MS)) as readonly [ReleaseFocus]
const HOST = rollingFleet(NOW_MS).rings[1]?.hosts[1] as HostStatus

interface Facts {
  readonly outcome?: ReleaseOutcome['outcome']
  readonly runsIt?: 'candidate' | 'confirmed' | 'last-known-good'
  readonly silent?: true
  readonly stopped?: true
  readonly beacon?: null
}

function hostWith(facts: Facts): HostStatus {
  const presence: HostStatus['presence'] = facts.silent
    ? { kind: 'silent', sinceMs: 0 }
    : facts.stopped
      ? { kind: 'stopped', sinceMs: 0, reason: 'by hand' }
      : { kind: 'present' }
  if (facts.beacon === null || !HOST.beacon) return { ...HOST, beacon: null, presence }
  const digest = FOCUS.release?.imageDigest ?? ''
  const outcome = { imageDigest: digest, code: '', message: '', atMs: 0, recoverMs: 0 }
  const running = { pack: FOCUS.pack, version: '9.9.9', imageDigest: 'f'.repeat(64), slot: 'confirmed' as const }
  return {
    ...HOST,
    presence,
    beacon: {
      ...HOST.beacon,
      outcomes: facts.outcome ? [{ ...outcome, outcome: facts.outcome }] : [],
      running: facts.runsIt ? { ...running, imageDigest: digest, slot: facts.runsIt } : running,
    },
  }
}

test('a host is in the state that the evidence names', () => {
  const rows: readonly (readonly [string, Facts, HostState])[] = [
    ['never reported', { beacon: null }, 'waiting'],
    ['runs something else', {}, 'waiting'],
    ['says trial', { outcome: 'trial' }, 'trial'],
    ['says confirmed', { outcome: 'confirmed', runsIt: 'confirmed' }, 'confirmed'],
    ['refused', { outcome: 'refused' }, 'refused'],
    ['fell back', { outcome: 'fell-back' }, 'fell-back'],
    ['runs it as candidate, outcome forgotten', { runsIt: 'candidate' }, 'trial'],
    ['runs it confirmed, outcome forgotten', { runsIt: 'confirmed' }, 'confirmed'],
    ['runs it as last known good', { runsIt: 'last-known-good' }, 'confirmed'],
    ['silent after confirming', { outcome: 'confirmed', runsIt: 'confirmed', silent: true }, 'silent'],
    ['stopped in good order', { outcome: 'confirmed', runsIt: 'confirmed', stopped: true }, 'stopped'],
    ['silent from the start', { beacon: null, silent: true }, 'silent'],
  ]
  for (const [name, facts, state] of rows) assert.equal(viewHost(hostWith(facts), [FOCUS]).state, state, name)
})

test('without a release a host waits for one', () => {
  assert.deepEqual(viewHost(hostWith({}), []).label, 'No release')
})

test('a pack that a host does not run says nothing about it; one that failed on it does', () => {
  const other: ReleaseFocus = { ...FOCUS, pack: 'other', release: { version: '3.0.0', imageDigest: 'e'.repeat(64) } }
  assert.equal(viewHost(hostWith({ outcome: 'confirmed', runsIt: 'confirmed' }), [other, FOCUS]).state, 'confirmed')
  const failed = { ...FOCUS, pack: 'other' }
  assert.equal(viewHost(hostWith({ outcome: 'refused' }), [failed]).state, 'refused')
})

test('the halted fleet is counted as it stands', () => {
  const status = haltedFleet(NOW_MS)
  const counts = tally(viewFleet(status, releaseFocuses(status)))
  assert.deepEqual(counts, { silent: 1, stopped: 0, refused: 1, 'fell-back': 1, trial: 0, waiting: 4, confirmed: 2 })
})

test('a large ring shows what needs attention first, a small one keeps its order', () => {
  const good = viewHost(hostWith({ outcome: 'confirmed' }), [FOCUS])
  const bad = viewHost(hostWith({ outcome: 'refused' }), [FOCUS])
  const small = [good, bad]
  assert.deepEqual(shownHosts(small), small)
  const shown = shownHosts([...Array.from({ length: 5_000 }, () => good), bad])
  assert.equal(shown.length, HOSTS_SHOWN_MAX)
  assert.equal(shown[0], bad)
})
