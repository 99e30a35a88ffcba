import { must } from './errors.ts'
import { ANY, joinText, type Pattern, plainText } from './pattern.ts'

export type Encoding = 'utf8' | 'utf16le' | 'utf16be' | 'utf16'

const BYTE_ORDER_MARK = [0xff, 0xfe]
const SHIFTS = [0, 1, 2] as const
/** Characters at the start that depend on what comes before, by shift. */
const UNSTABLE_START = [0, 2, 3] as const
/** Characters at the end, padding included, that depend on what comes after, by the bytes of the last group. */
const UNSTABLE_END = [0, 3, 2] as const

export function encode(text: string, encoding: Encoding): Buffer {
  if (encoding === 'utf8') return Buffer.from(text, 'utf8')
  const little = Buffer.from(text, 'utf16le')
  if (encoding === 'utf16be') return little.swap16()
  return encoding === 'utf16' ? Buffer.from([...BYTE_ORDER_MARK, ...little]) : little
}

/** @throws RuleError when the pieces hold a wildcard, which has no encoding */
export function base64(pieces: Pattern, encoding: Encoding): string {
  return encode(source(pieces), encoding).toString('base64')
}

/** How the text looks inside a longer text that is encoded, at each of the three positions that it can have. */
export function base64offset(pieces: Pattern, encoding: Encoding): readonly string[] {
  const bytes = encode(source(pieces), encoding)
  must(bytes.length > 1, 'at one of the offsets, nothing is left of one character')
  return SHIFTS.map((shift) => {
    const encoded = Buffer.concat([Buffer.alloc(shift), bytes]).toString('base64')
    const end = UNSTABLE_END[((bytes.length + shift) % 3) as 0 | 1 | 2]
    return encoded.slice(UNSTABLE_START[shift], encoded.length - end)
  })
}

function source(pieces: Pattern): string {
  const text = plainText(pieces)
  must(text !== null, 'a wildcard can not be encoded in Base64')
  return text
}

/** A text of an encoding that nothing turned into Base64: each byte is the character of its number. */
export function encodedPieces(pieces: Pattern, encoding: Encoding): Pattern {
  if (encoding === 'utf8') return pieces
  const encoded = pieces.map((piece) => {
    if (piece === ANY) return piece
    must(typeof piece === 'string', 'only text and * can be UTF-16')
    return encode(piece, encoding).toString('latin1')
  })
  return joinText(encoded)
}
