import { REGEX_CACHE_BYTES_MAX, REGEX_KIND, REGEX_PROBES_MAX } from '@firebreak/content'
import type { BitParallelNfa } from './nfa.ts'

/** Entries of a row besides the starts of other rows. */
export const UNKNOWN = 0
export const MATCHED = -1
export const FAILED = -2

const BYTES_PER_WORD = 4
/** Row 0, which is nobody's, and the state in which every text begins. */
const STATES_MIN = 2
const STATES_INITIAL = 8
/** The hash table has at least so many slots for each state, so that a free one is found within the probes. */
const SLOTS_PER_STATE_MIN = 4
const SLOTS_PER_STATE_MAX = 2 * SLOTS_PER_STATE_MIN
/** Of FNV-1a. */
const HASH_SEED = 0x811c9dc5 | 0
const HASH_PRIME = 0x01000193

/**
 * The states that a machine has met, and where each symbol led from them: a deterministic automaton, built as texts
 * ask for it. Its memory is bounded, so a text can fill it; then `rowOf` finds no room until it is cleared.
 *
 * Each state has a row in `rows`: for each symbol, and last for the end of the text, the start of the row that it
 * leads to, or UNKNOWN, MATCHED or FAILED. A state is stored as the words of its set and one for its kind.
 */
export class StateCache {
  rows = new Int32Array(0)
  states = new Int32Array(0)
  readonly stride: number
  readonly stateWords: number
  readonly startRow: number
  isFull = false
  readonly #statesMax: number
  readonly #start: Int32Array
  #hashes = new Int32Array(0)
  #slots = new Int32Array(0)
  /** Row 0 included. */
  #count = 1

  constructor({ symbols, setWords }: BitParallelNfa, bytesMax: number = REGEX_CACHE_BYTES_MAX) {
    this.stride = symbols + 1
    this.stateWords = setWords + 1
    this.startRow = this.stride
    const wordsPerState = this.stride + this.stateWords + 1 + SLOTS_PER_STATE_MAX
    this.#statesMax = Math.max(STATES_MIN, Math.floor(bytesMax / (BYTES_PER_WORD * wordsPerState)))
    this.#start = new Int32Array(this.stateWords)
    this.#start[setWords] = REGEX_KIND.EDGE
    this.#reserve(Math.min(STATES_INITIAL, this.#statesMax))
    this.rowOf(this.#start)
  }

  /** Forgets every state but the one that texts begin with. */
  clear(): void {
    this.rows.fill(UNKNOWN)
    this.#slots.fill(0)
    this.#count = 1
    this.isFull = false
    this.rowOf(this.#start)
  }

  /** Where in `states` the state of a row starts. */
  stateOf(row: number): number {
    return (row / this.stride) * this.stateWords
  }

  /** The row of `state`, which is added unless it is there; UNKNOWN, and full from now on, when there is no room. */
  rowOf(state: Int32Array): number {
    const hash = hashOf(state)
    let slot = hash & (this.#slots.length - 1)
    for (let probe = 0; probe < REGEX_PROBES_MAX; probe++) {
      const index = this.#slots[slot] as number
      if (index === 0) return this.#add(state, hash, slot)
      if (this.#hashes[index] === hash) {
        // Another state with the same hash is not looked for: one comparison bounds the cost.
        if (this.#isAt(index, state)) return index * this.stride
        break
      }
      slot = (slot + strideOf(hash)) & (this.#slots.length - 1)
    }
    this.isFull = true
    return UNKNOWN
  }

  #add(state: Int32Array, hash: number, slot: number): number {
    if (this.#count === this.#statesMax) {
      this.isFull = true
      return UNKNOWN
    }
    if (this.#count === this.#hashes.length) {
      this.#reserve(Math.min(2 * this.#count, this.#statesMax))
      return this.rowOf(state)
    }
    const index = this.#count++
    this.#slots[slot] = index
    this.#hashes[index] = hash
    this.states.set(state, index * this.stateWords)
    return index * this.stride
  }

  #isAt(index: number, state: Int32Array): boolean {
    const at = index * this.stateWords
    for (let w = 0; w < state.length; w++) if (this.states[at + w] !== state[w]) return false
    return true
  }

  /** Makes room for `capacity` states, row 0 included, and places those that are there anew. */
  #reserve(capacity: number): void {
    this.rows = grown(this.rows, capacity * this.stride)
    this.states = grown(this.states, capacity * this.stateWords)
    this.#hashes = grown(this.#hashes, capacity)
    this.#slots = new Int32Array(2 ** Math.ceil(Math.log2(SLOTS_PER_STATE_MIN * capacity)))
    for (let index = 1; index < this.#count; index++) this.#place(index)
  }

  /** A state that finds no place within the probes is met again as a new one: that wastes a row and is no error. */
  #place(index: number): void {
    const hash = this.#hashes[index] as number
    let slot = hash & (this.#slots.length - 1)
    for (let probe = 0; probe < REGEX_PROBES_MAX; probe++) {
      if (this.#slots[slot] === 0) {
        this.#slots[slot] = index
        return
      }
      slot = (slot + strideOf(hash)) & (this.#slots.length - 1)
    }
  }
}

function grown(words: Int32Array, length: number): Int32Array<ArrayBuffer> {
  const more = new Int32Array(length)
  more.set(words)
  return more
}

/** Odd, so that probing reaches every slot. */
function strideOf(hash: number): number {
  return (hash >>> 16) | 1
}

/**
 * FNV-1a by words, with the high bits brought down after each: a product only carries upwards, so otherwise the states that
 * have only the highest bit of one word would all collide.
 */
function hashOf(state: Int32Array): number {
  let hash = HASH_SEED
  for (let w = 0; w < state.length; w++) {
    hash = Math.imul(hash ^ (state[w] as number), HASH_PRIME)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash, 0x2c1b3c6d)
  return hash ^ (hash >>> 13)
}
