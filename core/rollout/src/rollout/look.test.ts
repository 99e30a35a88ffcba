import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { type Cell, COMPARED_SIGNALS, SIGNALS } from '../evidence/signals.ts'
import { STRATA_MAX } from './cells.ts'
import { lookAt } from './look.ts'
import { cellOf, inFirstWave, MINUTE, T0 } from './rollout.fixture.ts'
import { haltRollout, type RolloutState } from './state.ts'

const looked = (state: RolloutState, ...cells: readonly Cell[]) => lookAt(state, cells, T0)
const arms = (enrolled: number, exposedSilence: number, controlSilence = 0): readonly Cell[] => [
  cellOf({ cohort: 10, enrolled, events: { silence: exposedSilence } }),
  cellOf({ arm: 'control', cohort: 200, enrolled: 20 * enrolled, events: { silence: controlSilence } }),
]

test('when nothing happened the state is the same one', () => {
  const state = looked(inFirstWave(), ...arms(10, 1))
  assert.equal(looked(state, ...arms(10, 1)), state)
  assert.equal(looked(state, ...arms(10, 1).toReversed()), state)
})

test('what can not be read, and what comes after the end, teaches nothing', () => {
  const state = looked(inFirstWave(), ...arms(10, 1))
  assert.equal(looked(state, ...arms(Number.NaN, 2)), state)
  const halted = haltRollout(state)
  assert.equal(looked(halted, ...arms(10, 2)), halted)
})

test('at no known time nothing is learnt: what is kept has to survive JSON', () => {
  const state = inFirstWave()
  for (const nowMs of [Number.NaN, Infinity]) assert.equal(lookAt(state, arms(10, 1, 1), nowMs), state)
})

test('a control that a new wave takes away lends no weight to what happens in the same tick', () => {
  const before = looked(inFirstWave(), ...arms(10, 0))
  const [exposed, control] = arms(10, 5)
  assert.ok(exposed && control)
  const gone = { ...control, left: SIGNALS.map(() => control.enrolled) }
  const [process] = looked(before, exposed, gone).processes
  assert.deepEqual(
    process?.logTerms.map(Math.abs),
    process?.logTerms.map(() => 0),
    'nobody is left to compare with',
  )
})

test('a wave that the rollout has not started is not looked at', () => {
  const stray = arms(10, 9).map((cell) => ({ ...cell, wave: 2 }))
  assert.equal(looked(inFirstWave(), ...stray).processes.length, 0)
})

/** The safe logrank statistic of single events, written out: log of (h / (p h + 1 - p)) summed, p the exposed share at risk. */
function direct(ratio: number, ticks: readonly (readonly [number, number, number])[]): number {
  return ticks.reduce((sum, [exposed, control, isExposed]) => {
    const share = exposed / (exposed + control)
    return sum + Math.log((isExposed === 1 ? ratio : 1) / (share * ratio + 1 - share))
  }, 0)
}

test('looks at single events add up to the logrank statistic: at risk is who has enrolled and was not struck', () => {
  let state = looked(inFirstWave(), ...arms(10, 0))
  for (const [exposed, control] of [
    [1, 0],
    [2, 0],
    [2, 1],
    [3, 1],
  ] as const) {
    state = looked(state, ...arms(10, exposed, control))
  }
  const [process] = state.processes
  const expected = [100, 30].map((ratio) => {
    return direct(ratio, [
      [10, 200, 1],
      [9, 200, 1],
      [8, 200, 0],
      [8, 199, 1],
    ])
  })
  assert.deepEqual(
    [process?.signal, process?.stratum, process?.exposedEvents, process?.controlEvents],
    ['silence', 's', 3, 1],
  )
  // And the same for all waves together, of which there is one.
  assert.deepEqual(state.processes[1], { ...process, stratum: null })
  assert.equal(state.processes.length, 2)
  const [, , , , , , thirty, hundred] = process?.logTerms ?? []
  assert.ok(Math.abs((hundred ?? 0) - (expected[0] ?? 1)) < 1e-9)
  assert.ok(Math.abs((thirty ?? 0) - (expected[1] ?? 1)) < 1e-9)
})

test('a wave whose control was in an earlier one begins a new epoch: evidence of waves together is of one epoch', () => {
  const [first] = inFirstWave().waves
  assert.ok(first)
  const secondAgainst = (fromPpm: number, toPpm: number, stratum = 's') => {
    const control = { fromPpm, toPpm }
    const second = { ...first, arms: { wave: 2, exposed: { fromPpm: 100_000, toPpm: 200_000 }, control } }
    const state: RolloutState = { ...inFirstWave(), waves: [first, second] }
    const cells = arms(10, 3).map((cell) => ({ ...cell, wave: 2, stratum }))
    return looked(state, ...cells).processes.map(({ wave, stratum }) => `${wave} ${stratum}`)
  }
  assert.deepEqual(secondAgainst(500_000, 800_000), ['2 s', '1 null'])
  assert.deepEqual(secondAgainst(500_000, 800_001), ['2 s', '2 null'])
  // Who was never silent in a week is not silent all the time.
  assert.deepEqual(secondAgainst(500_000, 800_001, 's, steady'), ['2 s, steady', '1 null'])
})

test('waves together are of the newest epoch, each while it is the current one', () => {
  const [first] = inFirstWave().waves
  assert.ok(first)
  const waves = [1, 2, 3].map((wave) => ({ ...first, arms: { ...first.arms, wave } }))
  const struck = (wave: number, signal: 'silence' | 'reboot', stratum: string) => {
    const cells = [
      cellOf({ wave, stratum, cohort: 10, enrolled: 10, events: { [signal]: 3 } }),
      cellOf({ wave, stratum, arm: 'control', cohort: 200, enrolled: 200 }),
    ]
    return looked({ ...inFirstWave(), waves }, ...cells).processes.map((one) => `${one.wave} ${one.stratum}`)
  }
  assert.deepEqual(struck(3, 'silence', 's'), ['3 s', '3 null'])
  assert.deepEqual(struck(2, 'silence', 's'), ['2 s'])
  // Only silence is the first of a week for whoever it strikes.
  assert.deepEqual(struck(3, 'silence', 's, steady'), ['3 s, steady', '1 null'])
  assert.deepEqual(struck(3, 'reboot', 's, steady'), ['3 s, steady', '3 null'])
})

test('of hosts at risk and the whole cohort, what proves less counts: where fewer of the exposed have enrolled, the cohort', () => {
  const afterOne = (exposedEnrolled: number, controlEnrolled: number) => {
    const before = [
      cellOf({ cohort: 10, enrolled: exposedEnrolled }),
      cellOf({ arm: 'control', cohort: 200, enrolled: controlEnrolled }),
    ]
    const struck = before.map((cell, i) => ({
      ...cell,
      events: SIGNALS.map((_, signal) => (i + signal === 0 ? 1 : 0)),
    }))
    return looked(looked(inFirstWave(), ...before), ...struck).processes[0]?.logTerms.at(-1) ?? 0
  }
  assert.ok(Math.abs(afterOne(5, 200) - direct(100, [[10, 200, 1]])) < 1e-9)
  assert.ok(Math.abs(afterOne(10, 50) - direct(100, [[10, 50, 1]])) < 1e-9)
  assert.ok(Math.abs(afterOne(5, 50) - direct(100, [[5, 50, 1]])) < 1e-9)
})

test('hosts that a later wave took are not at risk any more', () => {
  const before = arms(10, 0)
  const taken = [before[0], { ...before[1], left: SIGNALS.map(() => 190) }] as readonly Cell[]
  const [all, few] = [before, taken].map((cells) => {
    const [exposed, control] = cells
    assert.ok(exposed && control)
    const struck = { ...exposed, events: SIGNALS.map((_, i) => (i === 0 ? 1 : 0)) }
    return lookAt(looked(inFirstWave(), ...cells), [struck, control], T0).processes[0]?.logTerms.at(-1)
  })
  assert.ok(Math.abs((all ?? 0) - direct(100, [[10, 200, 1]])) < 1e-9)
  assert.ok(Math.abs((few ?? 0) - direct(100, [[10, 10, 1]])) < 1e-9)
})

test('counts that went down are no events, and never break a look', () => {
  const state = looked(inFirstWave(), ...arms(10, 5, 40))
  const lower = looked(state, ...arms(4, 1, 10))
  assert.deepEqual(lower.processes, state.processes)
  assert.equal(looked(lower, ...arms(10, 5, 40)).processes.length, 2)
})

test('of more strata than have names the smallest are one, and stay so', () => {
  const many = (struck: number) =>
    Array.from({ length: STRATA_MAX + 9 }, (_, i) => {
      const spec = { stratum: `s${i}`, cohort: 100 - i, enrolled: 50, events: { silence: struck } }
      return [cellOf(spec), cellOf({ ...spec, arm: 'control' })]
    }).flat()
  const state = looked(looked(inFirstWave(), ...many(0)), ...many(1))
  const names = new Set(state.processes.flatMap(({ stratum }) => stratum ?? []))
  assert.equal(names.size, STRATA_MAX)
  assert.ok(names.has('other') && names.has('s0') && !names.has(`s${STRATA_MAX}`))
  const rest = state.cells.find(({ stratum, arm }) => stratum === 'other' && arm === 'exposed')
  assert.deepEqual([rest?.enrolled, rest?.events[0]], [500, 10])
})

test('losses of the control are kept by the minute, for eleven minutes and one before', () => {
  let state = inFirstWave()
  for (let i = 0; i < 40; i++) state = lookAt(state, arms(10, 0, i), T0 + i * 0.5 * MINUTE)
  assert.equal(state.controlLosses.length, 12)
  assert.deepEqual(state.controlLosses.at(-1), { atMs: T0 + 20 * MINUTE, hosts: 39 })
})

test('losses of the control are kept where their number changed, once a minute', () => {
  const looks: readonly (readonly [seconds: number, enrolled: number, lost: number])[] = [
    [10, 8, 0],
    [20, 9, 1],
    [30, 9, 2],
    [130, 10, 2],
    [190, 10, 4],
    [250, 10, 7],
    [310, 10, 7],
  ]
  let state = inFirstWave()
  const kept = looks.map(([seconds, enrolled, lost]) => {
    state = lookAt(state, arms(enrolled, Math.ceil(seconds / 100), lost), T0 + seconds * 1_000)
    return state.controlLosses.map(({ atMs, hosts }) => `${hosts} at ${(atMs - T0) / MINUTE}`)
  })
  const last = ['2 at 1', '4 at 4', '7 at 5']
  assert.deepEqual(kept, [[], ['1 at 1'], ['2 at 1'], ['2 at 1'], last.slice(0, 2), last, last])
})

const counts = fc.integer({ min: 0, max: 9 })
const cells: fc.Arbitrary<readonly Cell[]> = fc
  .uniqueArray(
    fc.record({
      wave: fc.constantFrom(1, 2),
      stratum: fc.constantFrom('a', 'b', 'outside, a'),
      arm: fc.constantFrom('exposed' as const, 'control' as const),
      enrolled: fc.integer({ min: 10, max: 30 }),
      events: fc.array(counts, { minLength: SIGNALS.length, maxLength: SIGNALS.length }),
    }),
    { selector: ({ wave, stratum, arm }) => `${wave} ${stratum} ${arm}` },
  )
  .map((some) =>
    some.map((one) => {
      const none = { confirmed: 0, proven: 0, rebooted: 0, left: SIGNALS.map(() => 0) }
      return { ...none, ...one, cohort: one.stratum === 'outside, a' ? 0 : 30 }
    }),
  )

test('any cells in any order: the same finite state, which survives JSON', () => {
  fc.assert(
    fc.property(fc.array(cells, { maxLength: 6 }), (looks) => {
      const run = (order: (some: readonly Cell[]) => readonly Cell[]) =>
        looks.reduce((state, some, i) => lookAt(state, order(some), T0 + i), inFirstWave())
      const state = run((some) => some)
      assert.deepEqual(
        run((some) => some.toReversed()),
        state,
      )
      assert.deepEqual(JSON.parse(JSON.stringify(state)), state)
      for (const { logTerms } of state.processes) assert.ok(logTerms.every(Number.isFinite))
      assert.ok(state.processes.length <= 3 * COMPARED_SIGNALS.length)
    }),
    { numRuns: 300 },
  )
})
