import { errorCode, errorMessage } from '@firebreak/kernel'

/** What no input may bring about. Closed: the gate has a code for each. */
export const ORACLES = [
  'undeclared-error', // something was thrown that the parser does not declare
  'bug', // an assertion of ours failed
  'trap', // the engine read outside a table of an image that the verifier accepted
  'fuel', // more steps than the length of the input allows
  'allocation', // more memory than the length of the input allows
  'changed', // the same bytes, another verdict
  'prefix', // an input that was cut off was accepted
  'round-trip', // what was accepted can't be written and read again
  'state', // a refused input changed what was there before
  'disagreement', // two implementations of one promise say different things
] as const
export type Oracle = (typeof ORACLES)[number]

/** An oracle speaks. The message has no part of the input in it, so that equal faults have equal messages. */
export class Violation extends Error {
  readonly oracle: Oracle

  constructor(oracle: Oracle, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause })
    this.name = 'Violation'
    this.oracle = oracle
  }
}

/** Of the instrumented code, since some moment: only differences mean something. */
export interface Meter {
  /** Steps: blocks of code that ran. */
  readonly fuel: () => number
  /** Bytes of typed arrays, lists and repeated text that were asked for. */
  readonly bytes: () => number
}

/** For code without counters in it. */
export const NO_METER: Meter = { fuel: () => 0, bytes: () => 0 }

/**
 * An input of `n` bytes may take `base + each * n` of something. The lines of our parsers are about four times what the dearest of a
 * hundred thousand inputs took: no honest change comes near, and whatever grows faster than its input crosses them.
 */
export interface Line {
  readonly base: number
  readonly each: number
}

/** A parser and what it promises. `T` is what it makes of bytes that it accepts. */
export interface Promises<T> {
  readonly parse: (input: Uint8Array) => T
  /** Whether the parser may refuse an input so. */
  readonly refuses: (error: unknown) => boolean
  /** Steps and bytes of one call. */
  readonly fuel: Line
  readonly bytes: Line
  /** All that was accepted, as text. */
  readonly describe: (value: T) => string
  /** Of an accepted input: how many leading bytes there are of which every strict prefix has to be refused. Absent: none. */
  readonly whole?: (input: Uint8Array) => number
  /** The one form of a value; null where that would be over a limit. */
  readonly encode?: (value: T) => Uint8Array | null
  /** Whether only the one form is accepted. */
  readonly canonical?: boolean
  /** What an accepted value is for. It must do without errors altogether. */
  readonly use?: (value: T, input: Uint8Array) => void
  /** What was accepted long before all this, still in use: what it answers. */
  readonly held?: () => string
}

/** One input in so many is parsed twice. By the bytes, so that it is the same one again. */
const SAMPLE = 8
/** One refusal in so many asks what is held: what is changed once stays so. */
const HELD_SAMPLE = 64
const PREFIXES = 3
/** Bytes around an input that do not belong to it. Who reads them sees that they change. */
const MARGIN_BYTES = 32

type Outcome<T> = { readonly accepted: true; readonly value: T } | { readonly accepted: false; readonly code: string }

/**
 * Runs one input past all oracles.
 *
 * @returns a function that tells whether an input was accepted, and throws Violation and nothing else
 */
export function judged<T>(promises: Promises<T>, meter: Meter): (input: Uint8Array) => boolean {
  const held = promises.held?.() ?? ''
  return (input) => {
    const outcome = measured(promises, input, meter)
    const mixed = mix(input)
    if (mixed % SAMPLE === 0) requireSame(promises, input, outcome, mixed)
    if (outcome.accepted) requireSound(promises, input, outcome.value, mixed)
    else if (promises.held && (mixed >>> 3) % HELD_SAMPLE === 0 && promises.held() !== held) {
      throw new Violation('state', 'what was held before answers otherwise after a refusal')
    }
    return outcome.accepted
  }
}

function attempt<T>(promises: Promises<T>, input: Uint8Array): Outcome<T> {
  try {
    return { accepted: true, value: promises.parse(input) }
  } catch (error) {
    if (error instanceof Violation) throw error
    if (promises.refuses(error)) return { accepted: false, code: errorCode(error) }
    throw violationOf(error)
  }
}

function violationOf(error: unknown): Violation {
  const code = errorCode(error)
  if (code === 'kernel/bug') return new Violation('bug', errorMessage(error), error)
  if (code === 'detect/trap') return new Violation('trap', errorMessage(error), error)
  return new Violation('undeclared-error', `${code}: ${errorMessage(error)}`, error)
}

function measured<T>(promises: Promises<T>, input: Uint8Array, meter: Meter): Outcome<T> {
  const [fuel, bytes] = [meter.fuel(), meter.bytes()]
  const outcome = attempt(promises, input)
  requireWithin('fuel', meter.fuel() - fuel, promises.fuel, input.length)
  requireWithin('allocation', meter.bytes() - bytes, promises.bytes, input.length)
  return outcome
}

function requireWithin(oracle: 'fuel' | 'allocation', spent: number, { base, each }: Line, length: number): void {
  if (spent > base + each * length) throw new Violation(oracle, `more than ${base} and ${each} for each byte`)
}

function requireSame<T>(promises: Promises<T>, input: Uint8Array, first: Outcome<T>, mixed: number): void {
  const again = attempt(promises, amid(input, mixed & 255))
  if (saysOf(promises, first) !== saysOf(promises, again)) {
    throw new Violation('changed', `${kindOf(first)} at first, then ${kindOf(again)}`)
  }
}

/** The input in the middle of bytes of something else. */
function amid(input: Uint8Array, filler: number): Uint8Array {
  const around = new Uint8Array(input.length + 2 * MARGIN_BYTES).fill(filler)
  around.set(input, MARGIN_BYTES)
  return around.subarray(MARGIN_BYTES, MARGIN_BYTES + input.length)
}

function saysOf<T>(promises: Promises<T>, outcome: Outcome<T>): string {
  return outcome.accepted ? `accepted ${promises.describe(outcome.value)}` : outcome.code
}

function kindOf(outcome: Outcome<unknown>): string {
  return outcome.accepted ? 'accepted' : outcome.code
}

function requireSound<T>(promises: Promises<T>, input: Uint8Array, value: T, mixed: number): void {
  const whole = promises.whole?.(input) ?? 0
  for (let i = 0; i < PREFIXES && i < whole; i++) {
    const length = i === 0 ? whole - 1 : (mixed >>> (8 * i)) % whole
    if (attempt(promises, input.subarray(0, length)).accepted)
      throw new Violation('prefix', 'a strict prefix is accepted')
  }
  if (promises.encode) requireRoundTrip(promises, promises.encode, input, value)
  unharmed(() => promises.use?.(value, input))
}

/** Of what is accepted no error is expected, declared or not. */
function unharmed<T>(use: () => T): T {
  try {
    return use()
  } catch (error) {
    throw error instanceof Violation ? error : violationOf(error)
  }
}

function requireRoundTrip<T>(
  promises: Promises<T>,
  encode: (value: T) => Uint8Array | null,
  input: Uint8Array,
  value: T,
): void {
  const written = unharmed(() => encode(value))
  if (written === null) return
  if (promises.canonical && !equal(written, input)) throw new Violation('round-trip', 'not the one form, and accepted')
  const again = attempt(promises, written)
  if (!again.accepted) throw new Violation('round-trip', `what is written of it is refused: ${again.code}`)
  if (promises.describe(again.value) !== promises.describe(value)) {
    throw new Violation('round-trip', 'what is written of it says something else')
  }
  const rewritten = unharmed(() => encode(again.value))
  if (rewritten === null || !equal(rewritten, written)) throw new Violation('round-trip', 'it is written in two forms')
}

function equal(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && a.every((byte, i) => byte === b[i])
}

const MIXED_BYTES = 32

/** A number from some of the bytes. FNV-1a. */
function mix(input: Uint8Array): number {
  const step = Math.max(1, Math.ceil(input.length / MIXED_BYTES))
  let mixed = 0x811c9dc5 ^ input.length
  for (let at = 0; at < input.length; at += step) mixed = Math.imul(mixed ^ (input[at] ?? 0), 0x01000193)
  return (mixed ^ (mixed >>> 15)) >>> 0
}
