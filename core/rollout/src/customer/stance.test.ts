import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL, WALL_MS_MAX } from '@firebreak/kernel'
import { encodePlan, parsePlan } from '../plan/plan.ts'
import { customerPolicy, hostView, planOfPack, release, seen, wanting } from './customer.fixture.ts'
import { decideHost } from './host-decision.ts'
import type { HostView } from './host-view.ts'
import { DEFAULT_SETTINGS } from './settings.ts'
import { enrolmentOf, offersTo, stanceOf } from './stance.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A Monday, 12:00 UTC. */
const NOW_MS = Date.parse('2026-06-01T12:00Z')
const [r1, r2, r3, r4] = [release(1), release(2), release(3), release(4)]
const window = (from: string, to = '23:00') => ({ windows: [{ days: ['mon' as const], from, to, zone: 'UTC' }] })

const takes: readonly (readonly [what: string, wants: Parameters<typeof wanting>[0], takes: string])[] = [
  ['nothing wanted', {}, 'at-once'],
  ['a pause', { pause: true }, 'never'],
  ['a pin', { pin: '1.0.0' }, 'never'],
  ['a delay of a minute', { delayMs: 60_000 }, 'at-once'],
  ['a delay of more', { delayMs: 60_001 }, 'later'],
  ['evidence', { afterEvidence: { hosts: 1, ranMs: HOUR_MS, sameEngine: false, sameOs: false } }, 'later'],
  ['within a window', window('11:00'), 'at-once'],
  ['a window that opens in a minute', window('12:01'), 'at-once'],
  ['a window that opens in two', window('12:02'), 'later'],
  ['a blackout', { blackouts: [{ from: '2026-06-01', to: '2026-06-01', zone: 'UTC' }] }, 'later'],
  ['a blackout for ever', { blackouts: [{ from: '2026-06-01', to: '9999-12-31', zone: 'UTC' }] }, 'later'],
  [
    'consent to emergencies changes nothing for other releases',
    { delayMs: DAY_MS, emergency: { delayMsMax: 0, ignoreEvidence: true, ignoreWindows: true } },
    'later',
  ],
]
for (const [what, wants, expected] of takes) {
  test(`takes a new release ${expected}: ${what}`, () => {
    assert.equal(stanceOf(planOfPack(), hostView({ policy: wanting(wants) }), NOW_MS).takes, expected)
  })
}

test('without a policy nothing is said of one', () => {
  const nothing = { name: '', generation: 0, fault: '', ring: '', takes: 'at-once', staleness: 'fresh' }
  assert.deepEqual(stanceOf(null, hostView(), NOW_MS), nothing)
  assert.deepEqual(stanceOf(planOfPack(), hostView(), NOW_MS), nothing)
})

test('the stance is by the settings for the category of the pack', () => {
  const settings = { ...DEFAULT_SETTINGS, pause: true, planRing: 'broad' }
  const policy = customerPolicy({ generation: 7, rules: [{ rings: '*', categories: ['c'], settings }] })
  const expected = { name: 'acme', generation: 7, fault: '', ring: 'broad', takes: 'never', staleness: 'fresh' }
  assert.deepEqual(stanceOf(planOfPack(), hostView({ policy }), NOW_MS), expected)
  assert.deepEqual(stanceOf(planOfPack({ category: 'd' }), hostView({ policy }), NOW_MS), {
    ...expected,
    ring: '',
    takes: 'at-once',
  })
})

const budget = wanting({ pause: true, staleness: { warnAfterMs: DAY_MS, overAfterMs: 2 * DAY_MS, whenOver: 'hold' } })
const staleness: readonly (readonly [what: string, sinceMs: number, view: Partial<HostView>, expected: string])[] = [
  ['a new baseline', NOW_MS - DAY_MS + 1, { confirmed: r1 }, 'fresh'],
  ['a day old', NOW_MS - DAY_MS, { confirmed: r1 }, 'warn'],
  ['almost two', NOW_MS - 2 * DAY_MS + 1, { confirmed: r1 }, 'warn'],
  ['two', NOW_MS - 2 * DAY_MS, { confirmed: r1 }, 'over'],
  ['two, but the host is up to date', NOW_MS - 2 * DAY_MS, { confirmed: r2 }, 'fresh'],
  ['two, and the host is ahead', NOW_MS - 2 * DAY_MS, { confirmed: r3 }, 'fresh'],
  [
    'two, and the host confirmed something older since',
    NOW_MS - 2 * DAY_MS,
    { confirmed: r1, confirmedAtMs: NOW_MS - HOUR_MS },
    'fresh',
  ],
  ['two, and nothing was ever confirmed', NOW_MS - 2 * DAY_MS, { confirmed: null }, 'over'],
  ['two, in safe mode', NOW_MS - 2 * DAY_MS, { confirmed: r2, isSafe: true }, 'over'],
  ['not known', 0, { confirmed: r1 }, 'fresh'],
]
for (const [what, baselineSinceMs, view, expected] of staleness) {
  test(`staleness of a paused host, the baseline ${what}: ${expected}`, () => {
    const plan = planOfPack({ baseline: r2, baselineSinceMs })
    assert.equal(stanceOf(plan, hostView({ ...view, policy: budget }), NOW_MS).staleness, expected)
  })
}

const toCanary = [
  {
    ring: 'canary',
    ppm: 1_000,
    arms: { wave: 2, exposed: { fromPpm: 100, toPpm: 1_000 }, control: { fromPpm: 1_000, toPpm: 11_000 } },
  },
]
const rolling = planOfPack({ candidate: r3, baseline: r2, earlier: [r1], exposure: toCanary })
const at = (bucket: number, over: Partial<HostView> = {}) =>
  hostView({ confirmed: r2, bucketOf: () => bucket, ...over })

const enrolments: readonly (readonly [what: string, view: HostView, arm: string | null])[] = [
  ['newly exposed', at(100), 'exposed'],
  ['exposed by an earlier wave', at(99), null],
  ['control', at(1_000), 'control'],
  ['behind the control', at(11_000), null],
  ['of another ring', at(100, { enrolledRing: 'early' }), null],
  [
    'of this ring by its policy',
    at(100, { enrolledRing: 'early', policy: wanting({ planRing: 'canary' }) }),
    'exposed',
  ],
  ['of another ring by its policy', at(100, { policy: wanting({ planRing: 'early' }) }), null],
  ['in a trial, exposed', at(100, { candidate: r2 }), null],
  ['in a trial, control', at(1_000, { candidate: r2 }), null],
  ['delayed, exposed', at(100, { policy: wanting({ delayMs: HOUR_MS }) }), null],
  ['delayed, control', at(1_000, { policy: wanting({ delayMs: HOUR_MS }) }), null],
  [
    'a delay that is over still is one',
    at(100, { policy: wanting({ delayMs: HOUR_MS }), firstSeenMs: seen([r3, 0]) }),
    null,
  ],
  ['it has the candidate, exposed', at(100, { confirmed: r3 }), null],
  ['it has the candidate, control: an earlier wave brought it', at(1_000, { confirmed: r3 }), 'control'],
  ['it has a newer one, control', at(1_000, { confirmed: r4 }), null],
  ['it failed here, exposed', at(100, { rejected: [r3.imageDigest] }), null],
  ['it failed here, control', at(1_000, { rejected: [r3.imageDigest] }), null],
]
for (const [what, view, arm] of enrolments) {
  test(`${what}: ${arm ?? 'takes no part'}`, () => {
    const expected = arm === null ? null : { imageDigest: r3.imageDigest, wave: 2, arm }
    assert.deepEqual(enrolmentOf(rolling, view, NOW_MS), expected)
  })
}

test('who has to leave a recalled image takes no part, in either arm', () => {
  const plan = { ...rolling, recalled: [r2.imageDigest] }
  assert.deepEqual([enrolmentOf(plan, at(100), NOW_MS), enrolmentOf(plan, at(1_000), NOW_MS)], [null, null])
})

test('nobody takes part where nothing is judged', () => {
  const unarmed = planOfPack({ candidate: r3, exposure: [{ ring: 'canary', ppm: PPM_ALL, arms: null }] })
  assert.equal(enrolmentOf(unarmed, at(100), NOW_MS), null)
  assert.equal(enrolmentOf(planOfPack({ baseline: r2 }), at(100), NOW_MS), null)
  assert.equal(enrolmentOf({ ...rolling, packs: [] }, at(100), NOW_MS), null)
})

const offers: readonly (readonly [
  what: string,
  view: HostView,
  offered: readonly { readonly imageDigest: string }[],
])[] = [
  ['exposed', at(999), [r3, r2]],
  ['not exposed', at(1_000), [r2]],
  ['paused all the same', at(999, { policy: wanting({ pause: true }) }), [r3, r2]],
  ['pinned to an earlier one', at(999, { policy: wanting({ pin: '1.1.0' }) }), [r3, r2, r1]],
  ['pinned to the candidate, not exposed', at(1_000, { policy: wanting({ pin: '1.3.0' }) }), [r2]],
  ['pinned to what the plan does not name', at(1_000, { policy: wanting({ pin: '9.9.9' }) }), [r2]],
]
for (const [what, view, offered] of offers) {
  test(`is offered ${offered.length}: ${what}`, () => {
    assert.deepEqual(
      offersTo(rolling, view),
      offered.map(({ imageDigest }) => imageDigest),
    )
    assert.deepEqual(offersTo({ ...rolling, packs: [] }, view), [])
  })
}

test('a plan whose dates nobody could read makes no wait with such a date', () => {
  const policy = wanting({
    afterEvidence: { hosts: 1, ranMs: HOUR_MS, sameEngine: false, sameOs: false },
    staleness: { warnAfterMs: DAY_MS, overAfterMs: 2 * DAY_MS, whenOver: 'catch-up' },
  })
  const plan = planOfPack({ baseline: r2, baselineSinceMs: WALL_MS_MAX })
  const decision = decideHost(plan, hostView({ policy, confirmed: r1 }), NOW_MS)
  assert.ok(decision.kind === 'keep')
  assert.deepEqual([decision.reason, decision.untilMs], ['awaiting-evidence', null])
  assert.throws(() => parsePlan(encodePlan(planOfPack({ baselineSinceMs: WALL_MS_MAX + 1 }))), {
    code: 'kernel/malformed',
  })
})
