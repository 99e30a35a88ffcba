import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import * as fc from 'fast-check'
import type { PackPlan, Plan } from '../plan/plan.ts'
import type { CustomerPolicy } from './customer-policy.ts'
import { customerPolicy, hostView, planOfPack, release, seen } from './customer.fixture.ts'
import { explainHost } from './explain.ts'
import { decideHost } from './host-decision.ts'
import type { HostDecision, HostView, InstallDecision, KeepDecision } from './host-view.ts'
import { naiveDecision } from './naive-decision.fixture.ts'
import type { ContentSettings } from './settings.ts'
import { enrolmentOf, offersTo, stanceOf } from './stance.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const START_MS = Date.parse('2026-06-01T00:00Z')

const moments = fc.integer({ min: 0, max: 6 * 24 * 4 }).map((quarters) => START_MS + (quarters * HOUR_MS) / 4)
const durations = fc.constantFrom(0, 1, 30_000, HOUR_MS, 5 * HOUR_MS, DAY_MS, 3 * DAY_MS)
const minors = fc.integer({ min: 1, max: 5 })
const refs = minors.map(release)
const maybe = fc.option(refs)
const rings = fc.constantFrom('canary', 'broad')
const dates = fc.integer({ min: 0, max: 6 }).map((day) => new Date(START_MS + day * DAY_MS).toISOString().slice(0, 10))
const times = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.constantFrom('00', '30'))
  .map(([hour, minute]) => `${`${hour}`.padStart(2, '0')}:${minute}`)
const days = fc.subarray(['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const, { minLength: 1 })
const seldom = <T>(value: fc.Arbitrary<T>): fc.Arbitrary<T | null> =>
  fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: value })

const settings: fc.Arbitrary<ContentSettings> = fc.record({
  planRing: seldom(rings),
  delayMs: durations,
  afterEvidence: seldom(
    fc.record({
      hosts: fc.integer({ min: 1, max: 30 }),
      ranMs: fc.constantFrom(HOUR_MS, DAY_MS),
      sameEngine: fc.boolean(),
      sameOs: fc.boolean(),
    }),
  ),
  pause: fc.integer({ min: 0, max: 9 }).map((one) => one === 0),
  pin: seldom(minors.map((minor) => `1.${minor}.0`)),
  windows: fc.oneof(
    fc.constant([]),
    fc.array(fc.record({ days, from: times, to: times, zone: fc.constant('UTC') }), { maxLength: 2 }),
  ),
  blackouts: fc.oneof(
    { weight: 3, arbitrary: fc.constant([]) },
    {
      weight: 1,
      arbitrary: fc.array(
        fc.tuple(dates, dates).map(([a, b]) => ({ from: a < b ? a : b, to: a < b ? b : a, zone: 'UTC' })),
        { maxLength: 2 },
      ),
    },
  ),
  staleness: fc.option(
    fc.record({
      warnAfterMs: fc.constant(0),
      overAfterMs: durations,
      whenOver: fc.constantFrom('hold' as const, 'catch-up' as const),
    }),
  ),
  emergency: fc.option(fc.record({ delayMsMax: durations, ignoreEvidence: fc.boolean(), ignoreWindows: fc.boolean() })),
  spreadMs: durations,
})

const selectors = fc.constantFrom<Readonly<Record<string, readonly string[]>>>(
  {},
  { role: ['web'] },
  { role: ['web', 'db'] },
  { role: ['db'], site: ['x'] },
)
const customerRings = fc.uniqueArray(
  fc.record({ name: fc.constantFrom('a', 'b', 'c'), labels: selectors, samplePpm: fc.constantFrom(0, PPM_ALL) }),
  { selector: ({ name }) => name, maxLength: 3 },
)
const policies: fc.Arbitrary<CustomerPolicy> = customerRings.chain((own) => {
  const names = own.map(({ name }) => name)
  const someRings =
    names.length === 0
      ? fc.constant('*' as const)
      : fc.oneof(fc.constant('*' as const), fc.subarray(names, { minLength: 1 }))
  const rules = fc.array(
    fc.record({ rings: someRings, categories: fc.constantFrom('*' as const, ['c'], ['d', 'c'], ['d']), settings }),
    { maxLength: 3 },
  )
  return fc
    .record({ rules, fallback: settings, expiresAtMs: fc.constantFrom(null, 1) })
    .map(({ rules: all, fallback, expiresAtMs }) =>
      customerPolicy({ rings: own, rules: all, default: fallback, expiresAtMs }),
    )
})

const evidence = fc.record({
  imageDigest: refs.map(({ imageDigest }) => imageDigest),
  engineVersion: fc.constantFrom('1.0.0', '1.1.0'),
  os: fc.constantFrom('linux 6.18', 'linux 6.1'),
  ranMs: fc.constantFrom(HOUR_MS, DAY_MS),
  hosts: fc.integer({ min: 0, max: 30 }),
})
/** As servers make them: the candidate is newer than the baseline, and that is newer than what came before. */
const packs: fc.Arbitrary<Partial<PackPlan>> = fc
  .record({
    named: fc.subarray([5, 4, 3, 2, 1]),
    hasCandidate: fc.boolean(),
    exposure: fc.uniqueArray(
      fc.record({ ring: rings, ppm: fc.constantFrom(0, PPM_ALL / 2, PPM_ALL), arms: fc.constant(null) }),
      { selector: ({ ring }) => ring },
    ),
    baselineSinceMs: fc.oneof(fc.constant(0), moments),
    evidence: fc.array(evidence, { maxLength: 6 }),
  })
  .map(({ named, hasCandidate, exposure, baselineSinceMs, ...rest }) => {
    const all = named.map(release)
    const candidate = hasCandidate ? (all.shift() ?? null) : null
    const [baseline = null, ...earlier] = all
    return {
      candidate,
      baseline,
      earlier,
      exposure: candidate ? exposure : [],
      baselineSinceMs: baseline ? baselineSinceMs : 0,
      ...rest,
    }
  })
const plans: fc.Arbitrary<Plan> = fc
  .record({ pack: packs, recalled: fc.uniqueArray(refs, { selector: ({ version }) => version, maxLength: 2 }) })
  .map(({ pack, recalled }) => planOfPack(pack, recalled))

const memories = fc.array(fc.tuple(refs, moments), { maxLength: 5 })
const hosts: fc.Arbitrary<HostView> = fc
  .record({
    enrolledRing: rings,
    confirmed: maybe,
    lastKnownGood: seldom(refs),
    candidate: seldom(refs),
    starter: seldom(refs),
    isSafe: fc.integer({ min: 0, max: 5 }).map((one) => one === 0),
    rejected: fc.array(refs, { maxLength: 1 }).map((all) => all.map(({ imageDigest }) => imageDigest)),
    labels: fc.constantFrom<Readonly<Record<string, string>>>(
      {},
      { role: 'web' },
      { role: 'db', site: 'x' },
      { role: 'db' },
    ),
    policy: fc.option(policies, { freq: 9 }),
    memory: memories,
    bucket: fc.integer({ min: 0, max: PPM_ALL - 1 }),
    confirmedAtMs: fc.option(moments),
    urgent: fc.boolean(),
  })
  .map(({ memory, bucket, urgent, ...view }) =>
    hostView({
      ...view,
      firstSeenMs: seen(...memory),
      bucketOf: () => bucket,
      isEmergency: () => urgent,
    }),
  )

const answerOf = (decision: HostDecision): InstallDecision | KeepDecision =>
  decision.kind === 'revoke' ? decision.next : decision
/** With what it would remember from now on. */
const remembering = (view: HostView, nowMs: WallMs): HostView => ({
  ...view,
  firstSeenMs: (digest) => view.firstSeenMs(digest) ?? nowMs,
})
const check = (property: fc.IProperty<[Plan, HostView, WallMs]>, numRuns = 2_000) => fc.assert(property, { numRuns })
const cases = [plans, hosts, moments] as const

test('it installs what a naive reading of the policy would, and gives a reason that the naive reading knows', () => {
  const installs: Record<string, number> = {}
  check(
    fc.property(...cases, (plan, view, nowMs) => {
      const expected = naiveDecision(plan, view, nowMs)
      const answer = answerOf(decideHost(plan, view, nowMs))
      assert.deepEqual(answer.kind === 'install' ? answer.release : null, expected.install)
      installs[answer.reason] = (installs[answer.reason] ?? 0) + 1
      if (answer.kind === 'install') return
      assert.deepEqual(answer.by, { ring: expected.ring, rule: expected.rule })
      const inTheWay = answer.release && expected.obstacles.get(answer.release.imageDigest)
      if (inTheWay) assert.ok(inTheWay.has(answer.reason), `${answer.reason}, not one of ${[...inTheWay].join()}`)
    }),
  )
  const reasons = [
    'exposed',
    'baseline',
    'earlier',
    'paused',
    'pinned',
    'delayed',
    'awaiting-evidence',
    'spreading',
    'blackout',
    'outside-window',
    'in-trial',
    'not-exposed',
    'rejected-here',
    'recalled',
    'not-newer',
    'up-to-date',
    'nothing-released',
  ]
  assert.deepEqual(
    reasons.filter((reason) => installs[reason] === undefined),
    [],
    'every reason was seen',
  )
})

test('a recall is obeyed under any policy', () => {
  check(
    fc.property(...cases, (plan, view, nowMs) => {
      const held = [view.candidate, view.confirmed, view.lastKnownGood, view.starter].flatMap((one) =>
        one ? [one.imageDigest] : [],
      )
      const gone = held.filter((digest) => plan.recalled.includes(digest))
      const decision = decideHost(plan, view, nowMs)
      assert.deepEqual(new Set(decision.kind === 'revoke' ? decision.digests : []), new Set(gone))
    }),
  )
})

test('no policy makes a host install what the plan does not offer it, and a paused category installs nothing', () => {
  check(
    fc.property(...cases, (plan, view, nowMs) => {
      const answer = answerOf(decideHost(plan, view, nowMs))
      if (answer.kind !== 'install') return
      const { imageDigest } = answer.release
      const pack = plan.packs[0]
      const stands = stanceOf(plan, view, nowMs)
      const share =
        pack?.exposure.find(({ ring }) => ring === (stands.ring === '' ? view.enrolledRing : stands.ring))?.ppm ?? 0
      const isExposed = pack?.candidate?.imageDigest === imageDigest && view.bucketOf('p', imageDigest) < share
      const isThrough = [pack?.baseline, ...(pack?.earlier ?? [])].some((one) => one?.imageDigest === imageDigest)
      assert.ok(isExposed || isThrough)
      assert.ok(!plan.recalled.includes(imageDigest) && !view.rejected.includes(imageDigest))
      assert.ok(!explainHost(plan, view, nowMs).decided.settings.pause)
    }),
  )
})

test('before the moment that it names, time alone installs nothing, and at that moment the answer is another one', () => {
  const later = fc.integer({ min: 0, max: 999 })
  fc.assert(
    fc.property(...cases, later, (plan, host, nowMs, share) => {
      const view = remembering(host, nowMs)
      const answer = answerOf(decideHost(plan, view, nowMs))
      if (answer.kind !== 'keep') return
      const untilMs = answer.untilMs ?? nowMs + 30 * DAY_MS
      const betweenMs = nowMs + Math.floor(((untilMs - nowMs - 1) * share) / 1_000)
      assert.ok(untilMs > nowMs)
      assert.equal(answerOf(decideHost(plan, view, betweenMs)).kind, 'keep')
      assert.equal(answerOf(decideHost(plan, view, untilMs - 1)).kind, 'keep')
      if (answer.untilMs !== null) assert.notDeepEqual(answerOf(decideHost(plan, view, untilMs)), answer)
    }),
    { numRuns: 2_000 },
  )
})

test('what is explained is what is decided, now and at the moment that is foretold', () => {
  check(
    fc.property(...cases, (plan, host, nowMs) => {
      const { decision, install, keeps, lines, decided } = explainHost(plan, host, nowMs)
      assert.deepEqual(decision, decideHost(plan, host, nowMs))
      assert.ok(lines.length >= 3 || host.policy === null)
      const view = remembering(host, nowMs)
      if (install) {
        assert.deepEqual(answerOf(decideHost(plan, view, install.atMs)), install.decision)
        assert.ok(install.atMs === nowMs || answerOf(decideHost(plan, view, install.atMs - 1)).kind === 'keep')
      } else {
        assert.equal(keeps.at(-1)?.untilMs, null)
        assert.equal(answerOf(decideHost(plan, view, nowMs + 60 * DAY_MS)).kind, 'keep')
      }
      const answer = answerOf(decision)
      if (answer.kind === 'keep') assert.deepEqual(answer.by, decided.by)
    }),
  )
})

test('no plan makes a delay shorter than its owner wants, whatever it says and however often it changes', () => {
  const story = fc.array(fc.tuple(plans, durations), { minLength: 1, maxLength: 8 })
  fc.assert(
    fc.property(story, hosts, settings, (plansOverTime, host, wants) => {
      const policy = customerPolicy({ default: { ...wants, staleness: null } })
      const offered = new Map<Sha256Hex, WallMs>()
      let view: HostView = { ...host, policy, rejected: [], firstSeenMs: (digest) => offered.get(digest) ?? null }
      let nowMs = START_MS
      for (const [plan, passMs] of plansOverTime) {
        for (const digest of offersTo(plan, view)) if (!offered.has(digest)) offered.set(digest, nowMs)
        const answer = answerOf(decideHost(plan, view, nowMs))
        if (answer.kind === 'install') {
          const { imageDigest } = answer.release
          const consentMs = view.isEmergency(imageDigest)
            ? (wants.emergency?.delayMsMax ?? wants.delayMs)
            : wants.delayMs
          assert.ok(nowMs - (offered.get(imageDigest) ?? nowMs) >= Math.min(wants.delayMs, consentMs))
          view = { ...view, confirmed: answer.release, confirmedAtMs: nowMs }
        }
        nowMs += passMs
      }
    }),
    { numRuns: 2_000 },
  )
})

test('who stands ready takes at once what is offered for the first time, and who does not, does not', () => {
  const first = release(9)
  const plan = planOfPack({
    candidate: first,
    exposure: [
      { ring: 'canary', ppm: PPM_ALL, arms: null },
      { ring: 'broad', ppm: PPM_ALL, arms: null },
    ],
  })
  fc.assert(
    fc.property(hosts, moments, (host, nowMs) => {
      const view: HostView = {
        ...host,
        candidate: null,
        rejected: [],
        firstSeenMs: () => null,
        isEmergency: () => false,
      }
      const { takes } = stanceOf(plan, view, nowMs)
      const { install, decided } = explainHost(plan, view, nowMs)
      const waitMs = install ? install.atMs - nowMs : Number.POSITIVE_INFINITY
      if (takes === 'at-once') assert.ok(waitMs <= 60_000 * 2, `${waitMs}`)
      if (takes === 'never') assert.ok(decided.settings.pause || decided.settings.pin !== null)
      if (takes === 'later') assert.ok(waitMs > 60_000)
    }),
    { numRuns: 2_000 },
  )
})

test('a host enrols in the arm of its bucket, and only if it takes releases at once', () => {
  const arms = { wave: 3, exposed: { fromPpm: 0, toPpm: 300_000 }, control: { fromPpm: 300_000, toPpm: 800_000 } }
  const seenArms = new Set<string>()
  check(
    fc.property(...cases, (base, view, nowMs) => {
      const packOfBase = base.packs[0]
      const exposure = [{ ring: 'canary', ppm: 300_000, arms }]
      const plan = { ...base, packs: packOfBase ? [{ ...packOfBase, exposure }] : [] }
      const enrolment = enrolmentOf(plan, view, nowMs)
      seenArms.add(enrolment?.arm ?? 'none')
      if (!enrolment) return
      const { candidate } = plan.packs[0] ?? { candidate: null }
      const bucket = view.bucketOf('p', enrolment.imageDigest)
      assert.deepEqual(enrolment, {
        imageDigest: candidate?.imageDigest,
        wave: 3,
        arm: bucket < 300_000 ? 'exposed' : 'control',
      })
      assert.ok(bucket < 800_000)
      assert.equal(view.candidate, null)
      const stance = stanceOf(plan, view, nowMs)
      assert.equal(stance.takes, 'at-once')
      assert.equal(stance.ring === '' ? view.enrolledRing : stance.ring, 'canary')
      const decision = decideHost(plan, view, nowMs)
      assert.notEqual(decision.kind, 'revoke')
      if (enrolment.arm === 'exposed')
        assert.deepEqual(decision, { kind: 'install', release: candidate, reason: 'exposed' })
      else assert.ok(decision.kind !== 'install' || decision.reason !== 'exposed')
    }),
    4_000,
  )
  assert.deepEqual([...seenArms].toSorted(), ['control', 'exposed', 'none'])
})

test('turns are spread evenly', () => {
  const plan = planOfPack({ baseline: release(2), baselineSinceMs: 1 })
  const untils = Array.from({ length: 100 }, (_, i) => {
    const bucketOf = () => i * 10_000
    const answer = decideHost(plan, hostView({ confirmed: release(1), bucketOf }), START_MS)
    return answer.kind === 'keep' ? (answer.untilMs ?? 0) - START_MS : 0
  })
  assert.deepEqual(
    untils,
    Array.from({ length: 100 }, (_, i) => i * 36_000),
  )
})
