import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import { PLAN_EVIDENCE_MAX, type ReleaseEvidence } from '../plan/plan.ts'
import { exposure, release, seen } from './customer.fixture.ts'
import {
  after,
  DAY_MS,
  decide,
  HOUR_MS,
  hours,
  juneFirst,
  night,
  NOW_MS,
  onlyBaseline,
  type Rows,
  urgent,
} from './decision-table.fixture.ts'
import type { ContentSettings } from './settings.ts'

const [r1, r2, r3, r4] = [release(1), release(2), release(3), release(4)]

function table(what: string, rows: Rows): void {
  describe(what, () => {
    for (const [name, [one, expected]] of Object.entries(rows)) {
      test(`${name}: ${expected}`, () => assert.equal(decide(one), expected))
    }
  })
}

table('without wishes', {
  'as exposed': [{ wants: {} }, 'install 1.3.0 exposed'],
  'the baseline where it is not exposed': [{ wants: {}, plan: { exposure: [] } }, 'install 1.2.0 baseline'],
})

table('the ring that is followed', {
  'another one than it enrolled with, which is not exposed': [
    { wants: { planRing: 'broad' }, plan: onlyBaseline },
    'install 1.2.0 baseline',
  ],
  'another one, not exposed': [{ wants: { planRing: 'broad' }, host: { confirmed: r2 } }, 'keep not-exposed 1.3.0'],
  'another one, exposed': [
    { wants: { planRing: 'broad' }, plan: { exposure: [exposure('broad')] } },
    'install 1.3.0 exposed',
  ],
  'its bucket is below the share': [
    { wants: {}, plan: { exposure: [exposure('canary', PPM_ALL / 2 + 1)] } },
    'install 1.3.0 exposed',
  ],
  'its bucket is not': [
    { wants: {}, plan: { exposure: [exposure('canary', PPM_ALL / 2)] }, host: { confirmed: r2 } },
    'keep not-exposed 1.3.0',
  ],
})

table('a pause', {
  'stops what is exposed': [{ wants: { pause: true } }, 'keep paused 1.3.0'],
  'stops the baseline': [{ wants: { pause: true }, plan: onlyBaseline }, 'keep paused 1.2.0'],
  'stops an emergency that is consented to': [
    { wants: { pause: true, emergency: { delayMsMax: 0, ignoreEvidence: true, ignoreWindows: true } }, host: urgent },
    'keep paused 1.3.0',
  ],
  'stops what would catch up': [
    { wants: { pause: true, staleness: { warnAfterMs: 0, overAfterMs: 1, whenOver: 'catch-up' } }, plan: onlyBaseline },
    'keep paused 1.2.0',
  ],
  'stops the first release of all': [{ wants: { pause: true }, host: { confirmed: null } }, 'keep paused 1.3.0'],
  'stops safe mode': [{ wants: { pause: true }, host: { isSafe: true } }, 'keep paused 1.3.0'],
  'stops no recall, but what comes after it': [
    { wants: { pause: true }, recalled: [r1] },
    'revoke 1, keep paused 1.3.0',
  ],
  'is not the reason where nothing is to be had': [
    { wants: { pause: true }, host: { confirmed: r3 } },
    'keep up-to-date',
  ],
})

table('a pin', {
  'to the baseline, while a candidate is exposed': [{ wants: { pin: '1.2.0' } }, 'install 1.2.0 baseline'],
  'to the candidate': [{ wants: { pin: '1.3.0' } }, 'install 1.3.0 exposed'],
  'to the candidate, not exposed': [{ wants: { pin: '1.3.0' }, plan: { exposure: [] } }, 'keep not-exposed 1.3.0'],
  'to an earlier one': [{ wants: { pin: '1.2.0' }, plan: { baseline: r4, earlier: [r2] } }, 'install 1.2.0 earlier'],
  'to what it has': [{ wants: { pin: '1.1.0' }, plan: { earlier: [r1] } }, 'keep pinned'],
  'to what it has, and the plan does not name': [{ wants: { pin: '1.1.0' } }, 'keep pinned'],
  'to what the plan does not name': [{ wants: { pin: '1.2.7' } }, 'keep pinned'],
  'to what is older than what it has': [{ wants: { pin: '1.2.0' }, host: { confirmed: r3 } }, 'keep not-newer 1.2.0'],
  'to what failed here': [
    { wants: { pin: '1.2.0' }, host: { rejected: [r2.imageDigest] } },
    'keep rejected-here 1.2.0',
  ],
  'to what is recalled': [{ wants: { pin: '1.2.0' }, recalled: [r2] }, 'keep recalled 1.2.0'],
  'does not hold a recall up': [{ wants: { pin: '1.1.0' }, recalled: [r1] }, 'revoke 1, keep pinned'],
  'with a delay: both hold': [{ wants: { pin: '1.3.0', ...hours(24) } }, 'keep delayed 1.3.0 until 23'],
  'with a pause: both hold': [{ wants: { pin: '1.3.0', pause: true } }, 'keep paused 1.3.0'],
  'keeps a stale host': [
    { wants: { pin: '1.1.0', staleness: { warnAfterMs: 0, overAfterMs: 1, whenOver: 'catch-up' } } },
    'keep pinned',
  ],
})

table('a delay by time', {
  'counts from when the host saw the release': [
    { wants: hours(24), host: { confirmed: r2 } },
    'keep delayed 1.3.0 until 23',
  ],
  over: [{ wants: hours(1), host: { confirmed: r2 } }, 'install 1.3.0 exposed'],
  'one millisecond before': [
    { wants: hours(1), host: { confirmed: r2 }, nowMs: NOW_MS - 1 },
    'keep delayed 1.3.0 until 0',
  ],
  'not seen before: all of it lies ahead': [
    { wants: hours(24), host: { confirmed: r2, firstSeenMs: () => null } },
    'keep delayed 1.3.0 until 24',
  ],
  'the baseline meanwhile': [{ wants: hours(24) }, 'install 1.2.0 baseline'],
  'also of a baseline': [
    {
      wants: hours(24),
      plan: { ...onlyBaseline, baselineSinceMs: 1 },
      host: { firstSeenMs: seen([r2, NOW_MS - HOUR_MS]) },
    },
    'keep delayed 1.2.0 until 23',
  ],
  'the sooner of two': [
    { wants: hours(24), host: { firstSeenMs: seen([r3, NOW_MS - HOUR_MS], [r2, NOW_MS - 20 * HOUR_MS]) } },
    'keep delayed 1.2.0 until 4',
  ],
  'releases follow each other faster: an earlier one, of which the delay is over': [
    {
      wants: hours(24),
      plan: { baseline: r4, candidate: null, earlier: [r3, r2] },
      host: { firstSeenMs: seen([r4, NOW_MS - HOUR_MS], [r3, NOW_MS - 25 * HOUR_MS], [r2, NOW_MS - 49 * HOUR_MS]) },
    },
    'install 1.3.0 earlier',
  ],
  'an earlier one that it never saw has no delay behind it': [
    {
      wants: hours(24),
      plan: { baseline: r4, candidate: null, earlier: [r3, r2] },
      host: { firstSeenMs: seen([r4, NOW_MS - HOUR_MS]) },
    },
    'keep delayed 1.4.0 until 23',
  ],
})

const evidence = (hosts: number, over: Partial<ReleaseEvidence> = {}): ReleaseEvidence => ({
  imageDigest: r3.imageDigest,
  engineVersion: '1.0.0',
  os: 'linux 6.18',
  ranMs: DAY_MS,
  hosts,
  ...over,
})
const has = { confirmed: r2 }

table('a delay by evidence', {
  'nothing is known': [{ wants: after(), host: has }, 'keep awaiting-evidence 1.3.0'],
  'enough hosts': [{ wants: after(), host: has, plan: { evidence: [evidence(10_000)] } }, 'install 1.3.0 exposed'],
  'one too few': [{ wants: after(), host: has, plan: { evidence: [evidence(9_999)] } }, 'keep awaiting-evidence 1.3.0'],
  'of another engine': [
    { wants: after(), host: has, plan: { evidence: [evidence(10_000, { engineVersion: '1.0.1' })] } },
    'keep awaiting-evidence 1.3.0',
  ],
  'of another system': [
    { wants: after(), host: has, plan: { evidence: [evidence(10_000, { os: 'linux 6.1' })] } },
    'keep awaiting-evidence 1.3.0',
  ],
  'that ran it for less': [
    { wants: after(), host: has, plan: { evidence: [evidence(10_000, { ranMs: HOUR_MS })] } },
    'keep awaiting-evidence 1.3.0',
  ],
  'of another release': [
    { wants: after(), host: has, plan: { evidence: [evidence(10_000, { imageDigest: r2.imageDigest })] } },
    'keep awaiting-evidence 1.3.0',
  ],
  'of all engines, if it does not matter': [
    {
      wants: after({ sameEngine: false }),
      host: has,
      plan: { evidence: [evidence(5_000), evidence(5_000, { engineVersion: '1.0.1' }), evidence(9_999, { os: 'x' })] },
    },
    'install 1.3.0 exposed',
  ],
  'of all systems, if it does not matter': [
    {
      wants: after({ sameOs: false }),
      host: has,
      plan: { evidence: [evidence(5_000), evidence(5_000, { os: 'x' }), evidence(9_999, { engineVersion: '2.0.0' })] },
    },
    'install 1.3.0 exposed',
  ],
  'with a delay by time: both': [
    { wants: { ...after(), ...hours(24) }, host: has, plan: { evidence: [evidence(10_000)] } },
    'keep delayed 1.3.0 until 23',
  ],
  'the baseline as well': [{ wants: after(), plan: onlyBaseline }, 'keep awaiting-evidence 1.2.0'],
})

table('windows and blackouts', {
  outside: [{ wants: { windows: [night] } }, 'keep outside-window 1.3.0 until 10'],
  inside: [{ wants: { windows: [night] }, nowMs: NOW_MS + 11 * HOUR_MS }, 'install 1.3.0 exposed'],
  'in a blackout': [{ wants: { blackouts: [juneFirst] } }, 'keep blackout 1.3.0 until 36'],
  'in a blackout, after which it has to wait for a window': [
    { wants: { windows: [night], blackouts: [juneFirst] } },
    'keep blackout 1.3.0 until 36',
  ],
  'a window that began in a blackout goes on after it': [
    { wants: { windows: [night], blackouts: [{ ...juneFirst, to: '2026-06-05' }] }, nowMs: NOW_MS },
    'keep blackout 1.3.0 until 108',
  ],
  'a blackout that ends on a day without a window': [
    { wants: { windows: [night], blackouts: [{ ...juneFirst, to: '2026-06-06' }] }, nowMs: NOW_MS },
    'keep blackout 1.3.0 until 178',
  ],
  'a delay comes first': [{ wants: { windows: [night], ...hours(24) }, host: has }, 'keep delayed 1.3.0 until 23'],
  'a recall asks nobody': [
    { wants: { blackouts: [juneFirst] }, recalled: [r1] },
    'revoke 1, keep blackout 1.3.0 until 36',
  ],
})

const consent = (over: Partial<ContentSettings['emergency'] & {}> = {}): Partial<ContentSettings> => ({
  emergency: { delayMsMax: 2 * HOUR_MS, ignoreEvidence: false, ignoreWindows: false, ...over },
})

table('the emergency lane', {
  'without consent it waits as any other': [
    { wants: hours(24), host: { ...has, ...urgent } },
    'keep delayed 1.3.0 until 23',
  ],
  'waits as long as consented to': [
    { wants: { ...hours(24), ...consent() }, host: { ...has, ...urgent } },
    'keep delayed 1.3.0 until 1',
  ],
  'a release that is none': [{ wants: { ...hours(24), ...consent() }, host: has }, 'keep delayed 1.3.0 until 23'],
  'never lengthens a delay': [
    { wants: { ...hours(1), ...consent() }, host: { ...has, ...urgent } },
    'install 1.3.0 exposed',
  ],
  'waits for evidence': [
    { wants: { ...after(), ...consent() }, host: { ...has, ...urgent } },
    'keep awaiting-evidence 1.3.0',
  ],
  'not for evidence, by consent': [
    { wants: { ...after(), ...consent({ ignoreEvidence: true }) }, host: { ...has, ...urgent } },
    'install 1.3.0 exposed',
  ],
  'waits for a window': [
    { wants: { windows: [night], ...consent() }, host: urgent },
    'keep outside-window 1.3.0 until 10',
  ],
  'not for a window, by consent': [
    { wants: { windows: [night], ...consent({ ignoreWindows: true }) }, host: urgent },
    'install 1.3.0 exposed',
  ],
  'waits for the end of a blackout in any case': [
    { wants: { windows: [night], blackouts: [juneFirst], ...consent({ ignoreWindows: true }) }, host: urgent },
    'keep blackout 1.3.0 until 36',
  ],
  'does not expose anybody': [
    {
      wants: consent({ delayMsMax: 0, ignoreEvidence: true, ignoreWindows: true }),
      host: { ...has, ...urgent },
      plan: { exposure: [exposure('early')] },
    },
    'keep not-exposed 1.3.0',
  ],
})

test('a plan that is full of evidence is summed whole', () => {
  const rows = Array.from({ length: PLAN_EVIDENCE_MAX }, (_, i) => evidence(1, { os: `os ${i}` }))
  const wants = after({ hosts: PLAN_EVIDENCE_MAX, sameOs: false })
  assert.equal(decide({ wants, host: has, plan: { evidence: rows } }), 'install 1.3.0 exposed')
  assert.equal(decide({ wants, host: has, plan: { evidence: rows.slice(1) } }), 'keep awaiting-evidence 1.3.0')
})
