import { assert, utf8Decode, utf8Encode } from '@firebreak/kernel'
import type { EventCounters, EventEntry, EventSource } from './event-source.ts'
import { timeFieldsOf } from './event-time.ts'
import type { FieldNames } from './field-names.ts'
import { foldAscii, foldedRoom, foldUtf8 } from './fold-bytes.ts'
import { GramSets } from './grams.ts'
import { EVENT_VALUES_MAX, FIELD_BYTES_MAX } from './limits.ts'
import { NUMBER_TEXT_BYTES_MAX, numberText } from './number-text.ts'
import { VALUE } from './value-kind.ts'
import { textRoom, withRoom, writeText } from './value-text.ts'

const HAS_TEXT = 1
const HAS_FOLDED = 2
const HAS_BLOOM = 4
const IS_ASCII = 8
const NO_VALUE = -1
const NO_OBJECT = -1
const OVERWRITTEN = -2
const EPOCH_MAX = 0x7fffffff
/** The value that `join` makes: behind all others, so that who walks over all values does not meet it. */
const JOINED_VALUE = EVENT_VALUES_MAX
const VALUE_SLOTS = EVENT_VALUES_MAX + 1
const ARENA_BYTES = 65_536
const SPACE = 0x20
const TRUE_TEXT = utf8Encode('true')
const FALSE_TEXT = utf8Encode('false')

/**
 * One event at a time, as columns of values: filled by a reader of events, read by the engine. Values point into the
 * bytes of the event, so these must not change until the next event begins. Reused for every event, without
 * allocation once the arenas have grown to what events need (at most three times EVENT_BYTES_MAX each).
 *
 * Values are numbered from 0 to `count - 1`. Text, folded text and grams of a value are made when first asked for.
 */
export class EventColumns {
  readonly names: FieldNames
  /** The numbers of TIME_FIELDS. */
  readonly timeFields: Int32Array
  readonly counters: EventCounters = { truncated: 0, replaced: 0, badEscapes: 0, duplicates: 0, refused: 0 }
  /** Another number for every event: memo tables are stamped with it. Never 0. */
  epoch = 1
  /** Values of the fields that the image knows. */
  count = 0
  /** With `readAll`, the values of all fields; those that no rule knows come last. */
  allCount = 0
  readonly kind: Uint8Array = new Uint8Array(VALUE_SLOTS)
  /** The next value of the same field, -1 after the last. */
  readonly next: Int32Array = new Int32Array(VALUE_SLOTS)
  /** The number of the value's field; -1 if no rule knows it, -2 if a later duplicate of its key replaced it. */
  readonly fieldOf: Int32Array = new Int32Array(VALUE_SLOTS)
  /** Unescaped, valid UTF-8 of the values on which `text` was called; replaced by a larger one when it is full. */
  textBytes: Uint8Array = new Uint8Array(ARENA_BYTES)
  readonly textFrom: Int32Array = new Int32Array(VALUE_SLOTS)
  readonly textTo: Int32Array = new Int32Array(VALUE_SLOTS)
  /** Case-folded UTF-8 of the values on which `fold` was called; replaced by a larger one when it is full. */
  foldedBytes: Uint8Array = new Uint8Array(ARENA_BYTES)
  foldedView: DataView = new DataView(this.foldedBytes.buffer)
  readonly foldedFrom: Int32Array = new Int32Array(VALUE_SLOTS)
  readonly foldedTo: Int32Array = new Int32Array(VALUE_SLOTS)
  readonly grams: GramSets = new GramSets(VALUE_SLOTS)
  /** The bytes that the event is in, and where. */
  bytes: Uint8Array = new Uint8Array(0)
  view: DataView = new DataView(this.bytes.buffer)
  from = 0
  to = 0

  /** The reader that filled the columns last. */
  source: EventSource | null = null
  #json = false
  /** Where the value stands in `bytes`, escapes and all. */
  readonly rawFrom: Int32Array = new Int32Array(VALUE_SLOTS)
  readonly rawTo: Int32Array = new Int32Array(VALUE_SLOTS)
  readonly #made = new Uint8Array(VALUE_SLOTS)
  #textUsed = 0
  #foldedUsed = 0
  /** Per field: the epoch in which it is present, its first and last value. */
  readonly #present: Int32Array
  readonly #first: Int32Array
  readonly #last: Int32Array
  /** Per field: the object that gave its last values, the list that this object is in, and the value before them. */
  readonly #owner: Int32Array
  readonly #list: Int32Array
  readonly #mark: Int32Array
  #allRead = false
  #unknownNames: string[] | null = null

  constructor(names: FieldNames) {
    this.names = names
    this.timeFields = timeFieldsOf(names)
    this.#present = new Int32Array(names.count)
    this.#first = new Int32Array(names.count)
    this.#last = new Int32Array(names.count)
    this.#owner = new Int32Array(names.count)
    this.#list = new Int32Array(names.count)
    this.#mark = new Int32Array(names.count)
  }

  /** For readers of events: forgets the event before and starts with the one at `bytes`. */
  begin(source: EventSource, bytes: Uint8Array, from: number, to: number): void {
    if (bytes !== this.bytes) {
      this.bytes = bytes
      this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    }
    this.clear()
    this.from = from
    this.to = to
    this.source = source
    this.#json = source.json
  }

  /** Leaves an event without any field. */
  clear(): void {
    if (this.epoch === EPOCH_MAX) {
      this.#present.fill(0)
      this.epoch = 0
    }
    this.epoch++
    this.count = 0
    this.allCount = 0
    this.from = 0
    this.to = 0
    this.#textUsed = 0
    this.#foldedUsed = 0
    this.grams.clear()
    this.#allRead = false
  }

  /**
   * For readers of events: says that `field` follows, with any number of `push`. One object that names a field again
   * replaces what it said (as JSON.parse has it); objects of one list add up; between others the first stays.
   *
   * @param list - the outermost list of objects around the object, 0 for none
   * @returns false when the values are not to be pushed
   */
  open(field: number, object: number, list: number): boolean {
    if (this.#present[field] === this.epoch) return this.#openAgain(field, object, list)
    this.#present[field] = this.epoch
    this.#first[field] = NO_VALUE
    this.#last[field] = NO_VALUE
    this.#owner[field] = object
    this.#list[field] = list
    this.#mark[field] = NO_VALUE
    return true
  }

  #openAgain(field: number, object: number, list: number): boolean {
    const owner = this.#owner[field] ?? NO_OBJECT
    if (owner === object) {
      this.counters.duplicates++
      this.#dropBehind(field, this.#mark[field] ?? NO_VALUE)
      return true
    }
    if (owner !== NO_OBJECT && (list === 0 || this.#list[field] !== list)) {
      this.counters.duplicates++
      return false
    }
    this.#owner[field] = object
    this.#list[field] = list
    this.#mark[field] = this.#last[field] ?? NO_VALUE
    return true
  }

  #dropBehind(field: number, mark: number): void {
    let value = (mark === NO_VALUE ? this.#first[field] : this.next[mark]) ?? NO_VALUE
    for (; value !== NO_VALUE; value = this.next[value] ?? NO_VALUE) {
      // Walkers over all values pass over null, so over this one too.
      this.kind[value] = VALUE.NULL
      this.fieldOf[value] = OVERWRITTEN
    }
    if (mark === NO_VALUE) this.#first[field] = NO_VALUE
    else this.next[mark] = NO_VALUE
    this.#last[field] = mark
  }

  /** For readers of events: `field` is an object, so it is present without a value; values of others may follow. */
  touch(field: number): void {
    if (this.#present[field] !== this.epoch) this.open(field, NO_OBJECT, 0)
  }

  /** For readers of events, after `open`: one value. The reader keeps to EVENT_VALUES_MAX. */
  push(field: number, kind: number, from: number, to: number): void {
    const value = this.count
    if (value === EVENT_VALUES_MAX) return
    const last = this.#last[field] ?? NO_VALUE
    if (last === NO_VALUE) this.#first[field] = value
    else this.next[last] = value
    this.#last[field] = value
    this.#set(value, field, kind, from, to)
    this.count = value + 1
  }

  #set(value: number, field: number, kind: number, from: number, to: number): void {
    this.kind[value] = kind
    this.next[value] = NO_VALUE
    this.fieldOf[value] = field
    this.rawFrom[value] = from
    this.rawTo[value] = to
    this.#made[value] = 0
  }

  /** For sources of events, in `readUnknown`: whether they have to name the values. */
  get wantsNames(): boolean {
    return this.#unknownNames !== null
  }

  /** For sources of events, in `readUnknown`. */
  addUnknown(kind: number, from: number, to: number, name: string): void {
    if (this.count === EVENT_VALUES_MAX) return
    this.#set(this.count, -1, kind, from, to)
    this.count++
    this.#unknownNames?.push(name)
  }

  /** Gives the values of `source` the name `field` too, where the event has no such field. */
  alias(field: number, source: number): void {
    if (this.isPresent(field) || !this.isPresent(source)) return
    this.#present[field] = this.epoch
    this.#first[field] = this.#first[source] ?? NO_VALUE
  }

  /**
   * Gives the field one value where the event has no such field: the texts of the first values of `sources`, up to the
   * first that is absent or null, joined by one space. Of one field an event. `entries` does not tell of it.
   */
  join(field: number, sources: readonly number[]): void {
    if (this.isPresent(field)) return
    const values: number[] = []
    let length = -1
    for (const source of sources) {
      const value = this.firstValue(source)
      if (value < 0 || this.kind[value] === VALUE.NULL) break
      this.text(value)
      values.push(value)
      length += 1 + (this.textTo[value] as number) - (this.textFrom[value] as number)
    }
    if (values.length === 0) return
    const from = this.#textUsed
    this.textBytes = withRoom(this.textBytes, from, length)
    this.#set(JOINED_VALUE, field, VALUE.TEXT, 0, 0)
    this.#made[JOINED_VALUE] = HAS_TEXT
    this.textFrom[JOINED_VALUE] = from
    this.textTo[JOINED_VALUE] = from + this.#joinTexts(values, from, length)
    this.#textUsed = from + length
    this.#present[field] = this.epoch
    this.#first[field] = JOINED_VALUE
    this.#last[field] = JOINED_VALUE
  }

  /** Writes them behind the others, with spaces between; returns how many of the bytes are to be read. */
  #joinTexts(values: readonly number[], from: number, length: number): number {
    const { textBytes } = this
    let at = from
    for (const [i, value] of values.entries()) {
      if (i > 0) textBytes[at++] = SPACE
      const start = this.textFrom[value] ?? 0
      const end = this.textTo[value] ?? 0
      textBytes.copyWithin(at, start, end)
      at += end - start
    }
    if (length <= FIELD_BYTES_MAX) return length
    this.counters.truncated++
    let kept = FIELD_BYTES_MAX
    while (((textBytes[from + kept] as number) & 0xc0) === 0x80) kept--
    return kept
  }

  /** The field is there: with values, as an empty list, or as an object. */
  isPresent(field: number): boolean {
    return this.#present[field] === this.epoch
  }

  /** -1 when the field is absent or has no value. */
  firstValue(field: number): number {
    return this.#present[field] === this.epoch ? (this.#first[field] ?? NO_VALUE) : NO_VALUE
  }

  /** Makes `textBytes` from `textFrom[value]` to `textTo[value]` the text of the value; that of null is empty. */
  text(value: number): void {
    const made = this.#made[value] ?? 0
    if ((made & HAS_TEXT) !== 0) return
    this.#made[value] = made | HAS_TEXT
    const from = this.rawFrom[value] ?? 0
    const to = this.rawTo[value] ?? 0
    const at = this.#textUsed
    this.textBytes = withRoom(this.textBytes, at, textRoom(to - from) + NUMBER_TEXT_BYTES_MAX)
    this.textFrom[value] = at
    this.#textUsed = this.#writeText(this.kind[value] ?? 0, from, to, at)
    this.textTo[value] = this.#textUsed
  }

  #writeText(kind: number, from: number, to: number, at: number): number {
    const { bytes, textBytes, counters } = this
    if (kind === VALUE.TEXT) return writeText(bytes, from, to, this.#json, textBytes, at, counters)
    if (kind === VALUE.NULL) return at
    if (kind === VALUE.NUMBER && this.#json) return numberText(bytes, from, to, textBytes, at, counters)
    if (kind === VALUE.NUMBER) return writeText(bytes, from, to, false, textBytes, at, counters)
    const word = kind === VALUE.TRUE ? TRUE_TEXT : FALSE_TEXT
    textBytes.set(word, at)
    return at + word.length
  }

  /** Makes `foldedBytes` from `foldedFrom[value]` to `foldedTo[value]` the case-folded text of the value. */
  fold(value: number): void {
    const made = this.#made[value] ?? 0
    if ((made & HAS_FOLDED) !== 0) return
    const from = this.rawFrom[value] ?? 0
    const to = this.rawTo[value] ?? 0
    const at = this.#foldedUsed
    let end = -1
    if (this.kind[value] === VALUE.TEXT && to - from <= FIELD_BYTES_MAX && value !== JOINED_VALUE) {
      this.#reserveFolded(at, to - from)
      end = foldAscii(this.bytes, this.view, from, to, this.#json, this.foldedBytes, this.foldedView, at)
    }
    if (end < 0) end = this.#foldText(value, at)
    else this.#made[value] = made | IS_ASCII
    this.foldedFrom[value] = at
    this.foldedTo[value] = end
    this.#foldedUsed = end
    this.#made[value] = (this.#made[value] ?? 0) | HAS_FOLDED
  }

  /** After `fold`: the value is known to be all ASCII. */
  isAscii(value: number): boolean {
    return ((this.#made[value] ?? 0) & IS_ASCII) !== 0
  }

  #reserveFolded(used: number, room: number): void {
    if (used + room <= this.foldedBytes.length) return
    this.foldedBytes = withRoom(this.foldedBytes, used, room)
    this.foldedView = new DataView(this.foldedBytes.buffer)
  }

  #foldText(value: number, at: number): number {
    this.text(value)
    const from = this.textFrom[value] ?? 0
    const to = this.textTo[value] ?? 0
    this.#reserveFolded(at, foldedRoom(to - from))
    return foldUtf8(this.textBytes, from, to, this.foldedBytes, at)
  }

  /** Makes the set of the grams of the folded text, for `bloomHas`. */
  bloom(value: number): void {
    const made = this.#made[value] ?? 0
    if ((made & HAS_BLOOM) !== 0) return
    this.fold(value)
    this.grams.make(value, this.foldedView, this.foldedFrom[value] ?? 0, this.foldedTo[value] ?? 0)
    this.#made[value] = (this.#made[value] ?? 0) | HAS_BLOOM
  }

  /** After `bloom`: false when the folded text does not have the four bytes of this `gramHashAt`. */
  bloomHas(value: number, hash: number): boolean {
    return this.grams.has(value, hash)
  }

  /** Makes the values of fields that no rule knows available too: from `count` to `allCount - 1`. */
  readAll(): void {
    if (this.#allRead) return
    this.#readUnknown()
    this.#allRead = true
  }

  #readUnknown(): void {
    const known = this.count
    this.source?.readUnknown(this)
    this.allCount = this.count
    this.count = known
  }

  /** Every value of the event under the name of its field, known ones first. Allocates: for detections. */
  entries(): EventEntry[] {
    const unknown: string[] = []
    this.#unknownNames = unknown
    this.#readUnknown()
    this.#unknownNames = null
    this.#allRead = true
    const entries: EventEntry[] = []
    for (let value = 0; value < this.allCount; value++) {
      const field = this.fieldOf[value] ?? -1
      if (field === OVERWRITTEN) continue
      const name = field < 0 ? unknown[value - this.count] : this.names.name(field)
      assert(name !== undefined, 'a value without a name')
      entries.push({ field: name, value: this.string(value) })
    }
    return entries
  }

  /** The text of the value; null for null. Allocates: for detections. */
  string(value: number): string | null {
    if (this.kind[value] === VALUE.NULL) return null
    this.text(value)
    return utf8Decode(this.textBytes.subarray(this.textFrom[value], this.textTo[value]))
  }
}
