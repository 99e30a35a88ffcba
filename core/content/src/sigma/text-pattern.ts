import { foldCase } from '@firebreak/kernel'

/**
 * One piece of a glob: literal text, `*` (any run, newlines too), `?` (exactly one code point), or one dash, whichever
 * of the five that `windash` knows.
 */
export type GlobPart = { readonly kind: 'text'; readonly text: string } | { readonly kind: 'any' | 'one' | 'dash' }

/** What begins a Windows command line switch: `-`, `/`, en dash, em dash, horizontal bar. */
export const DASHES = ['-', '/', '\u2013', '\u2014', '\u2015'] as const

/**
 * How a text is compared, in its cheapest form. `text` is case-folded unless the test is cased; for `glob` it is the
 * canonical glob source that parseGlob reads. Present with any text at all is `contains ''`.
 */
export interface TextPattern {
  readonly shape: 'equals' | 'contains' | 'starts-with' | 'ends-with' | 'glob'
  readonly text: string
}

/**
 * Reads a Sigma string: `*` and `?` are wildcards; a backslash makes a following `*`, `?` or `\` literal, and is
 * itself literal before anything else.
 *
 * @see Sigma specification 2.1.0, Escape Character
 */
export function parseSigmaText(source: string): readonly GlobPart[] {
  return read(source, SIGMA_ESCAPES)
}

/** Folds the case unless `cased`, joins texts and repeated `*`, and picks the cheapest shape. */
export function toPattern(source: readonly GlobPart[], cased: boolean): TextPattern {
  const parts = joined(source)
  const shape = parts.map((part) => part.kind).join(' ')
  const texts = parts.map((part) => (part.kind === 'text' ? part.text : ''))
  const text = cased ? texts.join('') : foldCase(texts.join(''))
  if (shape === '' || shape === 'text') return { shape: 'equals', text }
  if (shape === 'any' || shape === 'any text any') return { shape: 'contains', text }
  if (shape === 'text any') return { shape: 'starts-with', text }
  if (shape === 'any text') return { shape: 'ends-with', text }
  const glob = formatGlob(parts)
  return { shape: 'glob', text: cased ? glob : foldCase(glob) }
}

/** The canonical glob source: `*`, `?`, `\-` for any dash, and a backslash before each literal `*`, `?` and backslash. */
export function formatGlob(parts: readonly GlobPart[]): string {
  return parts.map((part) => (part.kind === 'text' ? escape(part.text) : WILDCARDS[part.kind])).join('')
}

/** Reads a canonical glob source, or returns null when it is not one: the verifier's view of hostile text. */
export function parseGlob(source: string): readonly GlobPart[] | null {
  const parts = read(source, GLOB_ESCAPES)
  return formatGlob(parts) === source && joined(parts).length === parts.length ? parts : null
}

const WILDCARDS = { any: '*', one: '?', dash: '\\-' } as const
const SIGMA_ESCAPES = '*?\\'
const GLOB_ESCAPES = '*?\\-'

/** An escaped dash is the dash class; where it is not in `escapes`, both characters are text. */
function read(source: string, escapes: string): readonly GlobPart[] {
  const parts: GlobPart[] = []
  let text = ''
  const wildcard = (kind: 'any' | 'one' | 'dash'): void => {
    if (text !== '') parts.push({ kind: 'text', text })
    text = ''
    parts.push({ kind })
  }
  for (let i = 0; i < source.length; i++) {
    const char = source.charAt(i)
    const next = source.charAt(i + 1)
    if (char === '\\' && next !== '' && escapes.includes(next)) {
      if (next === '-') wildcard('dash')
      else text += next
      i++
    } else if (char === '*') wildcard('any')
    else if (char === '?') wildcard('one')
    else text += char
  }
  if (text !== '') parts.push({ kind: 'text', text })
  return parts
}

/** Without empty texts, neighbouring texts as one, and a run of `*` as one. */
export function joined(source: readonly GlobPart[]): readonly GlobPart[] {
  const parts: GlobPart[] = []
  for (const part of source) {
    const last = parts.at(-1)
    if (part.kind === 'text' && part.text === '') continue
    if (part.kind === 'any' && last?.kind === 'any') continue
    if (part.kind === 'text' && last?.kind === 'text')
      parts.splice(-1, 1, { kind: 'text', text: last.text + part.text })
    else parts.push(part)
  }
  return parts
}

function escape(text: string): string {
  return text.replaceAll(/[\\*?]/g, '\\$&')
}
