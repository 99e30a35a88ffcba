import { concatBytes, utf8Encode } from '@firebreak/kernel'
import type { Random } from '../random.ts'

/** What a writer of documents gets wrong, or a reader takes too easily: put where a token ends. */
const SLIPS: readonly Uint8Array[] = ',:{}[]"\'0-+.eE#/\\ \n\t\0'
  .split('')
  .concat([',,', '{}', '[]', '""', 'null', '//x\n', '/**/', '\u00a0', '\ufeff', '\\u12', '\\x41', '1e999', '-0', '01'])
  .concat(['NaN', 'tru', '"a":1,'])
  .map(utf8Encode)
/** What is half of a number, or too much of one. */
const NUMBER_SLIPS: readonly Uint8Array[] = ['0', '-', '+', '.', 'e', 'E', 'e+', '.e1', 'e999', 'n', '_0'].map(
  utf8Encode,
)
/** No UTF-8: a surrogate, an overlong slash, a start without its rest. */
const BAD_UTF8: readonly Uint8Array[] = [
  Uint8Array.of(0xed, 0xa0, 0x80),
  Uint8Array.of(0xc0, 0xaf),
  Uint8Array.of(0xf0, 0x9f),
]
/** `,:{}[]"` and digits: where something ends or begins. */
const isBoundary = (byte: number): boolean =>
  byte === 0x2c || byte === 0x3a || byte === 0x7b || byte === 0x7d || byte === 0x5b || byte === 0x5d || byte === 0x22

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** A printed document with one slip of syntax, which no tree can express: where a token ends, or behind what stands between two. */
export function withSlip(text: Uint8Array, random: Random): Uint8Array {
  const boundary = boundaryNear(text, random.below(text.length + 1))
  const at = random.oneIn(2) ? Math.min(text.length, boundary + 1) : boundary
  const next = boundaryNear(text, Math.min(text.length, at + 1))
  const before = text.subarray(0, at)
  switch (random.below(6)) {
    case 0: // a token is missing
      return concatBytes([before, text.subarray(Math.max(next, at + 1))])
    case 1: // a token is there twice
      return concatBytes([text.subarray(0, next), text.subarray(at)])
    case 2: // the end is missing
      return before
    case 3:
      return concatBytes([before, random.pick(BAD_UTF8), text.subarray(at)])
    default: {
      const slips = isDigit(text[at - 1] ?? 0) && random.oneIn(2) ? NUMBER_SLIPS : SLIPS
      return concatBytes([before, random.pick(slips), text.subarray(at)])
    }
  }
}

/** Of a longer document not every slip is tried. */
const SWEPT_BYTES_MAX = 64

/** A short document with every slip at every boundary. */
export function* slipsOf(text: Uint8Array): Generator<Uint8Array> {
  if (text.length > SWEPT_BYTES_MAX) return
  for (let at = 0; at <= text.length; at++) {
    if (at > 0 && at < text.length && !isBoundary(text[at] ?? 0) && !isBoundary(text[at - 1] ?? 0)) continue
    for (const slip of SLIPS) yield concatBytes([text.subarray(0, at), slip, text.subarray(at)])
  }
}

/** The next boundary at or behind `from`, or the end. */
function boundaryNear(text: Uint8Array, from: number): number {
  for (let at = from; at < text.length; at++) if (isBoundary(text[at] ?? 0)) return at
  return text.length
}
