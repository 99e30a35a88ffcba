import { utf8Decode } from '@firebreak/kernel'
import type { EventColumns } from './event-columns.ts'
import type { EventSource } from './event-source.ts'
import { NamePath, NESTING, type Nesting } from './json-names.ts'
import {
  isPlainKey,
  numberEnd,
  skipSpace,
  stringEnd,
  TOO_DEEP,
  TRUNCATED,
  UNEXPECTED_BYTE,
  wordEnd,
} from './json-tokens.ts'
import { EVENT_BYTES_MAX, EVENT_DEPTH_MAX, EVENT_VALUES_MAX } from './limits.ts'
import { VALUE } from './value-kind.ts'

export type JsonRefusal =
  | 'truncated' // ends within the object, or is empty
  | 'unexpected-byte' // not JSON
  | 'not-an-object' // starts with something else than a brace
  | 'trailing-bytes' // more than white space behind the object
  | 'too-large' // more than EVENT_BYTES_MAX
  | 'too-deep' // more than EVENT_DEPTH_MAX
  | 'too-many-values' // more than EVENT_VALUES_MAX

const QUOTE = 0x22
const COMMA = 0x2c
const COLON = 0x3a
const SPACE = 0x20
const OPEN_BRACE = 0x7b
const CLOSE_BRACE = 0x7d
const OPEN_BRACKET = 0x5b
const CLOSE_BRACKET = 0x5d
const LETTER_F = 0x66
const LETTER_N = 0x6e
const LETTER_T = 0x74

/**
 * Reads the one JSON object in hostile `bytes` from `from` to `to` into `columns`; white space and a byte order mark
 * around it are allowed. Accepts what JSON.parse accepts and reads the same values, but looks into strings only when
 * somebody asks for the value: control characters, wrong escapes and invalid UTF-8 in them are no reason to refuse.
 * See docs/events.md for the names of nested members.
 *
 * Allocates nothing when `bytes` is the same array as for the event before. In Node.js, pass a Buffer: its search for
 * the end of long strings is many times faster.
 *
 * @returns 'ok', or why the event was refused; then `columns` has no field, and `columns.counters.refused` is one more
 */
export function readJsonEvent(columns: EventColumns, bytes: Uint8Array, from: number, to: number): 'ok' | JsonRefusal {
  // The reader stays with its columns, for it has a path and a position to remember.
  const { source } = columns
  const reader = source instanceof JsonReader ? source : new JsonReader(columns)
  columns.begin(reader, bytes, from, to)
  const refusal = to - from > EVENT_BYTES_MAX ? 'too-large' : reader.read(false)
  if (refusal === 'ok') return refusal
  columns.clear()
  columns.counters.refused++
  return refusal
}

/** Recursive descent over one event at a time. Positions are offsets in its bytes; negative ones are reasons. */
class JsonReader implements EventSource {
  readonly json = true
  readonly #columns: EventColumns
  #bytes: Uint8Array
  #view: DataView
  #to = 0
  readonly #path = new NamePath()
  /** Read the values of unknown fields, not those of known ones. */
  #unknown = false
  /** Objects and lists so far: the next one's number. */
  #containers = 0
  #values = 0

  constructor(columns: EventColumns) {
    this.#columns = columns
    this.#bytes = columns.bytes
    this.#view = columns.view
  }

  readUnknown(): void {
    this.read(true)
  }

  readAgain({ bytes, from, to }: EventColumns, others: EventColumns): void {
    readJsonEvent(others, bytes, from, to)
  }

  /** Reads the event that the columns have begun. */
  read(unknown: boolean): 'ok' | JsonRefusal {
    const { bytes, from, to, view } = this.#columns
    this.#bytes = bytes
    this.#view = view
    this.#to = to
    this.#unknown = unknown
    this.#containers = 1
    this.#values = 0
    const start = skipSpace(bytes, skipByteOrderMark(bytes, from, to), to)
    if (start >= to) return 'truncated'
    if (bytes[start] !== OPEN_BRACE) return 'not-an-object'
    const end = this.#readMembers(start + 1, 1, NESTING.ROOT, 0, 0)
    if (end < 0) return refusalOf(end)
    if (end > to) return 'truncated'
    if (this.#values > EVENT_VALUES_MAX) return 'too-many-values'
    return skipSpace(bytes, end, to) === to ? 'ok' : 'trailing-bytes'
  }

  /**
   * The members of an object, from behind its brace.
   *
   * @param prefix - the length of the object's name in the path
   * @param list - the outermost list of objects that it is in, 0 for none
   * @returns the position behind the closing brace, or a reason
   */
  #readMembers(start: number, depth: number, nesting: Nesting, prefix: number, list: number): number {
    const bytes = this.#bytes
    const view = this.#view
    const to = this.#to
    const object = this.#containers++
    let at = skipSpace(bytes, start, to)
    if (bytes[at] === CLOSE_BRACE) return at + 1
    for (;;) {
      if (bytes[at] !== QUOTE) return this.#wrong(at)
      const key = at + 1
      const keyEnd = stringEnd(bytes, view, key)
      if (keyEnd < 0) return keyEnd
      at = keyEnd + 1
      if (bytes[at] !== COLON) {
        at = skipSpace(bytes, at, to)
        if (bytes[at] !== COLON) return this.#wrong(at)
      }
      at++
      if ((bytes[at] ?? 0) <= SPACE) at = skipSpace(bytes, at, to)
      const first = bytes[at]
      if (first === OPEN_BRACE) at = this.#readObject(at, key, keyEnd, depth, nesting, prefix, list)
      else if (first === OPEN_BRACKET) at = this.#readMemberList(at, key, keyEnd, depth, nesting, prefix, list, object)
      else {
        const end = first === QUOTE ? stringEnd(bytes, view, at + 1) : this.#plainEnd(at)
        if (end < 0) return end
        this.#values++
        const field = this.#fieldOf(key, keyEnd, nesting, prefix)
        if (field >= 0 === this.#unknown) {
          /* Not the pass that reads it. */
        } else if (this.#unknown) this.#addUnknown(at, end, this.#path.join(prefix, nesting, bytes, key, keyEnd, true))
        else if (this.#columns.open(field, object, list)) this.#push(field, at, end)
        at = first === QUOTE ? end + 1 : end
      }
      if (at < 0) return at
      if ((bytes[at] ?? 0) <= SPACE) at = skipSpace(bytes, at, to)
      if (bytes[at] === COMMA) {
        at++
        if ((bytes[at] ?? 0) <= SPACE) at = skipSpace(bytes, at, to)
      } else return bytes[at] === CLOSE_BRACE ? at + 1 : this.#wrong(at)
    }
  }

  /** The number of the member's field, -1 if no rule knows it. */
  #fieldOf(key: number, keyEnd: number, nesting: Nesting, prefix: number): number {
    const { names } = this.#columns
    if (prefix === 0) {
      const field = names.lookup(this.#view, key, keyEnd)
      if (field >= 0 ? names.plain : isPlainKey(this.#bytes, key, keyEnd)) return field
    }
    const end = this.#path.join(prefix, nesting, this.#bytes, key, keyEnd, true)
    return names.lookup(this.#path.view, 0, end)
  }

  #push(field: number, at: number, end: number): void {
    const first = this.#bytes[at] ?? 0
    if (first === QUOTE) this.#columns.push(field, VALUE.TEXT, at + 1, end)
    else this.#columns.push(field, plainKind(first), at, end)
  }

  #addUnknown(at: number, end: number, nameEnd: number): void {
    const first = this.#bytes[at] ?? 0
    const name = this.#columns.wantsNames ? utf8Decode(this.#path.bytes.subarray(0, nameEnd)) : ''
    if (first === QUOTE) this.#columns.addUnknown(VALUE.TEXT, at + 1, end, name)
    else this.#columns.addUnknown(plainKind(first), at, end, name)
  }

  #readObject(
    at: number,
    key: number,
    keyEnd: number,
    depth: number,
    nesting: Nesting,
    prefix: number,
    list: number,
  ): number {
    if (depth === EVENT_DEPTH_MAX) return TOO_DEEP
    const path = this.#path
    const end = path.join(prefix, nesting, this.#bytes, key, keyEnd, true)
    const own = path.nestingOf(prefix, nesting, end)
    if (path.isTransparent(nesting, own, end)) return this.#readMembers(at + 1, depth + 1, own, prefix, list)
    const field = this.#columns.names.lookup(path.view, 0, end)
    if (field >= 0 && !this.#unknown) this.#columns.touch(field)
    return this.#readMembers(at + 1, depth + 1, own, end, list)
  }

  #readMemberList(
    at: number,
    key: number,
    keyEnd: number,
    depth: number,
    nesting: Nesting,
    prefix: number,
    list: number,
    object: number,
  ): number {
    const end = this.#path.join(prefix, nesting, this.#bytes, key, keyEnd, true)
    const field = this.#columns.names.lookup(this.#path.view, 0, end)
    const wanted = field >= 0 && !this.#unknown && this.#columns.open(field, object, list)
    const outermost = list === 0 ? this.#containers++ : list
    if (depth === EVENT_DEPTH_MAX) return TOO_DEEP
    return this.#readElements(at + 1, depth + 1, wanted ? field : -1, field < 0 && this.#unknown, end, outermost)
  }

  /**
   * The elements of a list, from behind its bracket; those of lists in it count as its own.
   *
   * @param field - to which its values belong, -1 for none
   * @param unknown - whether its values are to be added to those of unknown fields
   * @param prefix - the length of the list's name in the path
   */
  #readElements(start: number, depth: number, field: number, unknown: boolean, prefix: number, list: number): number {
    const bytes = this.#bytes
    let at = skipSpace(bytes, start, this.#to)
    if (bytes[at] === CLOSE_BRACKET) return at + 1
    for (;;) {
      const first = bytes[at]
      if ((first === OPEN_BRACE || first === OPEN_BRACKET) && depth === EVENT_DEPTH_MAX) return TOO_DEEP
      if (first === OPEN_BRACE) at = this.#readMembers(at + 1, depth + 1, NESTING.PLAIN, prefix, list)
      else if (first === OPEN_BRACKET) at = this.#readElements(at + 1, depth + 1, field, unknown, prefix, list)
      else {
        const end = first === QUOTE ? stringEnd(bytes, this.#view, at + 1) : this.#plainEnd(at)
        if (end < 0) return end
        this.#values++
        if (unknown) this.#addUnknown(at, end, prefix)
        else if (field >= 0) this.#push(field, at, end)
        at = first === QUOTE ? end + 1 : end
      }
      if (at < 0) return at
      at = skipSpace(bytes, at, this.#to)
      if (bytes[at] !== COMMA) return bytes[at] === CLOSE_BRACKET ? at + 1 : this.#wrong(at)
      at = skipSpace(bytes, at + 1, this.#to)
    }
  }

  /** The end of a number, true, false or null, or a reason. */
  #plainEnd(at: number): number {
    const first = this.#bytes[at]
    if (first === LETTER_T || first === LETTER_F || first === LETTER_N) return wordEnd(this.#view, at)
    const end = numberEnd(this.#bytes, at)
    return end < 0 ? this.#wrong(at) : end
  }

  #wrong(at: number): number {
    return at >= this.#to ? TRUNCATED : UNEXPECTED_BYTE
  }
}

function plainKind(first: number): number {
  if (first === LETTER_T) return VALUE.TRUE
  if (first === LETTER_F) return VALUE.FALSE
  return first === LETTER_N ? VALUE.NULL : VALUE.NUMBER
}

function refusalOf(reason: number): JsonRefusal {
  if (reason === TRUNCATED) return 'truncated'
  return reason === TOO_DEEP ? 'too-deep' : 'unexpected-byte'
}

function skipByteOrderMark(bytes: Uint8Array, from: number, to: number): number {
  return to - from >= 3 && bytes[from] === 0xef && bytes[from + 1] === 0xbb && bytes[from + 2] === 0xbf
    ? from + 3
    : from
}
