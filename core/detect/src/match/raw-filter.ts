import { GRAM_BYTES, gramFrequency } from '@firebreak/content'
import type { EventColumns } from '../event/index.ts'
import { HashTable } from './hash-table.ts'

/** Words are looked at every four bytes, so a run of this length holds one of them, wherever it starts. */
const RUN_BYTES_MIN = 2 * GRAM_BYTES - 1
/** 8 KiB, so that they stay in the first cache. */
const BITS = 65_536
const SHIFT = 16
const GOLDEN = 0x9e3779b1 | 0
/** Makes a letter lower case; what else it confuses costs a closer look. */
const LOWER = 0x20202020
const BACKSLASHES = 0x5c5c5c5c
const LETTERS_U = 0x75757575
const BACKSLASH = 0x5c
const LETTER_U = 0x75
/** U+212A, the only character outside ASCII that folds into it, begins with these. */
const KELVIN_FIRST = 0xe2
const KELVIN_SECOND = 0x84

/**
 * Says of most events that none of some literals shows in any of their values, without reading the values: from the raw
 * bytes of the event, every fourth word of them.
 *
 * Sound, because it only trusts what JSON writes in one way: each literal is known by a run of letters, digits and
 * punctuation that has no escapes, and an event with `\u` escapes, or with characters that may fold to ASCII, passes.
 */
export class RawFilter {
  readonly #bits = new Int32Array(BITS / 32)
  /** By lower-case word: the runs that have it, and where. */
  readonly #words = new HashTable()
  readonly #runs: readonly Uint8Array[]

  /** Null when some literal has no run that is long enough. */
  static create(literals: readonly Uint8Array[]): RawFilter | null {
    const runs = literals.map(rarestRun)
    return runs.includes(null) ? null : new RawFilter(runs.filter((run) => run !== null))
  }

  private constructor(runs: readonly Uint8Array[]) {
    this.#runs = runs
    for (const [number, run] of runs.entries()) {
      const view = new DataView(run.buffer, run.byteOffset, run.length)
      for (let offset = 0; offset < GRAM_BYTES; offset++) {
        const word = view.getInt32(offset, true) | LOWER
        const bit = hash(word)
        this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) | (1 << (bit & 31))
        this.#words.add(word, number, 0, offset)
      }
    }
    this.#words.seal()
  }

  /** False: no value of the event in the columns has any of the literals. */
  mayHave({ bytes, view, from, to }: EventColumns): boolean {
    for (let at = from; ; at += GRAM_BYTES) {
      if (at + GRAM_BYTES < to) at = nextSuspect(this.#bits, view, at, to)
      if (at + GRAM_BYTES > to) return mayHide(bytes, Math.max(from, at), to)
      if (this.#hasRun(bytes, at, view.getInt32(at, true)) || mayHide(bytes, at, to)) return true
    }
  }

  #hasRun(bytes: Uint8Array, at: number, word: number): boolean {
    for (let entry = this.#words.first(word | LOWER); entry >= 0; entry = this.#words.after(entry)) {
      const run = this.#runs[this.#words.text(entry)] as Uint8Array
      const start = at - this.#words.offset(entry)
      let length = 0
      while (length < run.length && isSame(bytes[start + length], run[length])) length++
      if (length === run.length) return true
    }
    return false
  }
}

function isSame(byte = 0, wanted = 0): boolean {
  return (byte | 0x20) === (wanted | 0x20)
}

/**
 * The next place, in steps of four, whose four bytes are in `bits` or may hide a letter; `to` - 4 or more when there is
 * none. The last bytes are left to the caller: a word is read one byte further on, too.
 */
function nextSuspect(bits: Int32Array, view: DataView, from: number, to: number): number {
  const last = to - GRAM_BYTES - 1
  let at = from
  for (; at <= last; at += GRAM_BYTES) {
    const word = view.getInt32(at, true)
    const bit = Math.imul(word | LOWER, GOLDEN) >>> SHIFT
    if ((((bits[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1) return at
    // A byte is zero where a backslash has a `u` behind it; the second half is a byte outside ASCII.
    const escapes = (word ^ BACKSLASHES) | (view.getInt32(at + 1, true) ^ LETTERS_U)
    if ((((((escapes - 0x01010101) | 0) & ~escapes) | word) & 0x80808080) !== 0) return at
  }
  return at
}

/** Whether a letter may begin in the four bytes at `at` in another form: as a `\u` escape, or as U+212A. */
function mayHide(bytes: Uint8Array, at: number, to: number): boolean {
  const end = Math.min(at + GRAM_BYTES, to)
  for (let i = at; i < end; i++) {
    if (bytes[i] === BACKSLASH && i + 1 < to && bytes[i + 1] === LETTER_U) return true
    if (bytes[i] === KELVIN_FIRST && i + 1 < to && bytes[i + 1] === KELVIN_SECOND) return true
  }
  return false
}

function hash(word: number): number {
  return Math.imul(word | LOWER, GOLDEN) >>> SHIFT
}

/** The seven bytes of a folded literal whose four words are rarest; null when there are none without escapes. */
function rarestRun(literal: Uint8Array): Uint8Array | null {
  let best: Uint8Array | null = null
  let least = Infinity
  for (let at = 0; at + RUN_BYTES_MIN <= literal.length; at++) {
    const run = literal.slice(at, at + RUN_BYTES_MIN)
    if (!run.every(isPlain)) continue
    let frequency = 0
    for (let i = 0; i < GRAM_BYTES; i++) frequency += gramFrequency(run, i)
    if (frequency < least) [best, least] = [run, frequency]
  }
  return best
}

/** ASCII that no writer of JSON escapes, except with `\u`. A slash may be escaped. */
function isPlain(byte: number): boolean {
  return byte >= 0x20 && byte < 0x7f && byte !== 0x22 && byte !== 0x2f && byte !== BACKSLASH
}
