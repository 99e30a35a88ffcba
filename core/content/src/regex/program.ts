/**
 * A program is a sequence of 32-bit words; it is part of the image, so its layout is part of the image format.
 *
 *     header        instruction count, class words, entry instruction
 *     instructions  three words each: operation, next instruction, operand
 *     classes       one after another: four words of bitmap for ASCII, a count, then that many pairs {low, high} of
 *                   code points above ASCII, inclusive, sorted, neither overlapping nor adjacent
 *
 * The operand is the code point of CHARACTER, the word offset within the classes of CLASS, the number of the
 * assertion of ASSERTION and the second next instruction of SPLIT; MATCH has neither next nor operand (0, 0).
 */
export const REGEX_HEADER_WORDS = 3
export const REGEX_INSTRUCTION_WORDS = 3
export const REGEX_BITMAP_WORDS = 4
/** A class before its ranges: bitmap and count. */
export const REGEX_CLASS_HEAD_WORDS = REGEX_BITMAP_WORDS + 1
export const REGEX_ASCII_SIZE = 128

export const REGEX_OPERATION = { MATCH: 0, CHARACTER: 1, CLASS: 2, ASSERTION: 3, SPLIT: 4 } as const

/** Operands of ASSERTION, by position. RE2: `$` without `m` is the end of the text, and words are ASCII. */
export const REGEX_ASSERTIONS = ['text-start', 'text-end', 'line-start', 'line-end', 'word', 'not-word'] as const
export type RegexAssertion = (typeof REGEX_ASSERTIONS)[number]
