import { generateProgram } from './generate.ts'
import { parseRegex } from './parse.ts'
import type { RegexFlags } from './syntax.ts'

export {
  REGEX_ASCII_SIZE,
  REGEX_ASSERTIONS,
  REGEX_BITMAP_WORDS,
  REGEX_CLASS_HEAD_WORDS,
  REGEX_HEADER_WORDS,
  REGEX_INSTRUCTION_WORDS,
  REGEX_OPERATION,
  type RegexAssertion,
} from './program.ts'
export type { RegexFlags } from './syntax.ts'
export { regexCost, verifyRegex } from './verify.ts'

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
  return generateProgram(parseRegex(pattern, flags))
}
