import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { decideLease, type Lease, mayWrite } from './lease.ts'

const TTL = 30_000
const held: Lease = { holder: 'a', token: 7, expiresAtMs: 100_000 }

const rows: readonly (readonly [string, Lease | null, string, number, string])[] = [
  ['nobody ever held it', null, 'a', 5, 'take free 1 30005'],
  ['its holder goes on', held, 'a', 90_000, 'renew own 7 120000'],
  ['its holder was away, and nobody took it', held, 'a', 500_000, 'renew own 7 530000'],
  ['another one asks in time', held, 'b', 99_999, 'wait held'],
  ['another one asks when it has run out', held, 'b', 100_000, 'take expired 8 130000'],
  ['a clock that was wrong wrote it', held, 'b', 39_999, 'take implausible 8 69999'],
  ['as long as somebody may ask for', held, 'b', 40_000, 'wait held'],
]
for (const [name, kept, me, nowMs, expected] of rows) {
  test(`${name}: ${expected}`, () => {
    const decision = decideLease(kept, me, nowMs, TTL)
    const lease = decision.kind === 'wait' ? '' : ` ${decision.lease.token} ${decision.lease.expiresAtMs}`
    assert.equal(`${decision.kind} ${decision.reason}${lease}`, expected)
    if (decision.kind !== 'wait') assert.equal(decision.lease.holder, me)
  })
}

test('who may write: the holder of the token that is kept, and nobody else', () => {
  assert.equal(mayWrite(held, held), true)
  assert.equal(mayWrite(held, { ...held, expiresAtMs: 1 }), true)
  assert.equal(mayWrite(held, { ...held, token: 6 }), false)
  assert.equal(mayWrite(held, { ...held, holder: 'b' }), false)
  assert.equal(mayWrite(null, held), false)
})

/** What is kept: one lease, one generation, and who wrote each generation. Each of its operations is one transaction. */
class Store {
  lease: Lease | null = null
  generation = 0
  readonly written: { readonly generation: number; readonly holder: string; readonly token: number }[] = []
}

/** A controller whose clock is wrong, and that may be stopped anywhere between two of its steps. */
class Controller {
  readonly #store: Store
  readonly #name: string
  readonly #skewMs: number
  readonly #isChecked: boolean
  #mine: Lease | null = null
  /** Decided, not written yet: the generation that comes next as far as it knows. */
  #decided: number | null = null

  constructor(store: Store, name: string, skewMs: number, isChecked: boolean) {
    this.#store = store
    this.#name = name
    this.#skewMs = skewMs
    this.#isChecked = isChecked
  }

  /** One step of acquire, decide, write. Cut off from the store it can do none of those that need it. */
  step(nowMs: number, isCutOff: boolean): void {
    if (this.#decided !== null) return isCutOff ? undefined : this.#write(this.#decided)
    if (this.#mine !== null && this.#mine.expiresAtMs > nowMs + this.#skewMs) {
      this.#decided = this.#store.generation + 1
      return
    }
    if (isCutOff) return
    const decision = decideLease(this.#store.lease, this.#name, nowMs + this.#skewMs, TTL)
    this.#mine = decision.kind === 'wait' ? null : decision.lease
    if (this.#mine !== null) this.#store.lease = this.#mine
  }

  #write(generation: number): void {
    this.#decided = null
    const mine = this.#mine
    if (mine === null || (this.#isChecked && !mayWrite(this.#store.lease, mine))) {
      this.#mine = null
      return
    }
    this.#store.generation = generation
    this.#store.written.push({ generation, holder: mine.holder, token: mine.token })
  }
}

type Step = { readonly who: 0 | 1; readonly afterMs: number; readonly isCutOff: boolean }
const steps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    who: fc.constantFrom<0 | 1>(0, 1),
    // Mostly at work, sometimes paused for longer than a lease lasts.
    afterMs: fc.oneof({ weight: 6, arbitrary: fc.nat(2_000) }, { weight: 1, arbitrary: fc.nat(4 * TTL) }),
    isCutOff: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  { minLength: 30, maxLength: 150 },
)
const skews = fc.integer({ min: -10 * TTL, max: 10 * TTL })

function run(history: readonly Step[], skewMs: readonly [number, number], isChecked: boolean): Store {
  const store = new Store()
  const controllers = ['a', 'b'].map((name, i) => new Controller(store, name, skewMs[i] ?? 0, isChecked))
  let nowMs = 1_000_000
  for (const { who, afterMs, isCutOff } of history) {
    nowMs += afterMs
    controllers[who]?.step(nowMs, isCutOff)
  }
  return store
}

/** Two writers of one token, a token that came back, or a generation that did not rise. */
function faults({ written }: Store): number {
  return written.filter((one, i) => {
    const before = written[i - 1]
    if (before === undefined) return false
    const isOfOther = one.token === before.token && one.holder !== before.holder
    return isOfOther || one.token < before.token || one.generation <= before.generation
  }).length
}

test('two controllers, cut off, paused between decision and write, with clocks that are wrong: one writer at a time', () => {
  let changes = 0
  fc.assert(
    fc.property(steps, skews, skews, (history, a, b) => {
      const store = run(history, [a, b], true)
      assert.equal(faults(store), 0)
      changes += new Set(store.written.map(({ token }) => token)).size
    }),
    { numRuns: 2_000, seed: 20_240_719 },
  )
  assert.ok(changes > 2_000, `the lease changes hands: ${changes}`)
})

test('the same without the token is noticed: a paused controller writes over what came after it', () => {
  const samples = fc.sample(fc.tuple(steps, skews, skews), { numRuns: 300, seed: 20_240_719 })
  const caught = samples.filter(([history, a, b]) => faults(run(history, [a, b], false)) > 0)
  assert.ok(caught.length > 30, `${caught.length} of ${samples.length}`)
})
