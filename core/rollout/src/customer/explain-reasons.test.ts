import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hostView, planOfPack, release, seen, wanting } from './customer.fixture.ts'
import { DAY_MS, HOUR_MS, night, NOW_MS } from './decision-table.fixture.ts'
import { explainHost } from './explain.ts'
import type { HostView } from './host-view.ts'

const [r1, r2, r3] = [release(1), release(2), release(3)]
const released = planOfPack({ baseline: r2, baselineSinceMs: NOW_MS - 10 * DAY_MS })
const view = (over: Partial<HostView> = {}): HostView =>
  hostView({ confirmed: r1, firstSeenMs: seen([r2, NOW_MS - 9 * DAY_MS]), ...over })
const evidence = (sameEngine: boolean, sameOs: boolean) =>
  wanting({ afterEvidence: { hosts: 5, ranMs: HOUR_MS, sameEngine, sameOs } })
const holidays = { from: '2026-06-01', to: '2026-06-02', zone: 'UTC' }

/** The line that says what the host does, which is the first that is not of the policy and the ring. */
const rows: readonly (readonly [plan: typeof released, host: HostView, line: string])[] = [
  [released, view({ pack: 'q' }), 'it keeps what it has: the plan says nothing of pack q'],
  [released, view({ candidate: r2 }), 'it keeps what it has: first the trial that runs ends'],
  [released, view({ confirmed: r2 }), 'it keeps what it has: that is the newest release meant for it'],
  [released, view({ rejected: [r2.imageDigest] }), 'it keeps what it has: 1.2.0 failed on this host before'],
  [{ ...released, recalled: [r2.imageDigest] }, view(), 'it keeps what it has: 1.2.0 is recalled'],
  [released, view({ confirmed: r3 }), 'it keeps what it has: 1.2.0 is not newer'],
  [planOfPack(), view(), 'it keeps what it has: nothing of pack p is released'],
  [
    released,
    view({ firstSeenMs: () => NOW_MS }),
    'it waits with 1.2.0 until 2026-06-01T12:30:00Z: hosts that come back late take turns',
  ],
  [
    released,
    view({ policy: wanting({ blackouts: [holidays] }) }),
    'it waits with 1.2.0 until 2026-06-03T00:00:00Z: nothing is installed on these days',
  ],
  [
    released,
    view({ policy: wanting({ windows: [night] }) }),
    'it waits with 1.2.0 until 2026-06-01T22:00:00Z: nothing is installed at this time',
  ],
  [released, view({ policy: wanting({ pin: '1.1.0' }) }), 'it keeps what it has: 1.1.0 is pinned'],
  [
    released,
    view({ policy: evidence(false, false) }),
    'it waits with 1.2.0: 0 of 5 hosts outside the fleet are known to have run it for 1 h',
  ],
  [
    released,
    view({ policy: evidence(true, false) }),
    'it waits with 1.2.0: 0 of 5 hosts with engine 1.0.0 outside the fleet are known to have run it for 1 h',
  ],
  [
    released,
    view({ policy: evidence(false, true) }),
    'it waits with 1.2.0: 0 of 5 hosts with linux 6.18 outside the fleet are known to have run it for 1 h',
  ],
]
for (const [plan, host, line] of rows) {
  test(`explains: ${line}`, () => {
    const { lines } = explainHost(plan, host, NOW_MS)
    assert.equal(
      lines.find((one) => /^it (?:keeps|waits|installs)/.test(one)),
      line,
    )
  })
}

test('a recall of several images says how many', () => {
  const plan = { ...released, recalled: [r1.imageDigest, r3.imageDigest] }
  const { lines } = explainHost(plan, view({ lastKnownGood: r3 }), NOW_MS)
  assert.ok(lines.includes('it leaves 2 recalled images at once: no policy has a say in that'), lines.join('\n'))
})

test('without a policy nothing is said of what time does not change', () => {
  assert.equal(explainHost(planOfPack(), view(), NOW_MS).lines.length, 3)
  const ofPolicy = explainHost(planOfPack(), view({ policy: wanting({}) }), NOW_MS).lines
  assert.equal(ofPolicy.at(-1), 'time alone changes nothing more')
})

test('a host that is stale says so before its budget is used up', () => {
  const staleness = { warnAfterMs: 0, overAfterMs: 100 * DAY_MS, whenOver: 'hold' as const }
  const { lines, stance } = explainHost(released, view({ policy: wanting({ staleness, pin: '1.1.0' }) }), NOW_MS)
  assert.equal(stance.staleness, 'warn')
  assert.equal(lines.at(-1), 'a newer baseline has been there for so long that its owner wants to be warned')
})

test('it foretells no further than time goes, and an emergency as it is consented to', () => {
  const paused = explainHost(released, view({ policy: wanting({ pause: true }) }), NOW_MS)
  assert.deepEqual(
    paused.keeps.map(({ reason }) => reason),
    ['paused'],
  )
  const consent = { delayMsMax: HOUR_MS, ignoreEvidence: false, ignoreWindows: false }
  const policy = wanting({ delayMs: DAY_MS, emergency: consent, spreadMs: 0 })
  const host = view({ policy, firstSeenMs: () => null, isEmergency: () => true })
  assert.equal(explainHost(released, host, NOW_MS).install?.atMs, NOW_MS + HOUR_MS)
})
