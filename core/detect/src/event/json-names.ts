import { NAME_BYTES_MAX, FIELD_BYTES_MAX } from './limits.ts'
import { type TextCounters, writeText } from './value-text.ts'

const SPACE = 0x20
const POINT = 0x2e
const UNDERSCORE = 0x5f
const AT_SIGN = 0x40
const ATTRIBUTES = bytesOf('#attributes')
const TEXT = bytesOf('#text')
const EVENT = bytesOf('Event')
const SYSTEM = bytesOf('System')
const EVENT_DATA = bytesOf('EventData')
const USER_DATA = bytesOf('UserData')

/**
 * What the keys of an object mean. The envelopes of a Windows event add nothing to names: `Event.System.Channel` is
 * `Channel`. Within `#attributes`, names are joined by an underscore.
 */
export const NESTING = { ROOT: 0, EVENT: 1, USER_DATA: 2, PLAIN: 3, ATTRIBUTES: 4 } as const
export type Nesting = (typeof NESTING)[keyof typeof NESTING]

/**
 * The name of the field being read, as UTF-8 without spaces: the joined keys of the objects around it and its own.
 * An object is known by how long its own name is; the bytes behind belong to its members, one after the other.
 */
export class NamePath {
  readonly bytes: Uint8Array = new Uint8Array(NAME_BYTES_MAX + FIELD_BYTES_MAX + 1)
  readonly view: DataView = new DataView(this.bytes.buffer)
  /** Oddities of names are not those of values. */
  readonly #counters: TextCounters = { truncated: 0, replaced: 0, badEscapes: 0 }

  /**
   * Appends the key of a member to the name of its object.
   *
   * @param prefix - the length of the object's name
   * @param source - where the key is, from `from` to `to`
   * @param escapes - whether the key is the inside of a JSON string
   * @returns the length of the member's name
   */
  join(prefix: number, nesting: Nesting, source: Uint8Array, from: number, to: number, escapes: boolean): number {
    const { bytes } = this
    const start = prefix === 0 ? 0 : prefix + 1
    let end = withoutSpaces(bytes, start, writeText(source, from, to, escapes, bytes, start, this.#counters))
    if (prefix > 0) {
      if (nesting !== NESTING.ATTRIBUTES && equals(bytes, start, end, TEXT)) return prefix
      const attribute = bytes[start] === AT_SIGN && end > start
      bytes[prefix] = attribute || nesting === NESTING.ATTRIBUTES ? UNDERSCORE : POINT
      if (attribute) {
        bytes.copyWithin(start, start + 1, end)
        end--
      }
    }
    return cut(bytes, end)
  }

  /** The nesting of the object that `join` just named, in an object of `nesting`. */
  nestingOf(prefix: number, nesting: Nesting, end: number): Nesting {
    const { bytes } = this
    if (nesting === NESTING.ROOT && equals(bytes, 0, end, EVENT)) return NESTING.EVENT
    if (nesting === NESTING.EVENT && equals(bytes, 0, end, USER_DATA)) return NESTING.USER_DATA
    const own = prefix === 0 ? 0 : prefix + 1
    return nesting !== NESTING.ATTRIBUTES && equals(bytes, own, end, ATTRIBUTES) ? NESTING.ATTRIBUTES : NESTING.PLAIN
  }

  /** Whether the object that `join` just named adds nothing to the names of its members; `own` is its nesting. */
  isTransparent(nesting: Nesting, own: Nesting, end: number): boolean {
    if (own !== NESTING.PLAIN || nesting === NESTING.USER_DATA) return true
    const { bytes } = this
    return nesting === NESTING.EVENT && (equals(bytes, 0, end, SYSTEM) || equals(bytes, 0, end, EVENT_DATA))
  }
}

function withoutSpaces(bytes: Uint8Array, from: number, to: number): number {
  let end = from
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    if (byte !== SPACE) bytes[end++] = byte
  }
  return end
}

/** At most NAME_BYTES_MAX, at a code point boundary. */
function cut(bytes: Uint8Array, end: number): number {
  if (end <= NAME_BYTES_MAX) return end
  end = NAME_BYTES_MAX
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end--
  return end
}

function equals(bytes: Uint8Array, from: number, to: number, expected: Uint8Array): boolean {
  return to - from === expected.length && expected.every((byte, i) => bytes[from + i] === byte)
}

function bytesOf(ascii: string): Uint8Array {
  return Uint8Array.from(ascii, (character) => character.charCodeAt(0))
}
