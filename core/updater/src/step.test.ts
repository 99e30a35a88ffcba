import assert from 'node:assert/strict'
import { test } from 'node:test'
import { digestOf, imageOf, type SlotSketch, slotsOf } from './slots.fixture.ts'
import {
  CRASH_LOOP_WINDOW_MS,
  EMPTY_SLOTS,
  encodeSlots,
  FALLBACK_WINDOW_MS,
  OUTCOMES_MAX,
  parseSlots,
  REJECTED_MAX,
  SAFE_MODE_COOL_DOWN_MS,
  type SlotState,
} from './slots.ts'
import { type SlotEffect, type SlotEvent, stepSlots } from './step.ts'

const NOW = 1_000_000_000

const started: SlotEvent = { kind: 'started', bootId: '', starter: null }
const startedWith = (starter: number, bootId = ''): SlotEvent => ({
  kind: 'started',
  bootId,
  starter: imageOf(starter),
})
const resumed: SlotEvent = { kind: 'resumed' }
const passed: SlotEvent = { kind: 'trial-passed' }
const died: SlotEvent = { kind: 'candidate-died', code: 'engine/exited', message: 'signal 11' }
const refused: SlotEvent = { kind: 'refused', code: 'detect/unsupplied-field', message: 'needs field 21' }
const confirmedDied: SlotEvent = { kind: 'confirmed-died' }
const offered = (n: number, generation = 0): SlotEvent => ({ kind: 'offered', image: imageOf(n), generation })
const recalled = (...n: readonly number[]): SlotEvent => ({ kind: 'recalled', digests: n.map(digestOf) })
const damaged = (n: number): SlotEvent => ({ kind: 'damaged', imageDigest: digestOf(n) })

const run = (n: number | null): SlotEffect => ({ kind: 'run-confirmed', image: n === null ? null : imageOf(n) })
const attempt = (n: number): SlotEffect => ({ kind: 'try-candidate', image: imageOf(n) })
const keep = (n: number): SlotEffect => ({ kind: 'keep-candidate', image: imageOf(n) })
const end: SlotEffect = { kind: 'end-trial' }

type Row = readonly [
  name: string,
  before: SlotSketch,
  event: SlotEvent,
  after: SlotSketch | 'same',
  effects: readonly SlotEffect[],
]

/** 1 is last known good, 2 confirmed, 3 the candidate, 4 something new, 9 rejected. */
const settled: SlotSketch = { lastKnownGood: 1, confirmed: 2, rejected: [9] }
const inTrial: SlotSketch = { ...settled, candidate: [3, 'running', 0] }
const retrying: SlotSketch = { ...settled, candidate: [3, 'running', 1] }
const waiting: SlotSketch = { ...settled, candidate: [3, 'waiting', 1] }
/** 0 is the starter. */
const built: SlotSketch = { ...settled, starter: 0 }
const since = [NOW - SAFE_MODE_COOL_DOWN_MS, 5] as const
const safe: SlotSketch = { ...built, safe: since, generation: 5 }
const fourDeaths = [NOW - 4, NOW - 3, NOW - 2, NOW - 1]

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

  ['the starter runs where nothing is confirmed', {}, startedWith(0), { starts: 1, starter: 0 }, [run(0)]],
  ['a confirmed image goes before the starter', settled, startedWith(0), { ...built, starts: 1 }, [run(2)]],
  ['the starter of a newer agent', built, startedWith(8), { ...built, starter: 8, starts: 1 }, [run(2)]],
  ['a starter that is damaged at a start', built, started, { ...settled, starts: 1 }, [run(2)]],
  [
    'another starter forgets the deaths of the one before',
    { starter: 0, deathsAtMs: fourDeaths },
    startedWith(8),
    { starts: 1, starter: 8 },
    [run(8)],
  ],
  ['a recalled starter does not come back', { recalledStarter: 0 }, startedWith(0), { recalledStarter: 0, starts: 1 }, [run(null)]], // prettier-ignore
  ['recall of the only image: the starter', { confirmed: 2, starter: 0 }, recalled(2), { starter: 0, rejected: [2] }, [run(0)]], // prettier-ignore
  ['recall of the starter', { starter: 0 }, recalled(0), { recalledStarter: 0, rejected: [0] }, [run(null)]],
  [
    'recall of a starter that had fallen back as a candidate',
    { starter: 0, rejected: [0] },
    recalled(0),
    { recalledStarter: 0, rejected: [0] },
    [run(null)],
  ],
  ['damage to everything: the starter', { confirmed: 2, starter: 0 }, damaged(2), { starter: 0 }, [run(0)]],
  ['damage to the starter', { starter: 0 }, damaged(0), {}, [run(null)]],
  ['the starter as a release is tried', { starter: 0 }, offered(0), { starter: 0, candidate: [0, 'running', 0] }, [attempt(0)]], // prettier-ignore
  [
    'a crash loop with nothing but the starter to go back to',
    { confirmed: 2, starter: 0, deathsAtMs: fourDeaths },
    confirmedDied,
    { starter: 0, rejected: [2], fallbacksAtMs: [NOW] },
    [run(0)],
  ],
  [
    'a crash loop of the starter itself: it keeps trying',
    { starter: 0, deathsAtMs: fourDeaths },
    confirmedDied,
    { starter: 0, deathsAtMs: [...fourDeaths, NOW] },
    [],
  ],
  [
    'a crash loop of a release that is the starter: it keeps trying',
    { confirmed: 0, starter: 0, deathsAtMs: fourDeaths },
    confirmedDied,
    { confirmed: 0, starter: 0, deathsAtMs: [...fourDeaths, NOW] },
    [],
  ],

  [
    'the third fallback is safe mode',
    { ...built, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - 2, NOW - 1], generation: 5 },
    died,
    { ...safe, rejected: [9, 3], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 5] },
    [end, run(0)],
  ],
  [
    'a fallback long ago does not count',
    { ...built, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - FALLBACK_WINDOW_MS - 1, NOW - 1] },
    died,
    { ...built, rejected: [9, 3], fallbacksAtMs: [NOW - 1, NOW] },
    [end],
  ],
  [
    'safe mode by a crash loop: the trial waits',
    {
      ...built,
      candidate: [3, 'running', 0],
      fallbacksAtMs: [NOW - 2, NOW - 1],
      deathsAtMs: fourDeaths,
      generation: 5,
    },
    confirmedDied,
    { starter: 0, confirmed: 1, rejected: [9, 2], candidate: [3, 'waiting', 0], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 5], generation: 5 }, // prettier-ignore
    [end, run(0)],
  ],
  [
    'safe mode by a restart',
    { ...built, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - 2, NOW - 1], generation: 5 },
    startedWith(0),
    { ...safe, starts: 1, rejected: [9, 3], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 5] },
    [run(0)],
  ],
  [
    'safe mode without a starter: no candidates, but what is confirmed runs',
    { ...settled, candidate: [3, 'running', 1], fallbacksAtMs: [NOW - 2, NOW - 1] },
    died,
    { ...settled, rejected: [9, 3], fallbacksAtMs: [NOW - 2, NOW - 1, NOW], safe: [NOW, 0] },
    [end],
  ],
  ['it lasts over a start', safe, startedWith(0), { ...safe, starts: 1 }, [run(0)]],
  ['it takes no offer of the plan that led there', safe, offered(4, 5), 'same', []],
  ['and none before it has cooled down', { ...safe, safe: [NOW - SAFE_MODE_COOL_DOWN_MS + 1, 5] }, offered(4, 6), 'same', []], // prettier-ignore
  ['and none that was rejected', safe, offered(9, 6), 'same', []],
  [
    'a newer plan is tried over the starter',
    safe,
    offered(4, 6),
    { ...safe, candidate: [4, 'running', 0], generation: 6 },
    [attempt(4)],
  ],
  [
    'also when a clock was set back far',
    { ...safe, safe: [NOW + SAFE_MODE_COOL_DOWN_MS, 5] },
    offered(4, 6),
    { ...safe, safe: [NOW + SAFE_MODE_COOL_DOWN_MS, 5], candidate: [4, 'running', 0], generation: 6 },
    [attempt(4)],
  ],
  [
    'even what was confirmed has to prove itself again',
    safe,
    offered(2, 6),
    { starter: 0, rejected: [9], safe: since, candidate: [2, 'running', 0], confirmed: 1, generation: 6 },
    [attempt(2)],
  ],
  [
    'a trial that passes ends it',
    { ...safe, candidate: [4, 'running', 0], fallbacksAtMs: [1, 2, 3] },
    passed,
    { starter: 0, confirmed: 4, lastKnownGood: 2, rejected: [9], generation: 5 },
    [keep(4)],
  ],
  [
    'one that does not begins it anew',
    { ...safe, candidate: [4, 'running', 1], generation: 6 },
    died,
    { ...safe, rejected: [9, 4], fallbacksAtMs: [NOW], safe: [NOW, 6], generation: 6 },
    [end],
  ],
  [
    'a recall of the starter in it: what is confirmed runs',
    safe,
    recalled(0),
    { lastKnownGood: 1, confirmed: 2, rejected: [9, 0], recalledStarter: 0, safe: since, generation: 5 },
    [run(2)],
  ],
  ['a recall of confirmed in it', safe, recalled(2), { starter: 0, confirmed: 1, rejected: [9, 2], safe: since, generation: 5 }, []], // prettier-ignore
  ['a word of a person ends it', { ...safe, fallbacksAtMs: [1, 2, 3] }, resumed, { ...built, generation: 5 }, [run(2)]],
  ['a word of a person, in normal mode', built, resumed, 'same', []],
]

/** Outcomes have tests of their own, below. */
function withoutOutcomes(state: SlotState): SlotState {
  return { ...state, outcomes: [] }
}

for (const [name, sketch, event, after, effects] of table) {
  test(name, () => {
    const before = slotsOf(sketch)
    const frozen = structuredClone(before)
    const step = stepSlots(before, event, NOW)
    assert.deepEqual(withoutOutcomes(step.state), after === 'same' ? before : slotsOf(after))
    assert.deepEqual(step.effects, effects)
    assert.deepEqual(before, frozen, 'the state before is left alone')
    if (after === 'same') assert.equal(step.state, before, 'no new state: nothing has to be written')
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
      ['refused', refused.code, 0],
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
