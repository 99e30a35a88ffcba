import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, slotsOf } from './slots.fixture.ts'
import { CRASH_LOOP_WINDOW_MS, EMPTY_SLOTS, encodeSlots, OUTCOMES_MAX, parseSlots, REJECTED_MAX } from './slots.ts'
import { type SlotEvent, stepSlots } from './step.ts'
import {
  attempt,
  confirmedDied,
  damaged,
  died,
  end,
  fourDeaths,
  inTrial,
  keep,
  NOW,
  offered,
  passed,
  played,
  recalled,
  refused,
  retrying,
  run,
  settled,
  started,
  waiting,
  type Row,
} from './step.fixture.ts'

const table: readonly Row[] = [
  ['first start', {}, started, { starts: 1 }, [run(null)]],
  ['start outside a trial', settled, started, { ...settled, starts: 1 }, [run(2)]],
  ['start inside a trial', inTrial, started, { ...waiting, starts: 1 }, [run(2)]],
  [
    'second death is a start',
    retrying,
    started,
    { ...settled, starts: 1, rejected: [9, 3], fallbacksAtMs: [NOW] },
    [run(2)],
  ],
  ['start while a candidate waits is no death', waiting, started, { ...waiting, starts: 1 }, [run(2)]],
  [
    'start in the trial of the first image',
    { candidate: [3, 'running', 0] },
    started,
    { candidate: [3, 'waiting', 1], starts: 1 },
    [run(null)],
  ],

  ['first offer', {}, offered(4), { candidate: [4, 'running', 0] }, [attempt(4)]],
  ['offer', settled, offered(4), { ...settled, candidate: [4, 'running', 0] }, [attempt(4)]],
  ['offer of what is confirmed', settled, offered(2), 'same', []],
  ['offer of what is rejected', settled, offered(9), 'same', []],
  ['offer of what is in trial', inTrial, offered(3), 'same', []],
  ['offer of another inside a trial', inTrial, offered(4), 'same', []],
  [
    'offer of last known good: one digest, one slot',
    settled,
    offered(1),
    { confirmed: 2, rejected: [9], candidate: [1, 'running', 0] },
    [attempt(1)],
  ],
  ['offer of what waits: its death still counts', waiting, offered(3), retrying, [attempt(3)]],
  ['offer of another while one waits', waiting, offered(4), { ...settled, candidate: [4, 'running', 0] }, [attempt(4)]],

  ['refused', inTrial, refused, { ...settled, rejected: [9, 3] }, [end]],
  ['refused at the second try', retrying, refused, { ...settled, rejected: [9, 3] }, [end]],
  ['refused, the first image', { candidate: [3, 'running', 0] }, refused, { rejected: [3] }, [end]],
  ['refused, nothing in trial', settled, refused, 'same', []],

  ['first death in a trial may be an accident', inTrial, died, retrying, [end, attempt(3)]],
  ['second death ends it', retrying, died, { ...settled, rejected: [9, 3], fallbacksAtMs: [NOW] }, [end]],
  ['death of a candidate that waits', waiting, died, 'same', []],
  ['death, nothing in trial', settled, died, 'same', []],

  ['trial passed', inTrial, passed, { confirmed: 3, lastKnownGood: 2, rejected: [9] }, [keep(3)]],
  ['trial passed after a death', retrying, passed, { confirmed: 3, lastKnownGood: 2, rejected: [9] }, [keep(3)]],
  ['first trial passed', { candidate: [3, 'running', 0] }, passed, { confirmed: 3 }, [keep(3)]],
  [
    'trial passed clears deaths',
    { ...inTrial, deathsAtMs: fourDeaths },
    passed,
    { confirmed: 3, lastKnownGood: 2, rejected: [9] },
    [keep(3)],
  ],
  ['passed, but it only waits', waiting, passed, 'same', []],
  ['passed, nothing in trial', settled, passed, 'same', []],

  ['a death of confirmed is counted', settled, confirmedDied, { ...settled, deathsAtMs: [NOW] }, []],
  [
    'five deaths are a crash loop',
    { ...settled, deathsAtMs: fourDeaths },
    confirmedDied,
    { confirmed: 1, rejected: [9, 2], fallbacksAtMs: [NOW] },
    [run(1)],
  ],
  [
    'a crash loop inside a trial leaves the trial alone',
    { ...inTrial, deathsAtMs: fourDeaths },
    confirmedDied,
    { confirmed: 1, rejected: [9, 2], candidate: [3, 'running', 0], fallbacksAtMs: [NOW] },
    [run(1)],
  ],
  [
    'a death long ago does not count',
    { ...settled, deathsAtMs: [NOW - CRASH_LOOP_WINDOW_MS - 1, ...fourDeaths.slice(1)] },
    confirmedDied,
    { ...settled, deathsAtMs: [...fourDeaths.slice(1), NOW] },
    [],
  ],
  [
    'a death at the edge of the window counts',
    { ...settled, deathsAtMs: [NOW - CRASH_LOOP_WINDOW_MS, ...fourDeaths.slice(1)] },
    confirmedDied,
    { confirmed: 1, rejected: [9, 2], fallbacksAtMs: [NOW] },
    [run(1)],
  ],
  [
    'a clock set back far forgets the deaths of the future',
    { ...settled, deathsAtMs: fourDeaths.map((at) => at + 2 * CRASH_LOOP_WINDOW_MS) },
    confirmedDied,
    { ...settled, deathsAtMs: [NOW] },
    [],
  ],
  [
    'a crash loop with nothing to go back to: it keeps trying',
    { confirmed: 2, deathsAtMs: fourDeaths },
    confirmedDied,
    { confirmed: 2, deathsAtMs: [...fourDeaths, NOW] },
    [],
  ],
  [
    'and does not count beyond the loop',
    { confirmed: 2, deathsAtMs: [NOW - 5, ...fourDeaths] },
    confirmedDied,
    { confirmed: 2, deathsAtMs: [...fourDeaths, NOW] },
    [],
  ],
  ['a death of nothing', {}, confirmedDied, 'same', []],

  ['recall of confirmed', settled, recalled(2), { confirmed: 1, rejected: [9, 2] }, [run(1)]],
  [
    'recall of confirmed clears its deaths',
    { ...settled, deathsAtMs: fourDeaths },
    recalled(2),
    { confirmed: 1, rejected: [9, 2] },
    [run(1)],
  ],
  ['recall of the only image', { confirmed: 2 }, recalled(2), { rejected: [2] }, [run(null)]],
  ['recall of last known good', settled, recalled(1), { confirmed: 2, rejected: [9, 1] }, []],
  ['recall of both', settled, recalled(1, 2), { rejected: [9, 1, 2] }, [run(null)]],
  ['recall of the candidate', inTrial, recalled(3), { ...settled, rejected: [9, 3] }, [end]],
  ['recall of a candidate that waits', waiting, recalled(3), { ...settled, rejected: [9, 3] }, []],
  [
    'recall of confirmed inside a trial',
    inTrial,
    recalled(2),
    { candidate: [3, 'running', 0], confirmed: 1, rejected: [9, 2] },
    [run(1)],
  ],
  ['recall of everything', inTrial, recalled(1, 2, 3), { rejected: [9, 1, 2, 3] }, [end, run(null)]],
  ['recall of what is not here', settled, recalled(7), { ...settled, rejected: [9, 7] }, []],
  ['recall on an empty host', {}, recalled(7), { rejected: [7] }, []],
  ['the same twice in one recall', {}, recalled(7, 7), { rejected: [7] }, []],
  ['recall again', settled, recalled(9), 'same', []],
  ['recall of nothing', settled, recalled(), 'same', []],

  ['damage to confirmed', settled, damaged(2), { confirmed: 1, rejected: [9] }, [run(1)]],
  ['damage to the only image', { confirmed: 2 }, damaged(2), {}, [run(null)]],
  ['damage to last known good', settled, damaged(1), { confirmed: 2, rejected: [9] }, []],
  ['damage to the candidate', inTrial, damaged(3), settled, [end]],
  ['damage to a candidate that waits', waiting, damaged(3), settled, []],
  ['damage to what is not here', settled, damaged(7), settled, []],
]

for (const row of table) {
  test(row[0], () => {
    const { found, expected } = played(row)
    assert.deepEqual(found, expected)
  })
}

function outcomesAfter(...events: readonly SlotEvent[]): readonly (readonly [string, string, number])[] {
  let state = slotsOf({ lastKnownGood: 1, confirmed: 2 })
  for (const event of events) state = stepSlots(state, event, NOW).state
  return state.outcomes.map(({ outcome, code, recoverMs }) => [outcome, code, recoverMs])
}

const recovered = (n: number, recoverMs: number): SlotEvent => ({
  kind: 'recovered',
  imageDigest: digestOf(n),
  recoverMs,
})

const boot = (bootId: string): SlotEvent => ({ kind: 'started', bootId, starter: null })

const histories: readonly [name: string, events: readonly SlotEvent[], outcomes: readonly unknown[]][] = [
  ['offered', [offered(3)], [['trial', '', 0]]],
  ['confirmed', [offered(3), passed], [['confirmed', '', 0]]],
  ['refused', [offered(3), refused], [['refused', 'detect/unsupplied-field', 0]]],
  ['died once', [offered(3), died], [['trial', '', 0]]],
  ['died twice', [offered(3), died, died], [['fell-back', 'engine/exited', 0]]],
  ['restarted twice', [offered(3), started, offered(3), started], [['fell-back', 'trial/restarted', 0]]],
  ['died, then restarted', [offered(3), died, started], [['fell-back', 'trial/restarted', 0]]],
  ['died, then rebooted', [boot('a'), offered(3), died, boot('b')], [['fell-back', 'trial/rebooted', 0]]],
  ['restarted in one boot', [boot('a'), offered(3), died, boot('a')], [['fell-back', 'trial/restarted', 0]]],
  ['rebooted, then restarted', [boot('a'), offered(3), boot('b'), offered(3), boot('b')], [['fell-back', 'trial/restarted', 0]]], // prettier-ignore
  ['a crash loop', Array.from({ length: 5 }, () => confirmedDied), [['fell-back', 'confirmed/crash-loop', 0]]],
  ['the gap is known after the end', [offered(3), died, died, recovered(3, 70)], [['fell-back', 'engine/exited', 70]]],
  [
    'the longest gap stays',
    [offered(3), died, recovered(3, 70), died, recovered(3, 20)],
    [['fell-back', 'engine/exited', 70]],
  ],
  ['a gap of something else', [offered(3), recovered(4, 70)], [['trial', '', 0]]],
  [
    'two releases, oldest first',
    [offered(3), refused, offered(4), passed],
    [
      ['refused', 'detect/unsupplied-field', 0],
      ['confirmed', '', 0],
    ],
  ],
]
for (const [name, events, outcomes] of histories) {
  test(`outcome: ${name}`, () => assert.deepEqual(outcomesAfter(...events), outcomes))
}

test('words of an engine are cut to what a state may hold', () => {
  const before = slotsOf({ candidate: [3, 'running', 1] })
  const message = `${'x'.repeat(1_023)}\u{1f600}`
  const { state } = stepSlots(before, { kind: 'candidate-died', code: 'c'.repeat(500), message }, NOW)
  assert.deepEqual([state.outcomes[0]?.code.length, state.outcomes[0]?.message.length], [64, 1_024])
  assert.deepEqual(parseSlots(encodeSlots(state)), state, 'also where the cut goes through a character')
})

test('outcomes and rejected digests are bounded; the newest stay', () => {
  let state = EMPTY_SLOTS
  for (let n = 0; n < 40; n++) {
    state = stepSlots(stepSlots(state, offered(n), NOW).state, refused, NOW).state
  }
  assert.equal(state.outcomes.length, OUTCOMES_MAX)
  assert.equal(state.outcomes.at(-1)?.imageDigest, digestOf(39))
  const many = Array.from({ length: REJECTED_MAX }, (_, i) => `a${i.toString(16).padStart(63, '0')}`)
  state = stepSlots(state, { kind: 'recalled', digests: many }, NOW).state
  assert.deepEqual(state.rejected, many)
  assert.deepEqual(parseSlots(encodeSlots(state)), state)
})
