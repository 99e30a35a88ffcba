import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import { customerPolicy, exposure, hostView, planOfPack, release, seen } from './customer.fixture.ts'
import { explainHost } from './explain.ts'
import type { HostView } from './host-view.ts'
import { type ContentSettings, DEFAULT_SETTINGS } from './settings.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** A Monday, 12:00 UTC. */
const NOW_MS = Date.parse('2026-06-01T12:00Z')
const [r1, r2, r3] = [release(1), release(2), release(3)]
const plan = planOfPack({
  candidate: r3,
  exposure: [exposure('canary')],
  baseline: r2,
  baselineSinceMs: NOW_MS - 10 * DAY_MS,
})

const wanting = (settings: Partial<ContentSettings>) =>
  customerPolicy({
    rings: [{ name: 'web', labels: { role: ['web'] }, samplePpm: PPM_ALL }],
    rules: [{ rings: ['web'], categories: ['c'], settings: { ...DEFAULT_SETTINGS, ...settings } }],
  })
const view = (over: Partial<HostView> = {}): HostView =>
  hostView({ confirmed: r2, labels: { role: 'web' }, firstSeenMs: seen([r3, NOW_MS - HOUR_MS], [r2, 0]), ...over })
const ofWeb = ['h is of ring web of policy 1 of acme', 'its rule 1 decides for content of category c']
const enrolled = 'it follows ring canary of the plan, with which it enrolled'
const night = { days: ['mon', 'tue'], from: '22:00', to: '23:00', zone: 'UTC' } as const

const rows: readonly (readonly [what: string, view: HostView, lines: readonly string[]])[] = [
  [
    'no policy',
    view(),
    ['no policy holds on h: only the plan decides', enrolled, 'it installs 1.3.0 now: the plan exposes it'],
  ],
  [
    'a delay, and then a window',
    view({ policy: wanting({ delayMs: DAY_MS, windows: [night] }) }),
    [
      ...ofWeb,
      enrolled,
      'it waits with 1.3.0 until 2026-06-02T11:00:00Z: it was not offered long enough ago',
      'if nothing else changes, it installs 1.3.0 at 2026-06-02T22:00:00Z',
    ],
  ],
  [
    'another ring of the plan, which is not exposed',
    view({ policy: wanting({ planRing: 'broad' }) }),
    [
      ...ofWeb,
      'it follows ring broad of the plan, as the policy says',
      'it keeps what it has: 1.3.0 is rolling out, and nobody of ring broad is exposed',
      'time alone changes nothing more',
    ],
  ],
  [
    'evidence',
    view({ policy: wanting({ afterEvidence: { hosts: 10_000, ranMs: DAY_MS, sameEngine: true, sameOs: true } }) }),
    [
      ...ofWeb,
      enrolled,
      'it waits with 1.3.0: 0 of 10000 hosts with engine 1.0.0 and linux 6.18 outside the fleet are known to have run it for 24 h',
      'time alone changes nothing more',
    ],
  ],
  [
    'a pause',
    view({ policy: wanting({ pause: true }) }),
    [...ofWeb, enrolled, 'it waits with 1.3.0: the category is paused until a newer policy says otherwise'],
  ],
  [
    'a pin to what it does not have, stale, expired, of no ring',
    view({
      confirmed: r1,
      labels: {},
      policy: customerPolicy({
        expiresAtMs: 1,
        default: {
          ...DEFAULT_SETTINGS,
          pin: '1.0.7',
          staleness: { warnAfterMs: 0, overAfterMs: DAY_MS, whenOver: 'hold' },
        },
      }),
    }),
    [
      'h is of no ring of policy 1 of acme',
      'its default decides for content of category c',
      enrolled,
      'it keeps what it has: 1.0.7 is pinned, and the plan does not name it',
      'time alone changes nothing more',
      'its staleness budget is used up',
      'the policy has expired; it goes on holding until a newer one is there',
    ],
  ],
]
for (const [what, one, lines] of rows) {
  test(`explains ${what}`, () => assert.deepEqual(explainHost(plan, one, NOW_MS).lines, lines))
}

test('explains where a host stands in a ring that is exposed in part', () => {
  const partly = planOfPack({ candidate: r3, exposure: [exposure('canary', 1_000)] })
  const { lines } = explainHost(partly, view({ bucketOf: () => 1_999 }), NOW_MS)
  const expected =
    "it keeps what it has: 1.3.0 is rolling out, and of ring canary 1000 of 1000000 are exposed, while this host's turn comes at 2000"
  assert.ok(lines.includes(expected), lines.join('\n'))
})

test('explains a recall first', () => {
  const recalling = { ...plan, recalled: [r2.imageDigest] }
  const { lines, decision } = explainHost(recalling, view({ policy: wanting({ pause: true }) }), NOW_MS)
  assert.equal(decision.kind, 'revoke')
  assert.equal(lines[3], 'it leaves 1 recalled image at once: no policy has a say in that')
})

test('foretells one reason after the other', () => {
  const blackouts = [{ from: '2026-06-02', to: '2026-06-02', zone: 'UTC' }]
  const { keeps, install } = explainHost(
    plan,
    view({ policy: wanting({ delayMs: DAY_MS, windows: [night], blackouts }) }),
    NOW_MS,
  )
  assert.deepEqual(
    keeps.map(({ reason }) => reason),
    ['delayed', 'blackout'],
  )
  assert.deepEqual(install, {
    decision: { kind: 'install', release: r3, reason: 'exposed' },
    atMs: Date.parse('2026-06-08T22:00Z'),
  })
})
