import type { GlobPart } from '@firebreak/content'
import { utf8Encode } from '@firebreak/kernel'

/** A glob, ready to run over UTF-8: the pieces between its `*`s, each of a fixed length in code points. */
export interface Glob {
  readonly pieces: readonly Int32Array[]
}

/** Elements of a piece that are no bytes: any one code point, and one of the five dashes of windash. */
const ONE = -1
const DASH = -2

export function prepareGlob(parts: readonly GlobPart[]): Glob {
  const pieces: number[][] = [[]]
  for (const part of parts) {
    if (part.kind === 'any') pieces.push([])
    else if (part.kind === 'text') pieces.at(-1)?.push(...utf8Encode(part.text))
    else pieces.at(-1)?.push(part.kind === 'one' ? ONE : DASH)
  }
  return { pieces: pieces.map((piece) => Int32Array.from(piece)) }
}

/**
 * Whether the whole of a run matches. The leftmost place where a piece fits is always good enough, and nothing is tried
 * twice: at most length of the run times length of the longest piece.
 */
export function matchesGlob({ pieces }: Glob, bytes: Uint8Array, from: number, to: number): boolean {
  const last = pieces.length - 1
  let at = matchForward(pieces[0] as Int32Array, bytes, from, to)
  if (at < 0) return false
  if (last === 0) return at === to
  for (let i = 1; i < last; i++) {
    at = findPiece(pieces[i] as Int32Array, bytes, at, to)
    if (at < 0) return false
  }
  return matchBackward(pieces[last] as Int32Array, bytes, at, to)
}

/** Returns the end of the leftmost fit at or behind `from`, or -1. */
function findPiece(piece: Int32Array, bytes: Uint8Array, from: number, to: number): number {
  for (let at = from; at <= to; at++) {
    if (isContinuation(bytes[at]) && at < to) continue
    const end = matchForward(piece, bytes, at, to)
    if (end >= 0) return end
  }
  return -1
}

/** Returns the end of the piece when it fits at `from`, or -1. */
function matchForward(piece: Int32Array, bytes: Uint8Array, from: number, to: number): number {
  let at = from
  for (const element of piece) {
    if (at >= to) return -1
    if (element === ONE) at += codePointLength(bytes[at] as number)
    else if (element === DASH) {
      const length = dashLength(bytes, at, to)
      if (length === 0) return -1
      at += length
    } else if (bytes[at++] !== element) return -1
  }
  return at <= to ? at : -1
}

/** Whether the piece fits so that it ends with the run, not starting before `from`. */
function matchBackward(piece: Int32Array, bytes: Uint8Array, from: number, to: number): boolean {
  let at = to
  for (let i = piece.length - 1; i >= 0; i--) {
    const element = piece[i] as number
    if (element >= 0) {
      if (at <= from || bytes[--at] !== element) return false
      continue
    }
    const end = at
    do {
      if (at <= from) return false
      at--
    } while (isContinuation(bytes[at]))
    if (element === DASH && dashLength(bytes, at, end) !== end - at) return false
  }
  return true
}

function isContinuation(byte: number | undefined): boolean {
  return byte !== undefined && (byte & 0xc0) === 0x80
}

/** From the first byte of valid UTF-8. */
function codePointLength(first: number): number {
  return first < 0x80 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4
}

/** `-`, `/`, or U+2013, U+2014, U+2015: bytes e2 80 93 to e2 80 95. 0 when there is none at `at`. */
function dashLength(bytes: Uint8Array, at: number, to: number): number {
  const first = bytes[at]
  if (first === 0x2d || first === 0x2f) return 1
  if (first !== 0xe2 || at + 3 > to || bytes[at + 1] !== 0x80) return 0
  const third = bytes[at + 2] as number
  return third >= 0x93 && third <= 0x95 ? 3 : 0
}
