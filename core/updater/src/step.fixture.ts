import { digestOf, imageOf, slotsOf, type SlotSketch } from './slots.fixture.ts'
import { SAFE_MODE_COOL_DOWN_MS } from './slots.ts'
import { type SlotEffect, type SlotEvent, stepSlots } from './step.ts'

export const NOW = 1_000_000_000

export const started: SlotEvent = { kind: 'started', bootId: '', starter: null }
export const startedWith = (starter: number, bootId = ''): SlotEvent => ({
  kind: 'started',
  bootId,
  starter: imageOf(starter),
})
export const resumed: SlotEvent = { kind: 'resumed' }
export const passed: SlotEvent = { kind: 'trial-passed' }
export const died: SlotEvent = { kind: 'candidate-died', code: 'engine/exited', message: 'signal 11' }
export const refused: SlotEvent = { kind: 'refused', code: 'detect/unsupplied-field', message: 'needs field 21' }
export const confirmedDied: SlotEvent = { kind: 'confirmed-died' }
export const offered = (n: number, generation = 0): SlotEvent => ({ kind: 'offered', image: imageOf(n), generation })
export const recalled = (...n: readonly number[]): SlotEvent => ({ kind: 'recalled', digests: n.map(digestOf) })
export const damaged = (n: number): SlotEvent => ({ kind: 'damaged', imageDigest: digestOf(n) })

export const run = (n: number | null): SlotEffect => ({ kind: 'run-confirmed', image: n === null ? null : imageOf(n) })
export const attempt = (n: number): SlotEffect => ({ kind: 'try-candidate', image: imageOf(n) })
export const keep = (n: number): SlotEffect => ({ kind: 'keep-candidate', image: imageOf(n) })
export const end: SlotEffect = { kind: 'end-trial' }

export type Row = readonly [
  name: string,
  before: SlotSketch,
  event: SlotEvent,
  after: SlotSketch | 'same',
  effects: readonly SlotEffect[],
]

/** What became of a row, beside what it says. Outcomes have tests of their own. */
export function played([, sketch, event, after, effects]: Row) {
  const before = slotsOf(sketch)
  const step = stepSlots(before, event, NOW)
  const isSame = after === 'same'
  const found = {
    state: { ...step.state, outcomes: [] },
    effects: step.effects,
    stateBefore: before,
    isWrittenForNothing: isSame && step.state !== before,
  }
  const state = slotsOf(isSame ? sketch : after)
  return { found, expected: { state, effects, stateBefore: slotsOf(sketch), isWrittenForNothing: false } }
}

/** 1 is last known good, 2 confirmed, 3 the candidate, 4 something new, 9 rejected. */
export const settled: SlotSketch = { lastKnownGood: 1, confirmed: 2, rejected: [9] }
export const inTrial: SlotSketch = { ...settled, candidate: [3, 'running', 0] }
export const retrying: SlotSketch = { ...settled, candidate: [3, 'running', 1] }
export const waiting: SlotSketch = { ...settled, candidate: [3, 'waiting', 1] }
/** 0 is the starter. */
export const built: SlotSketch = { ...settled, starter: 0 }
export const since: readonly [sinceMs: number, generation: number] = [NOW - SAFE_MODE_COOL_DOWN_MS, 5]
export const safe: SlotSketch = { ...built, safe: since, generation: 5 }
export const fourDeaths: readonly number[] = [NOW - 4, NOW - 3, NOW - 2, NOW - 1]
