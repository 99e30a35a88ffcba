const QUOTE = 0x22
const BACKSLASH = 0x5c
const SPACE = 0x20
const ZERO = 0x30
const POINT = 0x2e
const MINUS = 0x2d
const PLUS = 0x2b
const LETTER_E = 0x65

/** Negative results of the readers of tokens: why there is none. */
export const TRUNCATED = -1
export const UNEXPECTED_BYTE = -2
export const TOO_DEEP = -3

/** Bytes of a string that are searched four at a time before the native search, whose call costs about as much. */
const NATIVE_SEARCH_FROM_BYTES = 64
const FOUR_QUOTES = 0x22222222
const LOW_BITS = 0x01010101
const HIGH_BITS = 0x80808080

/**
 * Where the string that starts at `from` ends: the position of the first quote that no backslash escapes. Looks at
 * nothing else in the string. May be behind the end of the event.
 *
 * The native search of a Node.js Buffer is `memchr`; that of a plain Uint8Array is a loop, still correct.
 */
export function stringEnd(bytes: Uint8Array, view: DataView, from: number): number {
  for (let at = from; ; at++) {
    at = nextQuote(bytes, view, at)
    if (at < 0) return TRUNCATED
    if (at === from || bytes[at - 1] !== BACKSLASH || !isEscaped(bytes, from, at)) return at
  }
}

function nextQuote(bytes: Uint8Array, view: DataView, from: number): number {
  const stop = Math.min(from + NATIVE_SEARCH_FROM_BYTES, view.byteLength - 4)
  let at = from
  for (; at <= stop; at += 4) {
    const word = view.getInt32(at, true) ^ FOUR_QUOTES
    // The classic test for a zero byte; only its lowest set bit is exact, which is the first byte here.
    const zeros = (word - LOW_BITS) & ~word & HIGH_BITS
    if (zeros !== 0) return at + ((31 - Math.clz32(zeros & -zeros)) >> 3)
  }
  return bytes.indexOf(QUOTE, at)
}

function isEscaped(bytes: Uint8Array, from: number, at: number): boolean {
  let first = at
  while (first > from && bytes[first - 1] === BACKSLASH) first--
  return ((at - first) & 1) === 1
}

/** Whether the key has neither a space nor an escape, so that its bytes are its name. */
export function isPlainKey(bytes: Uint8Array, from: number, to: number): boolean {
  for (let i = from; i < to; i++) {
    const byte = bytes[i] ?? 0
    if (byte === SPACE || byte === BACKSLASH) return false
  }
  return true
}

/** The first position from `at` that is no white space, at most `to`. */
export function skipSpace(bytes: Uint8Array, at: number, to: number): number {
  while (at < to) {
    const byte = bytes[at] ?? 0
    if (byte !== SPACE && byte !== 0x0a && byte !== 0x0d && byte !== 0x09) break
    at++
  }
  return at
}

/** Where the number that starts at `at` ends, by the grammar of RFC 8259, or a negative reason. */
export function numberEnd(bytes: Uint8Array, at: number): number {
  if (bytes[at] === MINUS) at++
  const integer = at
  at = digitsEnd(bytes, at)
  if (at === integer || (bytes[integer] === ZERO && at > integer + 1)) return UNEXPECTED_BYTE
  if (bytes[at] === POINT) {
    const fraction = at + 1
    at = digitsEnd(bytes, fraction)
    if (at === fraction) return UNEXPECTED_BYTE
  }
  if (((bytes[at] ?? 0) | 0x20) !== LETTER_E) return at
  at++
  if (bytes[at] === PLUS || bytes[at] === MINUS) at++
  const exponent = at
  at = digitsEnd(bytes, exponent)
  return at === exponent ? UNEXPECTED_BYTE : at
}

function digitsEnd(bytes: Uint8Array, at: number): number {
  for (; ; at++) {
    const byte = bytes[at] ?? 0
    if (byte < ZERO || byte > 0x39) return at
  }
}

const WORD_TRUE = 0x65757274
const WORD_ALSE = 0x65736c61
const WORD_NULL = 0x6c6c756e

/** Where `true`, `false` or `null`, of which `at` has the first letter, ends, or a negative reason. */
export function wordEnd(view: DataView, at: number): number {
  const letter = view.getUint8(at)
  const rest = letter === 0x66 ? at + 1 : at
  if (rest + 4 > view.byteLength) return TRUNCATED
  const word = view.getInt32(rest, true)
  const expected = letter === 0x66 ? WORD_ALSE : letter === 0x74 ? WORD_TRUE : WORD_NULL
  return word === expected ? rest + 4 : UNEXPECTED_BYTE
}
