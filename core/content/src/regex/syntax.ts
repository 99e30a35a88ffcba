import { ContentError } from '../errors.ts'
import type { CharSet } from './char-set.ts'

/** RE2: `$` without `m` is the end of the text, and words are ASCII. */
export type RegexAssertion = 'text-start' | 'text-end' | 'line-start' | 'line-end' | 'word' | 'not-word'

/** What the parser hands to the code generator. Every node but `empty` costs at least one instruction. */
export type RegexNode =
  | { readonly kind: 'empty' }
  /** One code point of the set. */
  | { readonly kind: 'character'; readonly set: CharSet }
  | { readonly kind: 'assertion'; readonly assertion: RegexAssertion }
  | { readonly kind: 'sequence'; readonly parts: readonly RegexNode[] }
  | { readonly kind: 'choice'; readonly options: readonly RegexNode[] }
  | { readonly kind: 'repeat'; readonly body: RegexNode; readonly min: number; readonly max: number | null }

export interface RegexFlags {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}

export const EMPTY: RegexNode = { kind: 'empty' }

export function sequence(parts: readonly RegexNode[]): RegexNode {
  const full = parts.filter((part) => part.kind !== 'empty')
  return full.length === 1 ? (full[0] as RegexNode) : full.length === 0 ? EMPTY : { kind: 'sequence', parts: full }
}

export function choice(options: readonly RegexNode[]): RegexNode {
  return options.length === 1 ? (options[0] as RegexNode) : { kind: 'choice', options }
}

/** Nothing repeated is nothing: so the code generator's work is bounded by the instructions that it emits. */
export function repeat(body: RegexNode, min: number, max: number | null): RegexNode {
  return body.kind === 'empty' || max === 0 ? EMPTY : { kind: 'repeat', body, min, max }
}

export function syntaxError(column: number, reason: string): ContentError {
  return regexError('content/regex-syntax', column, reason)
}

export function unsupported(column: number, what: string): ContentError {
  return regexError('content/regex-unsupported', column, `${what} can't be matched in linear time or is not RE2 syntax`)
}

export function tooLarge(column: number | null, reason: string): ContentError {
  return regexError('content/regex-too-large', column, reason)
}

/** `column` counts UTF-16 units of the pattern from 1; the caller knows the file and adds its own position. */
function regexError(
  code: 'content/regex-syntax' | 'content/regex-unsupported' | 'content/regex-too-large',
  column: number | null,
  reason: string,
): ContentError {
  const where = column === null ? '' : ` at column ${column}`
  return new ContentError(code, `Cannot compile regular expression: ${reason}${where}`, null, { column })
}
