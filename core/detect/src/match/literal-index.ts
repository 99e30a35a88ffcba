import {
  GRAM_BYTES,
  type ImageTables,
  INDEX_RUN_BYTES,
  type StringPool,
  WITNESS,
  WITNESS_KINDS,
  type WitnessKind,
} from '@firebreak/content'
import { item, word } from '../trap.ts'
import { type EventColumns, gramHash } from '../event/index.ts'
import { equalRuns, findRun } from './bytes.ts'
import { HashTable } from './hash-table.ts'

/** From here on a value is asked for short literals by the set of its grams. */
const LONG_VALUE_BYTES = 512
/** In place of an offset: the literal is the whole value, and not only its end. */
const WHOLE = 1
/** Bytes of a text that its hash covers, from the end at which it is anchored. */
const ANCHOR_BYTES_MAX = 16

/** Told of each rule one of whose literals a value shows; of one rule perhaps more than once. */
export type Candidate = (rule: number) => void

/**
 * The literals that rules of one group require of one field. A value is looked at once, whatever the number of rules:
 * its ends by hashes of up to 16 bytes, and every four bytes of it, or every fourth four, against a bitmap.
 *
 * Sound, because a rule can't match without one of its literals and every hit is compared in full; a collision costs
 * time and nothing else.
 */
export class LiteralIndex {
  readonly #pool: StringPool
  readonly #start = new HashTable()
  readonly #end = new HashTable()
  readonly #grams = new HashTable()
  readonly #words = new HashTable()
  /** Bit n: some literal is anchored by n bytes. */
  #startLengths = 0
  #endLengths = 0

  constructor(pool: StringPool) {
    this.#pool = pool
  }

  /** @param witness - the number of a witness of this field in the image */
  add(tables: ImageTables, witness: number, rule: number): void {
    const at = witness * WITNESS.words
    const kind: WitnessKind = item(WITNESS_KINDS, word(tables.witnesses, at + WITNESS.kind, 'witnesses'), 'kinds')
    const text = word(tables.witnesses, at + WITNESS.text, 'witnesses')
    const from = word(this.#pool.offsets, text, 'strings')
    const to = word(this.#pool.offsets, text + 1, 'strings')
    const { bytes } = this.#pool
    const length = Math.min(to - from, ANCHOR_BYTES_MAX)
    if (kind === 'start') {
      this.#startLengths |= 1 << length
      this.#start.add(hashForward(bytes, from, from + length), text, rule, 0)
    } else if (kind === 'end' || kind === 'whole') {
      this.#endLengths |= 1 << length
      this.#end.add(hashBackward(bytes, to - length, to), text, rule, kind === 'whole' ? WHOLE : 0)
    } else {
      const offset = word(tables.witnesses, at + WITNESS.offset, 'witnesses')
      this.#addInside(text, rule, from, to, offset)
    }
  }

  /** A short literal is met by looking at every byte, a longer one by looking at every fourth. */
  #addInside(text: number, rule: number, from: number, to: number, offset: number): void {
    const { bytes } = this.#pool
    if (to - from < INDEX_RUN_BYTES) {
      this.#grams.add(gramAt(bytes, from + offset), text, rule, offset)
      return
    }
    for (let at = offset; at < offset + GRAM_BYTES; at++) this.#words.add(gramAt(bytes, from + at), text, rule, at)
  }

  /** Makes it ready to search; nothing is added after. */
  seal(): void {
    for (const table of [this.#start, this.#end, this.#grams, this.#words]) table.seal()
  }

  /** Texts that may stand anywhere. */
  literals(): readonly Uint8Array[] {
    const { offsets, bytes } = this.#pool
    const texts = new Set([...this.#grams.texts(), ...this.#words.texts()])
    return [...texts].map((text) => bytes.subarray(offsets[text], offsets[text + 1]))
  }

  /** Tells of the rules whose literals the value shows. */
  search(columns: EventColumns, value: number, found: Candidate): void {
    columns.fold(value)
    const from = columns.foldedFrom[value] as number
    const to = columns.foldedTo[value] as number
    const { foldedBytes: bytes, foldedView: view } = columns
    if (this.#startLengths !== 0) this.#searchStart(bytes, from, to, found)
    if (this.#endLengths !== 0) this.#searchEnd(bytes, from, to, found)
    if (this.#grams.size > 0) {
      if (to - from < LONG_VALUE_BYTES) this.#searchInside(this.#grams, 1, bytes, view, from, to, found)
      else this.#searchShort(columns, value, bytes, from, to, found)
    }
    if (this.#words.size > 0) this.#searchInside(this.#words, GRAM_BYTES, bytes, view, from, to, found)
  }

  /** Of a long value the set of its grams is made once, for this and for the predicates; then each literal is one question. */
  #searchShort(
    columns: EventColumns,
    value: number,
    bytes: Uint8Array,
    from: number,
    to: number,
    found: Candidate,
  ): void {
    columns.bloom(value)
    const table = this.#grams
    for (let entry = 0; entry < table.size; entry++) {
      if (!columns.bloomHas(value, gramHash(table.key(entry)))) continue
      const text = this.#pool.offsets[table.text(entry)] as number
      if (findRun(bytes, from, to, this.#pool.bytes, text, text + this.#lengthOf(table, entry)) >= 0) {
        found(table.rule(entry))
      }
    }
  }

  #searchStart(bytes: Uint8Array, from: number, to: number, found: Candidate): void {
    const table = this.#start
    const last = Math.min(to - from, ANCHOR_BYTES_MAX)
    let hash = HASH_SEED
    for (let length = 1; length <= last; length++) {
      hash = mix(hash, bytes[from + length - 1] as number)
      if (((this.#startLengths >>> length) & 1) === 0) continue
      for (let entry = table.first(hash); entry >= 0; entry = table.after(entry)) {
        if (from + this.#lengthOf(table, entry) <= to && this.#fits(table, entry, bytes, from)) found(table.rule(entry))
      }
    }
  }

  #searchEnd(bytes: Uint8Array, from: number, to: number, found: Candidate): void {
    const last = Math.min(to - from, ANCHOR_BYTES_MAX)
    let hash = HASH_SEED
    for (let length = 0; ; length++) {
      if (((this.#endLengths >>> length) & 1) === 1) this.#searchEndBy(hash, bytes, from, to, found)
      if (length === last) return
      hash = mix(hash, bytes[to - length - 1] as number)
    }
  }

  #searchEndBy(hash: number, bytes: Uint8Array, from: number, to: number, found: Candidate): void {
    const table = this.#end
    for (let entry = table.first(hash); entry >= 0; entry = table.after(entry)) {
      const start = to - this.#lengthOf(table, entry)
      const isPlaced = start === from || (start > from && table.offset(entry) !== WHOLE)
      if (isPlaced && this.#fits(table, entry, bytes, start)) found(table.rule(entry))
    }
  }

  #searchInside(
    table: HashTable,
    step: number,
    bytes: Uint8Array,
    view: DataView,
    from: number,
    to: number,
    found: Candidate,
  ): void {
    const end = to - GRAM_BYTES + 1
    for (let at = table.findGram(view, from, end, step); at < end; at = table.findGram(view, at + step, end, step)) {
      const gram = view.getInt32(at, true)
      for (let entry = table.first(gram); entry >= 0; entry = table.after(entry)) {
        const start = at - table.offset(entry)
        const isInside = start >= from && start + this.#lengthOf(table, entry) <= to
        if (isInside && this.#fits(table, entry, bytes, start)) found(table.rule(entry))
      }
    }
  }

  #lengthOf(table: HashTable, entry: number): number {
    const text = table.text(entry)
    return (this.#pool.offsets[text + 1] as number) - (this.#pool.offsets[text] as number)
  }

  #fits(table: HashTable, entry: number, bytes: Uint8Array, at: number): boolean {
    const from = this.#pool.offsets[table.text(entry)] as number
    return equalRuns(bytes, at, this.#pool.bytes, from, this.#lengthOf(table, entry))
  }
}

const HASH_SEED = 0x811c9dc5 | 0

function mix(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193)
}

function hashForward(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_SEED
  for (let at = from; at < to; at++) hash = mix(hash, bytes[at] as number)
  return hash
}

function hashBackward(bytes: Uint8Array, from: number, to: number): number {
  let hash = HASH_SEED
  for (let at = to - 1; at >= from; at--) hash = mix(hash, bytes[at] as number)
  return hash
}

/** Four bytes as one number, as a little-endian view reads them. */
function gramAt(bytes: Uint8Array, at: number): number {
  return (
    (bytes[at] as number) |
    ((bytes[at + 1] as number) << 8) |
    ((bytes[at + 2] as number) << 16) |
    ((bytes[at + 3] as number) << 24)
  )
}
