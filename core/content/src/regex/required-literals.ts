import { foldCase, unreachable } from '@firebreak/kernel'
import type { CharSet } from './char-set.ts'
import { parseRegex } from './parse.ts'
import type { RegexFlags, RegexNode } from './syntax.ts'

/** Alternatives that are worth an index; an expression with more of them has none. */
export const REQUIRED_LITERALS_MAX = 64
const LITERAL_CHARS_MAX = 256
/** A set of more code points does not fold to one character. */
const CASE_VARIANTS_MAX = 4

/** What is known of the folded text that a node matches. */
interface Shape {
  /** The only folded text that it matches, or null. */
  readonly exact: string | null
  /** Every match contains one of these, or null when nothing is known. */
  readonly required: readonly string[] | null
}

const UNKNOWN: Shape = { exact: null, required: null }
const EMPTY: Shape = { exact: '', required: null }

/**
 * Folded texts of which every match contains at least one, or null when there are none: what an index can look for
 * before it asks the machine. Chooses the longest.
 *
 * @throws ContentError as compileRegex does
 */
export function requiredLiterals(pattern: string, flags: RegexFlags): readonly string[] | null {
  const { exact, required } = shapeOf(parseRegex(pattern, flags))
  if (exact !== null) return exact === '' ? null : [exact]
  return required
}

function shapeOf(node: RegexNode): Shape {
  switch (node.kind) {
    case 'empty':
    case 'assertion':
      return EMPTY
    case 'character':
      return { exact: foldedCharacter(node.set), required: null }
    case 'sequence':
      return sequenceShape(node.parts.map(shapeOf))
    case 'choice':
      return { exact: null, required: union(node.options.map(shapeOf)) }
    case 'repeat': {
      if (node.min === 0) return UNKNOWN
      const body = shapeOf(node.body)
      if (body.exact === null) return { exact: null, required: body.required }
      const text = body.exact.repeat(Math.min(node.min, Math.ceil(LITERAL_CHARS_MAX / Math.max(1, body.exact.length))))
      const isExact = node.max === node.min && text.length === body.exact.length * node.min
      return { exact: isExact ? text : null, required: text === '' ? null : [text] }
    }
    default:
      return unreachable(node)
  }
}

function foldedCharacter(set: CharSet): string | null {
  let folded: string | null = null
  let count = 0
  for (const [low, high] of set) {
    for (let code = low; code <= high; code++) {
      if (++count > CASE_VARIANTS_MAX) return null
      const one = foldCase(String.fromCodePoint(code))
      if (folded !== null && one !== folded) return null
      folded = one
    }
  }
  // A lone surrogate is no text in UTF-8.
  return folded?.isWellFormed() ? folded : null
}

function sequenceShape(parts: readonly Shape[]): Shape {
  let best: readonly string[] | null = null
  let run = ''
  let isExact = true
  const offer = (candidate: readonly string[] | null): void => {
    if (candidate !== null && shortest(candidate) > shortest(best)) best = candidate
  }
  for (const part of parts) {
    if (part.exact !== null && run.length + part.exact.length <= LITERAL_CHARS_MAX) run += part.exact
    else {
      offer([run])
      run = ''
      isExact = false
      offer(part.exact === null ? part.required : [part.exact])
    }
  }
  offer([run])
  return { exact: isExact ? run : null, required: best }
}

function union(options: readonly Shape[]): readonly string[] | null {
  const texts = new Set<string>()
  for (const { exact, required } of options) {
    const some = exact === null ? required : [exact]
    if (some === null) return null
    for (const text of some) texts.add(text)
  }
  return texts.has('') || texts.size > REQUIRED_LITERALS_MAX ? null : [...texts]
}

function shortest(texts: readonly string[] | null): number {
  return texts === null ? 0 : texts.reduce((least, text) => Math.min(least, text.length), Infinity)
}
