import { type GlobPart, parseGlob, type TextPattern } from '@firebreak/content'

/** A text that a test takes and, where there is one, a similar text that it does not take. */
export interface TextWitness {
  readonly match: string
  /** Null: no text is known that it does not take. */
  readonly miss: string | null
}

/** Stands where a pattern leaves open what stands there. */
const ANYTHING = 'x'
const FOREIGN = ['\u{e000}', '\u{e001}'] as const

/**
 * A text that fits a pattern with something more wherever it allows that, and one that differs from the shortest text that
 * fits in one character. That one fits nowhere: it has no room for more than the literals, and one of them is not there.
 */
export function textWitness(pattern: TextPattern): TextWitness | null {
  const parts = partsOf(pattern)
  if (parts === null) return null
  const match = parts.map((part) => (part.kind === 'text' ? part.text : FILLING[part.kind])).join('')
  return { match, miss: missOf(parts) }
}

const FILLING = { any: ANYTHING, one: ANYTHING, dash: '-' } as const

function partsOf({ shape, text }: TextPattern): readonly GlobPart[] | null {
  const any: GlobPart = { kind: 'any' }
  const literal: GlobPart = { kind: 'text', text }
  if (shape === 'equals') return [literal]
  if (shape === 'contains') return [any, literal, any]
  if (shape === 'starts-with') return [literal, any]
  return shape === 'ends-with' ? [any, literal] : parseGlob(text)
}

function missOf(parts: readonly GlobPart[]): string | null {
  const last = parts.findLastIndex((part) => part.kind === 'text' && part.text !== '')
  // Nothing but wildcards: what demands a character is missed by none. Nothing at all is missed by anything.
  if (last < 0) {
    if (parts.some(({ kind }) => kind === 'one' || kind === 'dash')) return ''
    return parts.some(({ kind }) => kind === 'any') ? null : ANYTHING
  }
  const pieces = parts.map((part, i) => {
    if (part.kind !== 'text') return part.kind === 'any' ? '' : FILLING[part.kind]
    return i === last ? withForeignEnd(part.text) : part.text
  })
  return pieces.join('')
}

function withForeignEnd(text: string): string {
  const points = Array.from(text)
  const [foreign, other] = FOREIGN
  return [...points.slice(0, -1), points.at(-1) === foreign ? other : foreign].join('')
}
