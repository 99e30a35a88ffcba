import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sha256Hex } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { digestOf, imageOf } from './slots.fixture.ts'
import {
  CRASH_LOOP_DEATHS_MAX,
  CRASH_LOOP_WINDOW_MS,
  EMPTY_SLOTS,
  encodeSlots,
  OUTCOMES_MAX,
  parseSlots,
  REJECTED_MAX,
  type SlotState,
  TRIAL_KILLS_MAX,
} from './slots.ts'
import { type SlotEvent, type SlotStep, stepSlots } from './step.ts'

/** Few images, so that a history meets the same one in every role. */
const IMAGES = 6

/** What an onlooker knows, who sees events and effects but not how they were decided. Shares no code with the slot machine. */
class Onlooker {
  /** Recalled, or seen to end as refused or fell-back. */
  readonly banned = new Set<Sha256Hex>()
  /** What the host's engines run, going by the effects alone. */
  engines: { trial: Sha256Hex | null; confirmed: Sha256Hex | null } = { trial: null, confirmed: null }
  /** Deaths in the trial of the image that is or was last in trial. */
  deaths = { of: '', count: 0 }
  /** When engines of this confirmed image died. */
  confirmedDeaths: { of: Sha256Hex | null; atMs: number[] } = { of: null, atMs: [] }
  readonly reached = new Set<string>()
  clockWentBack = false
  nowMs = 1_000_000_000

  obey(event: SlotEvent, { effects }: SlotStep): void {
    if (event.kind === 'started') this.engines = { trial: null, confirmed: null }
    for (const effect of effects) {
      this.reached.add(effect.kind)
      if (effect.kind === 'run-confirmed') this.engines.confirmed = effect.image?.imageDigest ?? null
      if (effect.kind === 'end-trial') this.engines.trial = null
      if (effect.kind === 'try-candidate') {
        assert.equal(this.engines.trial, null, 'one trial at a time')
        this.engines.trial = effect.image.imageDigest
      }
      if (effect.kind === 'keep-candidate') {
        assert.equal(this.engines.trial, effect.image.imageDigest, 'what is kept is what was in trial')
        this.engines = { trial: null, confirmed: effect.image.imageDigest }
      }
    }
  }

  countDeaths(before: SlotState, event: SlotEvent, { effects }: SlotStep): void {
    const running = before.candidate?.stage === 'running' ? before.candidate.image.imageDigest : null
    const offered = event.kind === 'offered' && effects.length > 0 ? event.image.imageDigest : null
    if (offered !== null && offered !== digestIn(before.candidate?.image)) this.deaths = { of: offered, count: 0 }
    if (running && (event.kind === 'started' || event.kind === 'candidate-died')) this.deaths.count++
    const confirmed = digestIn(before.confirmed)
    if (confirmed !== this.confirmedDeaths.of) this.confirmedDeaths = { of: confirmed, atMs: [] }
    if (event.kind === 'confirmed-died') this.confirmedDeaths.atMs.push(this.nowMs)
  }

  get isCrashLoop(): boolean {
    const recent = this.confirmedDeaths.atMs.filter((at) => Math.abs(at - this.nowMs) <= CRASH_LOOP_WINDOW_MS)
    return recent.length >= CRASH_LOOP_DEATHS_MAX
  }
}

function digestIn(image: { readonly imageDigest: Sha256Hex } | null | undefined): Sha256Hex | null {
  return image?.imageDigest ?? null
}

function held(state: SlotState): Sha256Hex[] {
  const all = [digestIn(state.candidate?.image), digestIn(state.confirmed), digestIn(state.lastKnownGood)]
  return all.filter((digest) => digest !== null)
}

function checkState(state: SlotState, seen: Onlooker): void {
  const digests = held(state)
  assert.equal(new Set(digests).size, digests.length, 'three slots, three images')
  for (const digest of digests) {
    assert.ok(!seen.banned.has(digest), 'what was rejected or recalled is in no slot')
    assert.ok(!state.rejected.includes(digest), 'no slot holds what the state calls rejected')
  }
  for (const digest of seen.banned) assert.ok(state.rejected.includes(digest), 'rejected is remembered')
  assert.ok(state.confirmed !== null || state.lastKnownGood === null, 'last known good moves up')
  for (const [list, max] of [
    [state.outcomes.map((one) => one.imageDigest), OUTCOMES_MAX],
    [state.rejected, REJECTED_MAX],
  ] as const) {
    assert.equal(new Set(list).size, list.length, 'each once')
    assert.ok(list.length <= max)
  }
  assert.ok(state.confirmedDeathsAtMs.length <= CRASH_LOOP_DEATHS_MAX)
  assert.deepEqual(parseSlots(encodeSlots(state)), state, 'a state comes back from the disk as it was')
}

function checkTrial(before: SlotState, event: SlotEvent, { state }: SlotStep, seen: Onlooker): void {
  const candidate = digestIn(state.candidate?.image)
  if (candidate !== null) {
    assert.equal(seen.deaths.of, candidate)
    assert.ok(seen.deaths.count < TRIAL_KILLS_MAX, 'the second death ends a trial')
    assert.equal(state.candidate?.kills, seen.deaths.count)
  }
  if (event.kind === 'started') {
    assert.notEqual(state.candidate?.stage, 'running', 'a restart never comes up in a trial')
    assert.equal(digestIn(state.confirmed), digestIn(before.confirmed))
    assert.equal(seen.engines.confirmed, digestIn(before.confirmed), 'it comes up on confirmed')
    assert.equal(state.starts, before.starts + 1)
  } else assert.equal(state.starts, before.starts)
  if (event.kind === 'offered' && before.candidate?.stage !== 'running') {
    const digest = event.image.imageDigest
    const takes = !seen.banned.has(digest) && digest !== digestIn(before.confirmed)
    assert.equal(seen.engines.trial, takes ? digest : null, 'an offer is tried, unless it is confirmed or banned')
  }
}

function checkConfirmed(before: SlotState, event: SlotEvent, { state }: SlotStep, seen: Onlooker): void {
  const [was, is] = [digestIn(before.confirmed), digestIn(state.confirmed)]
  const loops = event.kind === 'confirmed-died' && seen.isCrashLoop
  if (loops && !seen.clockWentBack && before.lastKnownGood) assert.notEqual(is, was, 'a crash loop ends')
  if (was === is) return
  const promoted = event.kind === 'trial-passed' && before.candidate?.stage === 'running'
  if (promoted) {
    assert.equal(is, digestIn(before.candidate?.image))
    assert.equal(digestIn(state.lastKnownGood), was ?? digestIn(before.lastKnownGood), 'the way back is kept')
    return
  }
  assert.notEqual(was, null, 'nothing but a trial fills an empty host')
  const removed =
    (event.kind === 'recalled' && event.digests.some((digest) => digest === was)) ||
    (event.kind === 'damaged' && event.imageDigest === was) ||
    (loops && before.lastKnownGood !== null)
  assert.ok(removed, `${event.kind} took away what was confirmed`)
  const fallback = digestIn(before.lastKnownGood)
  assert.equal(is, fallback !== null && isGone(fallback, event) ? null : fallback, 'what is next moves up, if it may')
}

function isGone(digest: Sha256Hex, event: SlotEvent): boolean {
  return event.kind === 'recalled' && event.digests.includes(digest)
}

/** A candidate leaves its slot for a reason that names it. */
function checkCandidate(before: SlotState, event: SlotEvent, { state }: SlotStep, seen: Onlooker): void {
  const was = digestIn(before.candidate?.image)
  if (was === null || was === digestIn(state.candidate?.image)) return
  const may =
    event.kind === 'trial-passed' ||
    event.kind === 'refused' ||
    (event.kind === 'offered' && before.candidate?.stage === 'waiting') ||
    (seen.deaths.of === was && seen.deaths.count >= TRIAL_KILLS_MAX) ||
    isGone(was, event) ||
    (event.kind === 'damaged' && event.imageDigest === was)
  assert.ok(may, `${event.kind} took away the candidate`)
}

/** Only what an event is about changes: a way back is not lost to something else. */
function checkLastKnownGood(before: SlotState, event: SlotEvent, { state }: SlotStep): void {
  const was = digestIn(before.lastKnownGood)
  if (was === null || held(state).includes(was)) return
  const may =
    event.kind === 'trial-passed' || isGone(was, event) || (event.kind === 'damaged' && event.imageDigest === was)
  assert.ok(may, `${event.kind} took away the way back`)
}

function step(before: SlotState, event: SlotEvent, seen: Onlooker): SlotState {
  const result = stepSlots(before, event, seen.nowMs)
  const { state } = result
  if (event.kind === 'recalled') for (const digest of event.digests) seen.banned.add(digest)
  for (const { imageDigest, outcome, code } of state.outcomes) {
    seen.reached.add(outcome)
    if (code === 'confirmed/crash-loop') seen.reached.add('crash-loop')
    if (outcome === 'refused' || outcome === 'fell-back') seen.banned.add(imageDigest)
  }
  seen.countDeaths(before, event, result)
  seen.obey(event, result)
  if (
    event.kind === 'candidate-died' &&
    before.candidate?.stage === 'running' &&
    seen.deaths.count >= TRIAL_KILLS_MAX
  ) {
    assert.ok(seen.banned.has(before.candidate.image.imageDigest), 'two deaths are an outcome')
  }
  if (event.kind === 'refused' && before.candidate) {
    assert.ok(seen.banned.has(before.candidate.image.imageDigest), 'a refusal is an outcome')
  }
  checkState(state, seen)
  checkTrial(before, event, result, seen)
  checkConfirmed(before, event, result, seen)
  checkCandidate(before, event, result, seen)
  checkLastKnownGood(before, event, result)
  const inTrial = state.candidate?.stage === 'running' ? state.candidate.image.imageDigest : null
  assert.deepEqual(
    seen.engines,
    { trial: inTrial, confirmed: digestIn(state.confirmed) },
    'engines run what the state says',
  )
  return state
}

const pick = fc.nat(IMAGES - 1)
const words = fc.record({
  code: fc.string({ maxLength: 80, size: 'max' }),
  message: fc.string({ unit: 'binary', maxLength: 20 }),
})
const events: fc.Arbitrary<SlotEvent> = fc.oneof(
  { weight: 10, arbitrary: pick.map((n): SlotEvent => ({ kind: 'offered', image: imageOf(n) })) },
  { weight: 8, arbitrary: fc.constant<SlotEvent>({ kind: 'trial-passed' }) },
  { weight: 2, arbitrary: fc.constant<SlotEvent>({ kind: 'confirmed-died' }) },
  { weight: 3, arbitrary: fc.constant<SlotEvent>({ kind: 'started' }) },
  { weight: 3, arbitrary: words.map((said): SlotEvent => ({ kind: 'candidate-died', ...said })) },
  { weight: 1, arbitrary: words.map((said): SlotEvent => ({ kind: 'refused', ...said })) },
  {
    weight: 2,
    arbitrary: fc
      .tuple(pick, fc.nat(5_000))
      .map(([n, recoverMs]): SlotEvent => ({ kind: 'recovered', imageDigest: digestOf(n), recoverMs })),
  },
  {
    weight: 1,
    arbitrary: fc
      .array(pick, { maxLength: 3 })
      .map((list): SlotEvent => ({ kind: 'recalled', digests: list.map(digestOf) })),
  },
  { weight: 1, arbitrary: pick.map((n): SlotEvent => ({ kind: 'damaged', imageDigest: digestOf(n) })) },
)
/** Mostly moments apart; sometimes longer than the crash-loop window; sometimes the clock is set back. */
const pauses = fc.oneof(
  { weight: 20, arbitrary: fc.nat(60_000) },
  { weight: 1, arbitrary: fc.constant(CRASH_LOOP_WINDOW_MS + 1) },
  { weight: 1, arbitrary: fc.integer({ min: -2 * CRASH_LOOP_WINDOW_MS, max: 0 }) },
)

/** What comes together: single events, a release that goes well, an engine that dies again and again. */
const stretches = fc.oneof(
  { weight: 8, arbitrary: events.map((event) => [event]) },
  {
    weight: 2,
    arbitrary: pick.map((n): SlotEvent[] => [{ kind: 'offered', image: imageOf(n) }, { kind: 'trial-passed' }]),
  },
  {
    weight: 1,
    arbitrary: fc
      .integer({ min: 3, max: 5 })
      .map((n) => Array.from({ length: n }, (): SlotEvent => ({ kind: 'confirmed-died' }))),
  },
)
const histories = fc
  .array(stretches, { minLength: 10, maxLength: 40 })
  .chain((list) => fc.tuple(...list.flat().map((event) => fc.tuple(fc.constant(event), pauses))))

test('in any history the slots hold their invariants, and the engines run what the slots say', () => {
  const reached = new Map<string, number>()
  fc.assert(
    fc.property(histories, (history) => {
      const seen = new Onlooker()
      let state = step(EMPTY_SLOTS, { kind: 'started' }, seen)
      for (const [event, pauseMs] of history) {
        seen.nowMs += pauseMs
        seen.clockWentBack ||= pauseMs < 0
        state = step(state, event, seen)
      }
      for (const what of seen.reached) reached.set(what, (reached.get(what) ?? 0) + 1)
    }),
    { numRuns: 1_500, seed: 20_240_719 },
  )
  const ends = ['confirmed', 'refused', 'fell-back', 'crash-loop', 'run-confirmed', 'keep-candidate', 'end-trial']
  for (const end of ends) {
    assert.ok((reached.get(end) ?? 0) > 30, `the histories reach ${end}: ${JSON.stringify([...reached])}`)
  }
})
