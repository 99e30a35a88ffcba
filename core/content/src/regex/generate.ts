import { assert, unreachable } from '@firebreak/kernel'
import type { CharSet } from './char-set.ts'
import { REGEX_CLASS_WORDS_MAX, REGEX_INSTRUCTIONS_MAX } from './limits.ts'
import {
  REGEX_ASCII_SIZE,
  REGEX_ASSERTIONS,
  REGEX_BITMAP_WORDS,
  REGEX_INSTRUCTION_WORDS,
  REGEX_OPERATION,
} from './program.ts'
import { type RegexNode, tooLarge } from './syntax.ts'

/**
 * Turns a parsed expression into a program. Works from the end: each node is emitted knowing what follows it, so no
 * jumps are needed. Repetitions are written out; the limits stop what they multiply to.
 *
 * @throws ContentError content/regex-too-large
 */
export function generateProgram(node: RegexNode): Uint32Array {
  const generator = new Generator()
  const entry = generator.emit(node, generator.append(REGEX_OPERATION.MATCH, 0, 0))
  return generator.assemble(entry)
}

class Generator {
  readonly #instructions: number[] = []
  readonly #classes: number[] = []
  readonly #classOffsets = new Map<string, number>()

  assemble(entry: number): Uint32Array {
    const count = this.#instructions.length / REGEX_INSTRUCTION_WORDS
    return Uint32Array.from([count, this.#classes.length, entry, ...this.#instructions, ...this.#classes])
  }

  /** Emits `node` so that it goes on at `next`, and returns where it starts. */
  emit(node: RegexNode, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next
      case 'character':
        return this.#character(node.set, next)
      case 'assertion':
        return this.append(REGEX_OPERATION.ASSERTION, next, REGEX_ASSERTIONS.indexOf(node.assertion))
      case 'sequence':
        return node.parts.reduceRight((follower, part) => this.emit(part, follower), next)
      case 'choice':
        return node.options
          .map((option) => this.emit(option, next))
          .reduceRight((rest, option) => this.append(REGEX_OPERATION.SPLIT, option, rest))
      case 'repeat':
        return this.#repeat(node.body, node.min, node.max, next)
      default:
        return unreachable(node)
    }
  }

  append(operation: number, next: number, operand: number): number {
    const index = this.#instructions.length / REGEX_INSTRUCTION_WORDS
    if (index >= REGEX_INSTRUCTIONS_MAX) throw tooLarge(null, `more than ${REGEX_INSTRUCTIONS_MAX} instructions`)
    this.#instructions.push(operation, next, operand)
    return index
  }

  /** `x{2,}` is xx+, `x{1,3}` is x(x(x)?)?, each option leading straight to `next`. */
  #repeat(body: RegexNode, min: number, max: number | null, next: number): number {
    if (max === null && min === 0) return this.#loop(body, next).split
    let start = max === null ? this.#loop(body, next).body : next
    for (let optional = (max ?? min) - min; optional > 0; optional--) {
      start = this.append(REGEX_OPERATION.SPLIT, this.emit(body, start), next)
    }
    for (let required = max === null ? min - 1 : min; required > 0; required--) start = this.emit(body, start)
    return start
  }

  /** One copy of `body` with a way back. Entered at the split it may be left out, at the body not. */
  #loop(body: RegexNode, next: number): { readonly split: number; readonly body: number } {
    const split = this.append(REGEX_OPERATION.SPLIT, 0, next)
    const start = this.emit(body, split)
    this.#instructions[split * REGEX_INSTRUCTION_WORDS + 1] = start
    return { split, body: start }
  }

  #character(set: CharSet, next: number): number {
    const [first] = set
    if (first && set.length === 1 && first[0] === first[1]) {
      return this.append(REGEX_OPERATION.CHARACTER, next, first[0])
    }
    return this.append(REGEX_OPERATION.CLASS, next, this.#classOffset(set))
  }

  /** Where the class of `set` is; equal sets share one. */
  #classOffset(set: CharSet): number {
    const key = set.join(' ')
    const known = this.#classOffsets.get(key)
    if (known !== undefined) return known
    const offset = this.#classes.length
    const words = classWords(set)
    if (offset + words.length > REGEX_CLASS_WORDS_MAX) {
      throw tooLarge(null, `more than ${REGEX_CLASS_WORDS_MAX} words of classes`)
    }
    this.#classes.push(...words)
    this.#classOffsets.set(key, offset)
    return offset
  }
}

function classWords(set: CharSet): number[] {
  const bitmap = Array.from({ length: REGEX_BITMAP_WORDS }, () => 0)
  const ranges: number[] = []
  for (const [low, high] of set) {
    assert(low <= high, 'a range of a class ends before it starts')
    for (let code = low; code <= high && code < REGEX_ASCII_SIZE; code++) {
      bitmap[code >> 5] = ((bitmap[code >> 5] as number) | (1 << (code & 31))) >>> 0
    }
    if (high >= REGEX_ASCII_SIZE) ranges.push(Math.max(low, REGEX_ASCII_SIZE), high)
  }
  return [...bitmap, ranges.length / 2, ...ranges]
}
