import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Sha256Hex } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { SlotModel } from './slot-model.fixture.ts'
import { digestOf, imageOf } from './slots.fixture.ts'
import {
  CRASH_LOOP_DEATHS_MAX,
  CRASH_LOOP_WINDOW_MS,
  EMPTY_SLOTS,
  encodeSlots,
  FALLBACK_WINDOW_MS,
  FALLBACKS_MAX,
  OUTCOMES_MAX,
  parseSlots,
  REJECTED_MAX,
  SAFE_MODE_COOL_DOWN_MS,
  type SlotImage,
  type SlotState,
  TRIAL_KILLS_MAX,
} from './slots.ts'
import { type SlotEvent, stepSlots } from './step.ts'

/** Few images, so that a history meets the same one in every role. 0 and 1 are starters too. */
const IMAGES = 14

/** The slot machine, and engines that run what its effects say and nothing else. */
class Host {
  state: SlotState = EMPTY_SLOTS
  engines: { trial: Sha256Hex | null; rests: Sha256Hex | null } = { trial: null, rests: null }

  take(event: SlotEvent, nowMs: number): void {
    const { state, effects } = stepSlots(this.state, event, nowMs)
    this.state = state
    if (event.kind === 'started') this.engines = { trial: null, rests: null }
    for (const effect of effects) {
      if (effect.kind === 'run-confirmed') this.engines.rests = effect.image?.imageDigest ?? null
      if (effect.kind === 'end-trial') this.engines.trial = null
      if (effect.kind === 'try-candidate') {
        assert.equal(this.engines.trial, null, 'one trial at a time')
        this.engines.trial = effect.image.imageDigest
      }
      if (effect.kind === 'keep-candidate') {
        assert.equal(this.engines.trial, effect.image.imageDigest, 'what is kept is what was in trial')
        this.engines = { trial: null, rests: effect.image.imageDigest }
      }
    }
  }
}

function check(model: SlotModel, { state, engines }: Host): void {
  const { candidate, confirmed, lastKnownGood } = state
  const number = (image: SlotImage | null | undefined) =>
    image ? Number.parseInt(image.imageDigest.slice(0, 2), 16) : null
  const seen = {
    trial: candidate?.stage === 'running' ? number(candidate.image) : null,
    waiting: candidate?.stage === 'waiting' ? number(candidate.image) : null,
    confirmed: number(confirmed),
    lastKnownGood: number(lastKnownGood),
    runs: engines.rests === null ? null : Number.parseInt(engines.rests.slice(0, 2), 16),
    mode: state.safe ? 'safe' : 'normal',
    starts: state.starts,
  }
  assert.deepEqual(seen, model.view)
  const inTrial = candidate?.stage === 'running' ? candidate.image.imageDigest : null
  assert.equal(engines.trial, inTrial, 'the engine in trial is what the slots say')
  checkSlots(model, state)
}

function checkSlots(model: SlotModel, state: SlotState): void {
  const held = [state.candidate?.image, state.confirmed, state.lastKnownGood].flatMap((one) => one?.imageDigest ?? [])
  assert.equal(new Set(held).size, held.length, 'three slots, three images')
  const banned = [...model.banned].map(digestOf)
  for (const digest of banned) assert.ok(!held.includes(digest), 'what was rejected or recalled is in no slot')
  assert.deepEqual(new Set(state.rejected), new Set(banned), 'and is remembered')
  assert.notEqual(state.starter?.imageDigest, state.recalledStarter ?? '', 'a recalled starter is gone')
  assert.ok((state.candidate?.kills ?? 0) < TRIAL_KILLS_MAX)
  const bounds = [
    [state.outcomes.map(({ imageDigest }) => imageDigest), OUTCOMES_MAX],
    [state.rejected, REJECTED_MAX],
  ] as const
  for (const [list, max] of bounds) assert.ok(list.length <= max && new Set(list).size === list.length)
  assert.ok(state.confirmedDeathsAtMs.length <= CRASH_LOOP_DEATHS_MAX && state.fallbacksAtMs.length <= FALLBACKS_MAX)
  assert.deepEqual(parseSlots(encodeSlots(state)), state, 'a state comes back from the disk as it was')
}

/** Something that happens: to the model in its own words, to the host as an event. */
class Happening implements fc.Command<SlotModel, Host> {
  readonly #said: string
  readonly #happen: (model: SlotModel, take: (event: SlotEvent) => void) => void

  constructor(said: string, happen: (model: SlotModel, take: (event: SlotEvent) => void) => void) {
    this.#said = said
    this.#happen = happen
  }

  check(): boolean {
    return true
  }

  run(model: SlotModel, host: Host): void {
    this.#happen(model, (event) => {
      host.take(event, model.nowMs)
    })
    check(model, host)
  }

  toString(): string {
    return this.#said
  }
}

const died: SlotEvent = { kind: 'candidate-died', code: 'engine/died', message: '' }
const pick = fc.nat(IMAGES - 1)

const offered = fc.tuple(pick, fc.nat(1)).map(
  ([n, newer]) =>
    new Happening(`offer ${n}${newer ? ' by a newer plan' : ''}`, (model, take) => {
      const generation = model.plan + newer
      take({ kind: 'offered', image: imageOf(n), generation })
      model.offer(n, generation)
    }),
)
/** What a bad release does, and what comes after the cool-down: histories of single events seldom get that far. */
const badRelease = pick.map(
  (n) =>
    new Happening(`bad release ${n}`, (model, take) => {
      const generation = model.plan + 1
      take({ kind: 'offered', image: imageOf(n), generation })
      model.offer(n, generation)
      for (let i = 0; i < TRIAL_KILLS_MAX; i++) {
        take(died)
        model.candidateDies()
      }
    }),
)
const lateOffer = fc.option(pick).map(
  (n) =>
    new Happening(`${n === null ? 'what is confirmed' : n} is offered after the cool-down`, (model, take) => {
      const image = n ?? model.view.confirmed
      if (image === null) return
      model.nowMs += SAFE_MODE_COOL_DOWN_MS
      const generation = model.plan + 1
      take({ kind: 'offered', image: imageOf(image), generation })
      model.offer(image, generation)
    }),
)
const passed = fc.constant(
  new Happening('trial passed', (model, take) => {
    take({ kind: 'trial-passed' })
    model.pass()
  }),
)
const candidateDied = fc.constant(
  new Happening('candidate died', (model, take) => {
    take(died)
    model.candidateDies()
  }),
)
const started = fc.tuple(fc.constantFrom('a', 'b'), fc.option(fc.nat(1), { freq: 4 })).map(
  ([bootId, n]) =>
    new Happening(`start in boot ${bootId} with ${n === null ? 'no starter' : `starter ${n}`}`, (model, take) => {
      take({ kind: 'started', bootId, starter: n === null ? null : imageOf(n) })
      model.start(bootId, n)
    }),
)
const refused = fc.constant(
  new Happening('refused', (model, take) => {
    take({ kind: 'refused', code: 'c', message: 'm' })
    model.refuse()
  }),
)
const restingDied = fc.integer({ min: 1, max: 5 }).map(
  (times) =>
    new Happening(`what rests died ${times} times`, (model, take) => {
      for (let i = 0; i < times; i++) {
        take({ kind: 'confirmed-died' })
        model.restingDies()
      }
    }),
)
const recalled = fc.array(pick, { maxLength: 2 }).map(
  (list) =>
    new Happening(`recall of ${list.join(' and ')}`, (model, take) => {
      take({ kind: 'recalled', digests: list.map(digestOf) })
      model.recall(list)
    }),
)
const damaged = pick.map(
  (n) =>
    new Happening(`damage to ${n}`, (model, take) => {
      take({ kind: 'damaged', imageDigest: digestOf(n) })
      model.damage(n)
    }),
)
const recovered = pick.map(
  (n) =>
    new Happening(`recovered from ${n}`, (_, take) => {
      take({ kind: 'recovered', imageDigest: digestOf(n), recoverMs: 1 })
    }),
)
const resumed = fc.constant(
  new Happening('resume', (model, take) => {
    take({ kind: 'resumed' })
    model.resume()
  }),
)
/** Mostly moments; sometimes just longer than a window; sometimes the clock is set back. */
const waits = fc
  .oneof(
    { weight: 4, arbitrary: fc.nat(60_000) },
    { weight: 3, arbitrary: fc.constant(SAFE_MODE_COOL_DOWN_MS) },
    { weight: 1, arbitrary: fc.constantFrom(CRASH_LOOP_WINDOW_MS + 1, FALLBACK_WINDOW_MS + 1) },
    { weight: 1, arbitrary: fc.integer({ min: -2 * FALLBACK_WINDOW_MS, max: 0 }) },
  )
  .map(
    (ms) =>
      new Happening(`${ms} ms pass`, (model) => {
        model.nowMs += ms
      }),
  )

/** What is likely on a real host comes more than once in the list. */
const happenings = [
  offered,
  offered,
  offered,
  badRelease,
  lateOffer,
  candidateDied,
  candidateDied,
  candidateDied,
  passed,
  passed,
  started,
  started,
  waits,
  waits,
  refused,
  restingDied,
  recalled,
  damaged,
  recovered,
  resumed,
]

const RARE = [
  'starter',
  'starter recalled',
  'refused',
  'passed',
  'fell back: died',
  'fell back: restarted',
  'fell back: rebooted',
  'crash loop',
  'crash loop to the starter',
  'safe mode',
  'safe mode ends a trial',
  'falls in safe mode',
  'offer in safe mode',
  'confirmed proves itself again',
  'safe mode ends by a trial',
  'safe mode ends by a word',
]
const TIMES_MIN = 5

test('any history leaves the host as the model says, and its engines as the slots say', () => {
  const reached = new Map<string, number>()
  fc.assert(
    fc.property(fc.commands(happenings, { maxCommands: 120, size: 'max' }), (commands) => {
      const model = new SlotModel()
      fc.modelRun(() => ({ model, real: new Host() }), commands)
      for (const what of model.reached) reached.set(what, (reached.get(what) ?? 0) + 1)
    }),
    { numRuns: 1_000, seed: 20_240_719 },
  )
  for (const what of RARE) {
    assert.ok((reached.get(what) ?? 0) >= TIMES_MIN, `the histories reach "${what}": ${JSON.stringify([...reached])}`)
  }
})
