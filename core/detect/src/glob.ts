import type { GlobPart } from '@firebreak/content'

/** A glob, ready to run: the pieces between its `*`s. Each piece is literal text and `?`s, of a fixed length. */
export interface Glob {
  readonly pieces: readonly (readonly GlobPart[])[]
}

export function prepareGlob(parts: readonly GlobPart[]): Glob {
  const pieces: GlobPart[][] = [[]]
  for (const part of parts) {
    if (part.kind === 'any') pieces.push([])
    else pieces.at(-1)?.push(part)
  }
  return { pieces }
}

/**
 * Whether the whole of `text` matches. A piece has a fixed length in code points, so the leftmost place where it fits
 * is always good enough, and nothing is tried twice: at most length of text times length of the longest piece.
 */
export function matchesGlob({ pieces }: Glob, text: string): boolean {
  const [first = [], ...rest] = pieces
  const last = rest.pop()
  let at = matchForward(first, text, 0)
  if (last === undefined) return at === text.length
  for (const piece of rest) {
    if (at < 0) return false
    at = find(piece, text, at)
  }
  return at >= 0 && matchBackward(last, text) >= at
}

/** The end of the leftmost place at or after `from` where the piece fits, or -1. */
function find(piece: readonly GlobPart[], text: string, from: number): number {
  const [first] = piece
  if (first === undefined) return from
  for (let at = from; at <= text.length; at = after(text, at)) {
    if (first.kind === 'text') at = text.indexOf(first.text, at)
    if (at < 0) return -1
    const end = matchForward(piece, text, at)
    if (end >= 0) return end
  }
  return -1
}

/** The end of the piece when it fits at `from`, or -1. */
function matchForward(piece: readonly GlobPart[], text: string, from: number): number {
  let at = from
  for (const part of piece) {
    if (part.kind === 'text') {
      if (!text.startsWith(part.text, at)) return -1
      at += part.text.length
    } else {
      if (at >= text.length) return -1
      at = after(text, at)
    }
  }
  return at
}

/** The start of the piece when it fits at the end of the text, or -1. */
function matchBackward(piece: readonly GlobPart[], text: string): number {
  let at = text.length
  for (const part of piece.toReversed()) {
    if (part.kind === 'text') {
      if (!text.endsWith(part.text, at)) return -1
      at -= part.text.length
    } else {
      if (at <= 0) return -1
      at = before(text, at)
    }
  }
  return at
}

/** The place after the code point at `at`. A lone surrogate is one code point. */
function after(text: string, at: number): number {
  return at + ((text.codePointAt(at) ?? 0) > 0xffff ? 2 : 1)
}

function before(text: string, at: number): number {
  return at >= 2 && (text.codePointAt(at - 2) ?? 0) > 0xffff ? at - 2 : at - 1
}
