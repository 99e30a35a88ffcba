import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import type { Cell, Signal } from '../evidence/signals.ts'
import { COMPARED_SIGNALS, SIGNALS } from '../evidence/signals.ts'
import type { RolloutPolicy } from './policy.ts'
import { decideWave } from './decide.ts'
import { lookAt } from './look.ts'
import { cellOf, type CellSpec, censusOf, inFirstWave, judge, MINUTE, POLICY, T0 } from './rollout.fixture.ts'
import { haltRollout, type RolloutState } from './state.ts'

interface Row {
  readonly name: string
  readonly exposed?: CellSpec
  readonly control?: CellSpec
  readonly more?: readonly Cell[]
  /** Minutes since the wave began. */
  readonly at?: number
  readonly policy?: Partial<RolloutPolicy>
  readonly state?: RolloutState
  readonly expected: string
}

const PROVEN = { cohort: 10, enrolled: 10, confirmed: 10, proven: 10 } as const
const CONTROL = { arm: 'control', cohort: 200, enrolled: 200, proven: 200 } as const
const emergency = { ...inFirstWave(), lane: 'emergency' } as const

const rows: readonly Row[] = [
  { name: 'all confirmed, proven and baked', expected: 'advance evidence-sufficient' },
  { name: 'the same a minute before it is baked', at: 14, expected: 'hold baking' },
  { name: 'the same in the emergency lane', at: 14, state: emergency, expected: 'advance evidence-sufficient' },
  { name: 'the emergency lane bakes as well', at: 4, state: emergency, expected: 'hold baking' },
  { name: 'a clock that went back', at: -60, expected: 'hold baking' },
  { name: 'a clock that is no number', at: Number.NaN, expected: 'hold unreadable-evidence' },
  { name: 'nobody has enrolled', exposed: { cohort: 10 }, at: 10, expected: 'hold insufficient-evidence' },
  { name: 'a trial that still runs', exposed: { ...PROVEN, confirmed: 7 }, expected: 'hold insufficient-evidence' },
  {
    name: 'confirmed, and never heard of again',
    exposed: { ...PROVEN, proven: 7 },
    expected: 'hold insufficient-evidence',
  },
  { name: 'exactly the share', exposed: { ...PROVEN, proven: 8 }, expected: 'advance evidence-sufficient' },
  {
    name: 'cells that forgot hosts of the cohort',
    exposed: { cohort: 7, enrolled: 7, confirmed: 7, proven: 7 },
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'no cells at all',
    more: [],
    state: inFirstWave(),
    exposed: { wave: 2 },
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'one failure of ten',
    exposed: { ...PROVEN, events: { failure: 1 } },
    expected: 'advance evidence-sufficient',
  },
  {
    name: 'two failures of ten',
    exposed: { ...PROVEN, events: { failure: 2 } },
    expected: 'hold suspicion',
  },
  {
    name: 'three failures of ten',
    exposed: { ...PROVEN, events: { failure: 3 } },
    expected: 'halt attributable-failure',
  },
  { name: 'seven silent of ten', exposed: { ...PROVEN, events: { silence: 7 } }, expected: 'halt silence' },
  { name: 'five silent of ten', exposed: { ...PROVEN, events: { silence: 5 } }, expected: 'hold suspicion' },
  {
    name: 'five silent of ten, an hour later: a further wave has to tell',
    exposed: { ...PROVEN, proven: 5, events: { silence: 5 } },
    at: 60,
    expected: 'advance probe',
  },
  {
    name: 'nobody proven, an hour later: nothing to go by',
    exposed: { ...PROVEN, proven: 0, events: { silence: 4 } },
    at: 60,
    expected: 'hold insufficient-evidence',
  },
  {
    name: 'a third lost, an hour later: a further wave has to tell',
    exposed: { ...PROVEN, proven: 7, events: { silence: 3 } },
    at: 60,
    expected: 'advance probe',
  },
  {
    name: 'the control falls silent too',
    exposed: { ...PROVEN, events: { silence: 2 } },
    control: { ...CONTROL, events: { silence: 40 } },
    expected: 'hold coincident-outage',
  },
  {
    name: 'the control loses no more than may be',
    exposed: { ...PROVEN, events: { silence: 1 } },
    control: { ...CONTROL, events: { silence: 10 } },
    expected: 'advance evidence-sufficient',
  },
  {
    name: 'an outage is no excuse for the exposed arm',
    exposed: { ...PROVEN, events: { silence: 10 } },
    control: { ...CONTROL, events: { silence: 11 } },
    expected: 'halt silence',
  },
  {
    name: 'too few reboots',
    exposed: { ...PROVEN, rebooted: 3 },
    policy: { rebootedShareMin: 100_000 },
    expected: 'hold reboot-wanted',
  },
  {
    name: 'as many reboots as are wanted',
    exposed: { ...PROVEN, rebooted: 4 },
    policy: { rebootedShareMin: 100_000 },
    expected: 'advance evidence-sufficient',
  },
  {
    name: 'more reboots wanted than hosts exposed',
    exposed: { ...PROVEN, rebooted: 10 },
    policy: { rebootedShareMin: PPM_ALL },
    expected: 'advance evidence-sufficient',
  },
  {
    name: 'failures outside the cohort',
    more: [cellOf({ stratum: 'outside, s', enrolled: 30, events: { failure: 3 } })],
    expected: 'halt attributable-failure',
  },
  { name: 'numbers that are none', exposed: { ...PROVEN, proven: Number.NaN }, expected: 'hold unreadable-evidence' },
  { name: 'numbers below nothing', exposed: { ...PROVEN, enrolled: -1 }, expected: 'hold unreadable-evidence' },
  { name: 'more proven than there are', exposed: { ...PROVEN, proven: 11 }, expected: 'hold unreadable-evidence' },
  { name: 'a row twice', more: [cellOf(PROVEN)], expected: 'hold unreadable-evidence' },
]

for (const { name, exposed = PROVEN, control = CONTROL, more = [], at = 15, policy, state, expected } of rows) {
  test(`${name}: ${expected}`, () => {
    const cells = [cellOf(exposed), cellOf(control), ...more]
    const { kind, reason } = judge({ ...POLICY, ...policy }, state ?? inFirstWave(), cells, T0 + at * MINUTE)
    assert.equal(`${kind} ${reason}`, expected)
  })
}

/** What halts when it happens to all of ten exposed hosts, and to nobody of the control. */
const names: Readonly<Record<Signal, string>> = {
  silence: 'silence',
  absence: 'absence',
  reboot: 'reboot',
  'engine-restart': 'engine-restart',
  cpu: 'cpu',
  memory: 'memory',
  flood: 'flood',
  detection: 'detection-loss',
  failure: 'attributable-failure',
  'apply-failure': 'apply-failure',
  'false-success': 'false-success',
}
for (const signal of SIGNALS) {
  test(`${signal} of the whole cohort halts`, () => {
    const struck = { [signal]: 10 }
    // Fewer detections than in the control are what is bad about them: take a cohort that is large enough to miss some.
    const cells =
      signal === 'detection'
        ? [
            cellOf({ ...PROVEN, cohort: 500, enrolled: 500 }),
            cellOf({ ...CONTROL, cohort: 500, enrolled: 500, events: { detection: 60 } }),
          ]
        : [cellOf({ ...PROVEN, events: struck }), cellOf(CONTROL)]
    const decision = judge(POLICY, inFirstWave(), cells, T0 + 5 * MINUTE)
    assert.equal(`${decision.kind} ${decision.reason}`, `halt ${names[signal]}`)
    assert.equal(decision.evidence.signals[0]?.signal, signal)
  })
}

test('what happens to the control alone is no evidence, whatever it is', () => {
  for (const signal of COMPARED_SIGNALS.filter((one) => one !== 'detection')) {
    const cells = [cellOf(PROVEN), cellOf({ ...CONTROL, events: { [signal]: 9 } })]
    const decision = judge(POLICY, inFirstWave(), cells, T0 + 15 * MINUTE)
    assert.equal(`${decision.kind} ${decision.reason}`, 'advance evidence-sufficient', signal)
  }
})

/** Rings of 2, 3 and 4: no statistics could protect them, so hosts are counted. */
const SMALL = inFirstWave(2, 0)
const two = { cohort: 2, enrolled: 2, confirmed: 2, proven: 2 }
const small: readonly (readonly [string, CellSpec, number, Partial<RolloutPolicy>, string])[] = [
  ['both well', two, 15, {}, 'advance evidence-sufficient'],
  ['one of two refuses', { ...two, confirmed: 1, events: { failure: 1 } }, 0, {}, 'halt attributable-failure'],
  ['both refuse', { ...two, confirmed: 0, events: { failure: 2 } }, 0, {}, 'halt attributable-failure'],
  ['one of two runs something else', { ...two, events: { 'false-success': 1 } }, 0, {}, 'halt attributable-failure'],
  ['one of two falls silent', { ...two, events: { silence: 1 } }, 0, {}, 'halt silence'],
  ['both fall silent', { ...two, events: { silence: 2 } }, 0, {}, 'halt silence'],
  [
    'a failure and a silence: the failure is named',
    { ...two, events: { silence: 1, failure: 1 } },
    0,
    {},
    'halt attributable-failure',
  ],
  [
    'as many silent as the policy allows',
    { ...two, events: { silence: 1 } },
    15,
    { lossesMax: 1 },
    'advance evidence-sufficient',
  ],
  [
    'as many failures as the policy allows',
    { ...two, events: { failure: 1 } },
    15,
    { failuresMax: 1 },
    'advance evidence-sufficient',
  ],
  ['one has not answered', { ...two, proven: 1 }, 15, {}, 'hold insufficient-evidence'],
  [
    'one has not answered after a day: no probe where nothing protects it',
    { ...two, proven: 1 },
    1_440,
    {},
    'hold insufficient-evidence',
  ],
]
for (const [name, exposed, at, policy, expected] of small) {
  test(`two hosts and no control, ${name}: ${expected}`, () => {
    const { kind, reason } = judge({ ...POLICY, ...policy }, SMALL, [cellOf(exposed)], T0 + at * MINUTE)
    assert.equal(`${kind} ${reason}`, expected)
  })
}

test('losses that the control has as well, for its size, are not counted in a small fleet', () => {
  const judged = (lost: number, lostOfControl: number) => {
    const control = cellOf({ ...CONTROL, cohort: 6, enrolled: 6, proven: 6, events: { silence: lostOfControl } })
    const exposed = cellOf({ cohort: 3, enrolled: 3, confirmed: 3, proven: 3, events: { silence: lost } })
    const { kind, reason } = judge({ ...POLICY, outageShareMax: PPM_ALL }, inFirstWave(3, 6), [exposed, control], T0)
    return `${kind} ${reason}`
  }
  assert.equal(judged(1, 0), 'halt silence')
  assert.equal(judged(1, 2), 'hold baking')
  assert.equal(judged(2, 2), 'halt silence')
  assert.equal(judged(3, 6), 'hold baking')
  assert.equal(judged(3, 4), 'halt silence')
})

test('what an outage took from the control of one small wave excuses nothing in the next', () => {
  const [wave] = inFirstWave(3, 6).waves
  assert.ok(wave)
  const second = { ...wave, arms: { ...wave.arms, wave: 2 } }
  const state: RolloutState = { ...inFirstWave(3, 6), waves: [wave, second] }
  const armsOf = (number: number, lost: number, lostOfControl: number) => [
    cellOf({ wave: number, cohort: 3, enrolled: 3, proven: 3, confirmed: 3, events: { silence: lost } }),
    cellOf({ ...CONTROL, wave: number, cohort: 6, enrolled: 6, proven: 6, events: { silence: lostOfControl } }),
  ]
  const { kind, reason } = judge(POLICY, state, [...armsOf(1, 0, 6), ...armsOf(2, 2, 0)], T0)
  assert.equal(`${kind} ${reason}`, 'halt silence')
})

test('evidence of strata of which the numbers are gone still counts, and breaks nothing', () => {
  const of = (stratum: string, silence: number) => [
    cellOf({ ...PROVEN, stratum, events: { silence } }),
    cellOf({ ...CONTROL, stratum, cohort: 2_000, enrolled: 2_000 }),
  ]
  const all = ['a', 'b', 'c'].flatMap((stratum) => of(stratum, 1))
  const before = lookAt(
    inFirstWave(30, 600),
    ['a', 'b', 'c'].flatMap((stratum) => of(stratum, 0)),
    T0,
  )
  const state = lookAt(before, all, T0)
  for (const left of [[], of('a', 1), all.slice(0, 1)]) {
    const { kind } = decideWave(POLICY, lookAt(state, left, T0), left, () => censusOf(1_000), T0 + 15 * MINUTE)
    assert.notEqual(kind, 'advance')
  }
})

test('a settled control that falls silent in a small fleet is counted: it has the release', () => {
  const [wave] = inFirstWave(3, 2).waves
  assert.ok(wave)
  const state: RolloutState = { ...inFirstWave(), waves: [{ ...wave, controlOf: 'settled' }] }
  const control = cellOf({ arm: 'control', cohort: 2, enrolled: 2, events: { silence: 1 } })
  const { kind, reason } = judge(POLICY, state, [cellOf({ cohort: 3, enrolled: 3 }), control], T0)
  assert.equal(`${kind} ${reason}`, 'halt silence')
})

test('a rollout that has ended is not judged again', () => {
  assert.throws(() => judge(POLICY, haltRollout(inFirstWave()), [], T0), { code: 'kernel/bug' })
})
