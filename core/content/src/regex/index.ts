import { assembleProgram } from './assemble.ts'
import { buildAutomaton, usedAssertions } from './automaton.ts'
import { generateInstructions } from './generate.ts'
import { parseRegex } from './parse.ts'
import { partition } from './symbols.ts'
import type { RegexFlags } from './syntax.ts'

export { REGEX_CACHE_BYTES_MAX, REGEX_PROBES_MAX } from './limits.ts'
export {
  contextStarts,
  REGEX_ASCII_SIZE,
  REGEX_CONTEXT_HEAD_WORDS,
  REGEX_CONTEXT_WINDOWS,
  REGEX_KIND,
  REGEX_KINDS,
  REGEX_RANGE_WORDS,
  REGEX_WINDOW_HEAD_WORDS,
  type RegexLayout,
  regexLayout,
} from './program.ts'
export { requiredLiterals } from './required-literals.ts'
export type { RegexFlags } from './syntax.ts'
export { regexCost, verifyRegex } from './verify.ts'

/** An expression as it was written, and its program. */
export interface RegexValue {
  readonly source: string
  readonly flags: RegexFlags
  readonly program: Uint32Array
}

/**
 * Compiles RE2 syntax to a program for the engine's machine: unanchored yes-or-no matching over code points, in time
 * linear in the text. Ignoring case is decided here, with kernel's foldCase: the program lists every character that
 * folds alike, so the machine compares characters as they are. `\d \w \s` are ASCII, but for what folds to it when case is
 * ignored; `\b` is ASCII.
 *
 * @param pattern - hostile; at most REGEX_PATTERN_CHARS_MAX characters
 * @throws ContentError content/regex-syntax | content/regex-unsupported | content/regex-too-large; where one place is
 *   to blame, `details.column` counts UTF-16 units of the pattern from 1
 * @see https://github.com/google/re2/wiki/Syntax
 */
export function compileRegex(pattern: string, flags: RegexFlags): Uint32Array {
  const instructions = generateInstructions(parseRegex(pattern, flags))
  const symbols = partition(instructions.sets, usedAssertions(instructions))
  return assembleProgram(buildAutomaton(instructions, symbols), symbols)
}
