import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { release, seen } from './customer.fixture.ts'
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
} from './decision-table.fixture.ts'
import type { ContentSettings } from './settings.ts'

const [r1, r2, r4] = [release(1), release(2), release(4)]

function table(what: string, rows: Rows): void {
  describe(what, () => {
    for (const [name, [one, expected]] of Object.entries(rows)) {
      test(`${name}: ${expected}`, () => assert.equal(decide(one), expected))
    }
  })
}

const budget = (overAfterMs: number, whenOver: 'hold' | 'catch-up' = 'catch-up'): Partial<ContentSettings> => ({
  staleness: { warnAfterMs: 0, overAfterMs, whenOver },
})
const noTurn = { spreadMs: 0 }
const stale = { plan: onlyBaseline, host: { firstSeenMs: seen([r2, NOW_MS - HOUR_MS]) } }

table('a staleness budget', {
  'over, and hold: the delay stands': [
    { ...stale, wants: { ...hours(24), ...noTurn, ...budget(DAY_MS, 'hold') } },
    'keep delayed 1.2.0 until 23',
  ],
  'over, and catch up: no delay': [
    { ...stale, wants: { ...hours(24), ...noTurn, ...budget(DAY_MS) } },
    'install 1.2.0 baseline',
  ],
  'counts from when the host confirmed what it has': [
    { ...stale, wants: { ...hours(240), ...noTurn, ...budget(3 * DAY_MS) } },
    'keep delayed 1.2.0 until 24',
  ],
  'counts from when the baseline became one': [
    {
      ...stale,
      plan: { ...onlyBaseline, baselineSinceMs: NOW_MS - HOUR_MS },
      wants: { ...hours(240), ...noTurn, ...budget(3 * DAY_MS) },
    },
    'keep delayed 1.2.0 until 71',
  ],
  'a later baseline does not start it anew': [
    {
      wants: { ...hours(240), ...noTurn, ...budget(3 * DAY_MS) },
      plan: { ...onlyBaseline, baseline: r4, baselineSinceMs: NOW_MS - HOUR_MS, earlier: [r2] },
      host: {
        firstSeenMs: seen([r2, NOW_MS - 5 * DAY_MS], [r4, NOW_MS - HOUR_MS]),
        confirmedAtMs: NOW_MS - 9 * DAY_MS,
      },
    },
    'install 1.4.0 baseline',
  ],
  'not known since when: no catching up': [
    { ...stale, plan: { ...onlyBaseline, baselineSinceMs: 0 }, wants: { ...hours(24), ...budget(1) } },
    'keep delayed 1.2.0 until 23',
  ],
  'catching up needs no evidence': [
    { ...stale, wants: { ...after(), ...noTurn, ...budget(DAY_MS) } },
    'install 1.2.0 baseline',
  ],
  'evidence is waited for until then': [
    { ...stale, wants: { ...after(), ...noTurn, ...budget(3 * DAY_MS) } },
    'keep awaiting-evidence 1.2.0 until 24',
  ],
  'catching up takes turns': [
    { ...stale, wants: { ...hours(24), spreadMs: 10 * HOUR_MS, ...budget(45 * HOUR_MS) } },
    'keep delayed 1.2.0 until 2',
  ],
  'a candidate is not caught up with': [
    { wants: { ...hours(24), ...noTurn, ...budget(1) }, host: { confirmed: r2, firstSeenMs: () => null } },
    'keep delayed 1.3.0 until 24',
  ],
  'catching up waits for a window': [
    { ...stale, wants: { ...hours(24), ...noTurn, windows: [night], ...budget(1) } },
    'keep outside-window 1.2.0 until 10',
  ],
  'catching up waits for the end of a blackout': [
    { ...stale, wants: { ...hours(24), ...noTurn, blackouts: [juneFirst], ...budget(1) } },
    'keep blackout 1.2.0 until 36',
  ],
})

const back = { plan: onlyBaseline, host: { firstSeenMs: () => null } }
const spread = { spreadMs: 10 * HOUR_MS }

table('late comers', {
  'take their turn, half way for a bucket in the middle': [{ ...back, wants: spread }, 'keep spreading 1.2.0 until 5'],
  'after it': [
    { ...back, host: { firstSeenMs: seen([r2, NOW_MS - 5 * HOUR_MS]) }, wants: spread },
    'install 1.2.0 baseline',
  ],
  'the first of them': [{ ...back, host: { bucketOf: () => 0 }, wants: spread }, 'install 1.2.0 baseline'],
  'also where nobody wants anything': [{ ...back, wants: {} }, 'keep spreading 1.2.0 until 0.5'],
  'who saw the rollout is none': [
    { ...back, host: { firstSeenMs: seen([r2, NOW_MS - 11 * DAY_MS]) }, wants: spread },
    'install 1.2.0 baseline',
  ],
  'a fresh baseline has none': [
    { ...back, plan: { ...onlyBaseline, baselineSinceMs: NOW_MS - HOUR_MS }, wants: spread },
    'install 1.2.0 baseline',
  ],
  'a host that has nothing yet is none': [
    { ...back, host: { ...back.host, confirmed: null }, wants: spread },
    'install 1.2.0 baseline',
  ],
  'a host in safe mode is none': [
    { ...back, host: { ...back.host, isSafe: true }, wants: spread },
    'install 1.2.0 baseline',
  ],
  'out of a recall there are no turns': [
    {
      ...back,
      host: { ...back.host, lastKnownGood: r1, confirmed: release(0) },
      recalled: [release(0)],
      wants: spread,
    },
    'revoke 1, install 1.2.0 baseline',
  ],
  'a candidate has no turns: waves do that': [
    { wants: spread, host: { confirmed: r2, firstSeenMs: () => null } },
    'install 1.3.0 exposed',
  ],
  'a plan that does not say since when': [
    { ...back, plan: { ...onlyBaseline, baselineSinceMs: 0 }, wants: spread },
    'install 1.2.0 baseline',
  ],
  'the delay first, then the turn': [{ ...back, wants: { ...spread, ...hours(3) } }, 'keep delayed 1.2.0 until 3'],
  'a pinned one takes its turn': [
    { ...back, plan: { ...onlyBaseline, baseline: r4, earlier: [r2] }, wants: { ...spread, pin: '1.2.0' } },
    'keep spreading 1.2.0 until 5',
  ],
})
