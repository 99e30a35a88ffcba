import { foldCase } from '@firebreak/kernel'

/** One piece of a glob: literal text, `*` (any run, newlines too) or `?` (exactly one code point). */
export type GlobPart = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'any' | 'one' }

/**
 * How a text is compared, in its cheapest form. `text` is case-folded; for `glob` it is the canonical glob source
 * that parseGlob reads.
 */
export interface TextPattern {
  readonly shape: 'equals' | 'contains' | 'starts-with' | 'ends-with' | 'glob'
  readonly text: string
}

/**
 * Reads a Sigma string: `*` and `?` are wildcards; a backslash makes a following `*`, `?` or `\` literal, and is
 * itself literal before anything else.
 *
 * @see Sigma specification 2.1.0, Escaping
 */
export function parseSigmaText(source: string): readonly GlobPart[] {
  const parts: GlobPart[] = []
  let text = ''
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i)
    if (char === '\\' && isSpecial(source.charAt(i + 1))) text += source.charAt(++i)
    else if (char !== '*' && char !== '?') text += char
    else {
      if (text !== '') parts.push({ kind: 'text', text })
      text = ''
      parts.push({ kind: char === '*' ? 'any' : 'one' })
    }
  }
  if (text !== '') parts.push({ kind: 'text', text })
  return parts
}

/** Folds the case, merges repeated `*` and picks the cheapest shape. Present with any text at all is `contains ''`. */
export function toPattern(source: readonly GlobPart[]): TextPattern {
  const parts = source.filter((part, i) => part.kind !== 'any' || source[i - 1]?.kind !== 'any')
  const shape = parts.map((part) => part.kind).join(' ')
  const texts = parts.map((part) => (part.kind === 'text' ? foldCase(part.text) : ''))
  const text = texts.join('')
  if (shape === '' || shape === 'text') return { shape: 'equals', text }
  if (shape === 'any' || shape === 'any text any') return { shape: 'contains', text }
  if (shape === 'text any') return { shape: 'starts-with', text }
  if (shape === 'any text') return { shape: 'ends-with', text }
  return { shape: 'glob', text: formatGlob(parts) }
}

/** The canonical glob source: `*`, `?`, and a backslash before each literal `*`, `?` and backslash. */
export function formatGlob(parts: readonly GlobPart[]): string {
  return parts.map((part) => (part.kind === 'text' ? escape(foldCase(part.text)) : WILDCARD[part.kind])).join('')
}

/** Reads a canonical glob source, or returns null when it is not one: the verifier's view of hostile text. */
export function parseGlob(source: string): readonly GlobPart[] | null {
  const parts = parseSigmaText(source)
  return formatGlob(parts) === source ? parts : null
}

const WILDCARD = { any: '*', one: '?' } as const

function escape(text: string): string {
  return text.replaceAll(/[\\*?]/g, '\\$&')
}

function isSpecial(char: string): boolean {
  return char === '*' || char === '?' || char === '\\'
}
