import { foldCase } from '@firebreak/kernel'
import { shortEscape, writeCode } from './value-text.ts'

const BACKSLASH = 0x5c
/** 0: not asked yet. No character but U+0000 folds to U+0000, and that one is ASCII. */
const foldedUnits: Uint16Array = new Uint16Array(0x10000)

/** The lower case of ASCII letters, other bytes as they are. */
const ASCII_LOWER: Uint8Array = new Uint8Array(256)
for (let byte = 0; byte < 256; byte++) ASCII_LOWER[byte] = byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte

const WORD_BYTES = 4
const ONES = 0x01010101
const HIGH_BITS = 0x80808080 | 0
const BACKSLASHES = 0x5c5c5c5c

/** Four ASCII bytes in lower case: adding brings up the high bit of what is at least `A`, and of what is above `Z`. */
function lowerWord(word: number): number {
  const isCapital = ((word + (0x80 - 0x41) * ONES) ^ (word + (0x80 - 0x5b) * ONES)) & HIGH_BITS
  return word | (isCapital >>> 2)
}

/** Room for the folded text of `length` bytes: U+023A has two bytes, its lower case three. */
export function foldedRoom(length: number): number {
  return length + (length >> 1) + 1
}

/**
 * Writes the case-folded text of `bytes` to `out` if it is all ASCII: the usual value in one pass.
 *
 * @param view - of `bytes`, as `outView` is of `out`
 * @param escapes - whether `bytes` are the inside of a JSON string; its \u escapes count as not ASCII
 * @returns the end in `out`, or -1 if it is not ASCII and `out` behind `at` is not to be used
 */
export function foldAscii(
  bytes: Uint8Array,
  view: DataView,
  from: number,
  to: number,
  escapes: boolean,
  out: Uint8Array,
  outView: DataView,
  at: number,
): number {
  for (let i = from; i < to; i++) {
    while (i + WORD_BYTES <= to) {
      const word = view.getInt32(i, true)
      const slashes = word ^ BACKSLASHES
      if (((((slashes - ONES) | 0) & ~slashes) | word) & HIGH_BITS) break
      outView.setInt32(at, lowerWord(word), true)
      at += WORD_BYTES
      i += WORD_BYTES
    }
    if (i === to) break
    let byte = bytes[i] ?? 0
    if (byte >= 0x80) return -1
    if (byte === BACKSLASH && escapes) {
      byte = ++i < to ? shortEscape(bytes[i] ?? 0) : 0
      if (byte === 0) return -1
    }
    out[at++] = ASCII_LOWER[byte] ?? 0
  }
  return at
}

/**
 * Writes the case-folded text of valid UTF-8 to `out`, exactly as the kernel's `foldCase` has it.
 *
 * @returns the end in `out`
 */
export function foldUtf8(bytes: Uint8Array, from: number, to: number, out: Uint8Array, at: number): number {
  for (let i = from; i < to;) {
    const first = bytes[i] ?? 0
    if (first < 0x80) {
      out[at++] = ASCII_LOWER[first] ?? 0
      i++
    } else if (first < 0xf0) {
      const size = first < 0xe0 ? 2 : 3
      let code = first & (0x7f >> size)
      for (let k = 1; k < size; k++) code = (code << 6) | ((bytes[i + k] ?? 0) & 63)
      at = writeCode(out, at, foldUnit(code))
      i += size
    } else {
      // Folding goes by UTF-16 units, and no surrogate has a lower case.
      for (let k = 0; k < 4; k++) out[at++] = bytes[i + k] ?? 0
      i += 4
    }
  }
  return at
}

function foldUnit(code: number): number {
  const known = foldedUnits[code] ?? 0
  if (known !== 0) return known
  const folded = foldCase(String.fromCharCode(code)).charCodeAt(0)
  foldedUnits[code] = folded
  return folded
}
