import { assert } from '@firebreak/kernel'

/** Bits of the bitmap for each entry: the share of misses that get past it is about one in so many. */
const BITS_PER_ENTRY = 16
/** Knuth's multiplicative hashing: 2^32 divided by the golden ratio. */
const GOLDEN = 0x9e3779b1 | 0

/** Literals by a 32-bit key. Filled once, sealed, then only read: entries with one key are walked by number. */
export class HashTable {
  readonly #keys: number[] = []
  readonly #added: number[] = []
  #heads = new Int32Array(1).fill(-1)
  #shift = 31
  #bits = new Int32Array(1)
  #bitShift = 31
  #entries = new Int32Array(0)

  add(key: number, text: number, rule: number, offset: number): void {
    this.#keys.push(key)
    this.#added.push(key, text, rule, offset, -1)
  }

  get size(): number {
    return this.#keys.length
  }

  /** Places the entries. Those of one key stay in the order in which they were added. */
  seal(): void {
    const size = this.#keys.length
    if (size === 0) return
    const power = Math.max(1, Math.ceil(Math.log2(2 * size)))
    assert(power < 31, 'a table has fewer than 2^30 entries')
    this.#heads = new Int32Array(1 << power).fill(-1)
    this.#shift = 32 - power
    const bitPower = Math.max(5, Math.ceil(Math.log2(BITS_PER_ENTRY * size)))
    this.#bits = new Int32Array(1 << (bitPower - 5))
    this.#bitShift = 32 - bitPower
    this.#entries = Int32Array.from(this.#added)
    for (let entry = size - 1; entry >= 0; entry--) {
      const key = this.#keys[entry] as number
      const slot = Math.imul(key, GOLDEN) >>> this.#shift
      this.#entries[entry * ENTRY_WORDS + NEXT] = this.#heads[slot] as number
      this.#heads[slot] = entry
      const bit = Math.imul(key, GOLDEN) >>> this.#bitShift
      this.#bits[bit >>> 5] = (this.#bits[bit >>> 5] as number) | (1 << (bit & 31))
    }
    this.#added.length = 0
  }

  /**
   * The first of the places `at`, `at` + `step`, ... before `end` whose four bytes may be a key; `end` or more when there
   * is none. This is where the time of an engine goes: one load, one multiplication and one bit a place.
   */
  findGram(view: DataView, at: number, end: number, step: number): number {
    const bits = this.#bits
    const shift = this.#bitShift
    let place = at
    for (; place < end; place += step) {
      const bit = Math.imul(view.getInt32(place, true), GOLDEN) >>> shift
      if ((((bits[bit >>> 5] as number) >>> (bit & 31)) & 1) === 1) return place
    }
    return place
  }

  /** The first entry with this key, or -1. */
  first(key: number): number {
    const entry = this.#heads[Math.imul(key, GOLDEN) >>> this.#shift] as number
    return entry >= 0 && this.#entries[entry * ENTRY_WORDS] !== key ? this.#walk(entry, key) : entry
  }

  /** The next entry with the same key, or -1. */
  after(entry: number): number {
    return this.#walk(entry, this.#entries[entry * ENTRY_WORDS] as number)
  }

  /** Of every entry. */
  texts(): readonly number[] {
    return this.#keys.map((_, entry) => this.text(entry))
  }

  key(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS] as number
  }

  text(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS + 1] as number
  }

  rule(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS + 2] as number
  }

  offset(entry: number): number {
    return this.#entries[entry * ENTRY_WORDS + 3] as number
  }

  #walk(entry: number, key: number): number {
    let next = this.#entries[entry * ENTRY_WORDS + NEXT] as number
    while (next >= 0 && this.#entries[next * ENTRY_WORDS] !== key) {
      next = this.#entries[next * ENTRY_WORDS + NEXT] as number
    }
    return next
  }
}

/** Key, text, rule, offset, next entry of the same slot. */
const ENTRY_WORDS = 5
const NEXT = 4
