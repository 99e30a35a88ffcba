import { ContentError } from '../errors.ts'
import { CODE_POINT_MAX } from './char-set.ts'
import { REGEX_CLASS_RANGES_MAX, REGEX_CLASS_WORDS_MAX, REGEX_INSTRUCTIONS_MAX } from './limits.ts'
import {
  REGEX_ASCII_SIZE,
  REGEX_ASSERTIONS,
  REGEX_BITMAP_WORDS,
  REGEX_CLASS_HEAD_WORDS,
  REGEX_HEADER_WORDS,
  REGEX_INSTRUCTION_WORDS,
  REGEX_OPERATION,
} from './program.ts'

/**
 * Accepts a program, which may be hostile, or throws. Of an accepted program every next instruction, class and
 * assertion exists, so the machine never reads outside it; the machine visits each instruction at most once a
 * character, so it ends. One linear pass.
 *
 * @throws ContentError content/image-regex with `details.offset`, in bytes from the start of the program
 */
export function verifyRegex(program: Uint32Array): void {
  const { instructions, classes } = verifyHeader(program)
  const offsets = verifyClasses(program, REGEX_HEADER_WORDS + instructions * REGEX_INSTRUCTION_WORDS, classes)
  for (let index = 0; index < instructions; index++) verifyInstruction(program, index, instructions, offsets)
}

/**
 * Steps that one character of input can cost at most: one for each instruction, and for a class the steps of its
 * binary search. Only for a program that `verifyRegex` accepted.
 */
export function regexCost(program: Uint32Array): number {
  const instructions = word(program, 0)
  const classes = REGEX_HEADER_WORDS + instructions * REGEX_INSTRUCTION_WORDS
  let cost = instructions
  for (let at = REGEX_HEADER_WORDS; at < classes; at += REGEX_INSTRUCTION_WORDS) {
    if (word(program, at) !== REGEX_OPERATION.CLASS) continue
    cost += bitLength(word(program, classes + word(program, at + 2) + REGEX_BITMAP_WORDS))
  }
  return cost
}

function verifyHeader(program: Uint32Array): { readonly instructions: number; readonly classes: number } {
  if (program.length < REGEX_HEADER_WORDS) throw rejected('shorter than its header', 0)
  const instructions = word(program, 0)
  const classes = word(program, 1)
  if (instructions < 1 || instructions > REGEX_INSTRUCTIONS_MAX) throw rejected(`${instructions} instructions`, 0)
  if (classes > REGEX_CLASS_WORDS_MAX) throw rejected(`${classes} words of classes`, 1)
  const expected = REGEX_HEADER_WORDS + instructions * REGEX_INSTRUCTION_WORDS + classes
  if (program.length !== expected) throw rejected(`${program.length} words, its header says ${expected}`, 0)
  if (word(program, 2) >= instructions) throw rejected('it starts outside itself', 2)
  return { instructions, classes }
}

/** Returns the offsets at which a class starts: the only operands that CLASS may have. */
function verifyClasses(program: Uint32Array, start: number, words: number): ReadonlySet<number> {
  const offsets = new Set<number>()
  for (let offset = 0; offset < words;) {
    const at = start + offset
    if (words - offset < REGEX_CLASS_HEAD_WORDS) throw rejected('a class is cut off', at)
    const ranges = word(program, at + REGEX_BITMAP_WORDS)
    const size = REGEX_CLASS_HEAD_WORDS + 2 * ranges
    if (ranges > REGEX_CLASS_RANGES_MAX || words - offset < size) throw rejected(`a class of ${ranges} ranges`, at)
    verifyRanges(program, at + REGEX_CLASS_HEAD_WORDS, at + size)
    offsets.add(offset)
    offset += size
  }
  return offsets
}

function verifyRanges(program: Uint32Array, start: number, end: number): void {
  let lowest = REGEX_ASCII_SIZE
  for (let at = start; at < end; at += 2) {
    const low = word(program, at)
    const high = word(program, at + 1)
    if (low < lowest || high < low || high > CODE_POINT_MAX)
      throw rejected('the ranges of a class are out of order', at)
    lowest = high + 2
  }
}

function verifyInstruction(program: Uint32Array, index: number, count: number, classes: ReadonlySet<number>): void {
  const at = REGEX_HEADER_WORDS + index * REGEX_INSTRUCTION_WORDS
  const next = word(program, at + 1)
  if (next >= count) throw rejected('an instruction leads outside', at + 1)
  const operand = word(program, at + 2)
  if (!isOperand(word(program, at), next, operand, count, classes)) {
    throw rejected('an unknown operation or an operand out of range', at)
  }
}

function isOperand(
  operation: number,
  next: number,
  operand: number,
  count: number,
  classes: ReadonlySet<number>,
): boolean {
  switch (operation) {
    case REGEX_OPERATION.MATCH:
      return next === 0 && operand === 0
    case REGEX_OPERATION.CHARACTER:
      return operand <= CODE_POINT_MAX
    case REGEX_OPERATION.CLASS:
      return classes.has(operand)
    case REGEX_OPERATION.ASSERTION:
      return operand < REGEX_ASSERTIONS.length
    case REGEX_OPERATION.SPLIT:
      return operand < count
    default:
      return false
  }
}

function bitLength(value: number): number {
  return 32 - Math.clz32(value)
}

/** Reads one word; past the end is 0, so a caller's mistake can't become `undefined`. */
function word(program: Uint32Array, at: number): number {
  return program[at] ?? 0
}

function rejected(what: string, wordAt: number): ContentError {
  const offset = 4 * wordAt
  return new ContentError(
    'content/image-regex',
    `Cannot accept image: regular expression: ${what}, at byte ${offset} of its program`,
    null,
    { offset },
  )
}
