import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { generateSigner } from '@firebreak/crypto'
import { fromBase64, KernelError, utf8Decode, WALL_MS_MAX } from '@firebreak/kernel'
import { acceptCustomerPolicy, type CustomerPolicy, parsePolicySource, signCustomerPolicy } from './customer-policy.ts'
import { customerPolicy, exposure, hostView, planOfPack, release, seen, wanting } from './customer.fixture.ts'
import { DAY_MS, decide, HOUR_MS, hours, NOW_MS, onlyBaseline, type Rows } from './decision-table.fixture.ts'
import { decideHost } from './host-decision.ts'
import { customerRingOf } from './rings.ts'
import { stalenessOf } from './staleness.ts'
import { enrolmentOf } from './stance.ts'
import { blackout, maintenanceWindow, NEXT_OPENING_MS_MAX, nextOpening } from './windows.ts'

const [r1, r2, r3, r4] = [release(1), release(2), release(3), release(4)]

function table(what: string, rows: Rows): void {
  describe(what, () => {
    for (const [name, [one, expected]] of Object.entries(rows)) {
      test(`${name}: ${expected}`, () => assert.equal(decide(one), expected))
    }
  })
}

const catchUp = { staleness: { warnAfterMs: 0, overAfterMs: DAY_MS, whenOver: 'catch-up' } } as const

table('which reason is told', {
  'the baseline waits, while the candidate is not exposed': [
    { wants: hours(240), plan: { exposure: [] } },
    'keep delayed 1.2.0 until 24',
  ],
  'what waits for its owner says more than what failed here': [
    { wants: { pause: true }, host: { rejected: [r3.imageDigest] } },
    'keep paused 1.2.0',
  ],
  'a turn is waited for, whatever came before': [
    {
      wants: {},
      plan: { ...onlyBaseline, baseline: r3, earlier: [r2] },
      host: { firstSeenMs: seen([r3, NOW_MS], [r2, NOW_MS - 10 * DAY_MS]) },
    },
    'keep spreading 1.3.0 until 0.5',
  ],
  'what was never offered is not installed when the baseline failed here': [
    {
      wants: {},
      plan: { ...onlyBaseline, baseline: r3, earlier: [r2] },
      host: { rejected: [r3.imageDigest], firstSeenMs: () => null },
    },
    'keep rejected-here 1.3.0',
  ],
  'exposure without a candidate exposes nothing': [
    { wants: {}, plan: { candidate: null, exposure: [exposure('canary', 1_000)] } },
    'install 1.2.0 baseline',
  ],
})

const future = { firstSeenMs: () => NOW_MS + HOUR_MS }
table('waits, to the moment', {
  'a clock that went back delays nothing that has no delay': [
    { wants: { spreadMs: 0 }, plan: onlyBaseline, host: future },
    'install 1.2.0 baseline',
  ],
  'the last moment at which a host is not late': [
    {
      wants: { spreadMs: HOUR_MS },
      plan: { ...onlyBaseline, baselineSinceMs: NOW_MS - HOUR_MS },
      host: { firstSeenMs: () => NOW_MS },
    },
    'install 1.2.0 baseline',
  ],
  'the first at which it is': [
    {
      wants: { spreadMs: HOUR_MS - 1 },
      plan: { ...onlyBaseline, baselineSinceMs: NOW_MS - HOUR_MS },
      host: { firstSeenMs: () => NOW_MS, bucketOf: () => 999_999 },
    },
    `keep spreading 1.2.0 until ${3_599_995 / HOUR_MS}`,
  ],
  'the moment at which a budget is used up': [
    {
      wants: { ...hours(240), spreadMs: 0, staleness: { ...catchUp.staleness, overAfterMs: 2 * DAY_MS } },
      plan: onlyBaseline,
    },
    'install 1.2.0 baseline',
  ],
  'who catches up does so with the baseline': [
    { wants: { ...hours(240), spreadMs: 0, ...catchUp } },
    'install 1.2.0 baseline',
  ],
})

test('a wait ends with the calendar, and later than that never', () => {
  const until = (delayMs: number) => {
    const host = hostView({ confirmed: r1, policy: wanting({ delayMs }), firstSeenMs: () => WALL_MS_MAX - HOUR_MS })
    const decision = decideHost(planOfPack({ baseline: r2 }), host, NOW_MS)
    return decision.kind === 'keep' ? decision.untilMs : 'another answer'
  }
  assert.deepEqual([until(HOUR_MS), until(HOUR_MS + 1)], [WALL_MS_MAX, null])
})

test('staleness counts from the oldest baseline that the host was offered and does not have', () => {
  const budget = { warnAfterMs: 1, overAfterMs: 10, whenOver: 'hold' } as const
  const stale = (pack: Parameters<typeof planOfPack>[0], memory: ReturnType<typeof seen>, nowMs: number) => {
    const [plan] = planOfPack({ baseline: r4, baselineSinceMs: 1_000, ...pack }).packs
    assert.ok(plan)
    return stalenessOf(plan, hostView({ firstSeenMs: memory }), r1, budget, nowMs)
  }
  const nothing = () => null
  assert.deepEqual(
    [1_000, 1_001, 1_009, 1_010].map((nowMs) => stale({}, nothing, nowMs)),
    ['fresh', 'warn', 'warn', 'over'],
  )
  const earlier = [r3, r2, r1]
  assert.equal(stale({ earlier }, nothing, 1_000), 'fresh')
  assert.equal(stale({ earlier }, seen([r3, 2_000]), 1_009), 'warn')
  assert.equal(stale({ earlier }, seen([r3, 2_000], [r2, 995]), 1_005), 'over')
  assert.equal(stale({ earlier }, seen([r2, 995], [r3, 999]), 1_004), 'warn')
  assert.equal(stale({ earlier }, seen([r1, 1]), 1_000), 'fresh')
  assert.equal(stale({ baseline: null }, nothing, 9_000), 'fresh')
})

test('a host takes part in the wave of its ring, with the release that is judged', () => {
  const arms = (wave: number) => ({ wave, exposed: { fromPpm: 0, toPpm: 500 }, control: { fromPpm: 500, toPpm: 900 } })
  const plan = planOfPack({
    candidate: r3,
    baseline: r2,
    exposure: [
      { ring: 'early', ppm: 500, arms: arms(1) },
      { ring: 'canary', ppm: 500, arms: arms(2) },
    ],
  })
  const host = hostView({ confirmed: r1, bucketOf: () => 100 })
  assert.equal(enrolmentOf(plan, host, NOW_MS)?.wave, 2)
  assert.equal(enrolmentOf(plan, { ...host, rejected: [r3.imageDigest] }, NOW_MS), null, 'it installs the baseline')
})

test('a sample takes the hosts whose digest is below its share', () => {
  // The first 48 bits of SHA-256 of `firebreak sample 1\nacme\na\nh`, modulo a million: 809663.
  const ring = (samplePpm: number) => customerPolicy({ rings: [{ name: 'a', labels: {}, samplePpm }] })
  const taken = [809_663, 809_664].map((ppm) => customerRingOf(ring(ppm), hostView()))
  assert.deepEqual(taken, [null, 'a'])
})

const { signer } = generateSigner()
const payloadOf = (policy: CustomerPolicy) => {
  const { payload } = JSON.parse(utf8Decode(signCustomerPolicy(policy, signer))) as { payload: string }
  return utf8Decode(fromBase64(payload))
}

test('of a ring only its name is written where it takes all', () => {
  const all = customerPolicy({ rings: [{ name: 'a', labels: {}, samplePpm: 1_000_000 }] })
  assert.match(payloadOf(all), /"rings":\[\{"name":"a"\}\]/)
})

test('who is refused is told by numbers too', () => {
  const held = customerPolicy({ generation: 5 })
  const refuse = (): never => {
    throw new KernelError('kernel/malformed', 'Cannot take it')
  }
  const rows: readonly (readonly [Partial<CustomerPolicy>, Record<string, unknown>])[] = [
    [{ generation: 4 }, { generation: 4, held: 5 }],
    [{ generation: 6, customer: 'other' }, { customer: 'other' }],
    [
      { generation: 6, expiresAtMs: 10 },
      { expiresAtMs: 10, nowMs: 20 },
    ],
    [{ generation: 6, tuning: Uint8Array.of(1) }, { code: 'kernel/malformed' }],
  ]
  for (const [over, details] of rows) {
    const bytes = signCustomerPolicy({ ...held, ...over }, signer)
    const accept = () => acceptCustomerPolicy(bytes, { key: signer.publicKey, held, verifyTuning: refuse, nowMs: 20 })
    assert.throws(accept, { details })
  }
})

test('a bug of ours in the verifier of tunings is not taken for a bad tuning either', () => {
  const bytes = signCustomerPolicy(customerPolicy({ tuning: Uint8Array.of(1) }), signer)
  const verifyTuning = (): never => {
    throw new KernelError('kernel/bug', 'Bug: here')
  }
  const trust = { key: signer.publicKey, held: null, verifyTuning, nowMs: 0 }
  assert.throws(() => acceptCustomerPolicy(bytes, trust), { code: 'kernel/bug' })
})

test('a warning may come with the end of a budget', () => {
  const staleness = { warnAfterMs: 5, overAfterMs: 5, whenOver: 'hold' } as const
  assert.deepEqual(parsePolicySource({ default: { staleness } }).default.staleness, staleness)
})

test('a zone is a name, a time and a date are nothing more', () => {
  const night = { days: ['mon'], from: '22:00', to: '06:00', zone: 'UTC' }
  assert.deepEqual(maintenanceWindow(night, 'w'), night)
  for (const zone of ['2026-01-01T00:00Z', 'T12:00[Europe/Berlin]', '+01:00', 'Europe/Nowhere', '']) {
    assert.throws(() => maintenanceWindow({ ...night, zone }, 'w'), { code: 'kernel/malformed' }, zone)
  }
  for (const from of ['24:00', '22:60', '2:00', '022:00', '22:000']) {
    assert.throws(() => maintenanceWindow({ ...night, from }, 'w'), { code: 'kernel/malformed' }, from)
  }
  for (const to of ['2026-02-29', '2026-13-01', '2026-1-01', '12026-01-01', '2026-01-011']) {
    assert.throws(() => blackout({ from: '2026-01-01', to, zone: 'UTC' }, 'b'), { code: 'kernel/malformed' }, to)
  }
})

test('an opening is found up to the last moment of the search', () => {
  const endMs = Date.parse('2027-07-06T00:00Z')
  const opening = { windows: [], blackouts: [{ from: '2026-01-01', to: '2027-07-05', zone: 'UTC' }] }
  const found = [NEXT_OPENING_MS_MAX, NEXT_OPENING_MS_MAX + 1].map((ms) => nextOpening(opening, endMs - ms))
  assert.deepEqual(found, [endMs, null])
})
