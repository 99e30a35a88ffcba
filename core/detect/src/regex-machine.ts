import {
  REGEX_ASCII_SIZE,
  REGEX_ASSERTIONS,
  REGEX_BITMAP_WORDS,
  REGEX_CLASS_HEAD_WORDS,
  REGEX_HEADER_WORDS,
  REGEX_INSTRUCTION_WORDS,
  REGEX_OPERATION,
  type RegexAssertion,
  verifyRegex,
} from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'

/** Decides whether the expression matches anywhere in a text. */
export interface RegexMachine {
  readonly matches: (text: string) => boolean
}

/** Stands for the character before the first and after the last. */
const NONE = -1
const NEWLINE = 0x0a
const UNIT_MAX = 0xffff
const { MATCH, CHARACTER, CLASS, ASSERTION, SPLIT } = REGEX_OPERATION

/**
 * A Pike virtual machine for `program`. Takes time linear in the text, at most `regexCost(program)` steps a
 * character: at each position an instruction is visited at most once. Allocates nothing per match.
 *
 * @throws ContentError content/image-regex when the verifier does not accept the program
 */
export function createRegexMachine(program: Uint32Array): RegexMachine {
  verifyRegex(program)
  return new PikeMachine(program)
}

class PikeMachine implements RegexMachine {
  readonly #program: Uint32Array
  readonly #entry: number
  readonly #classes: number
  readonly #firsts: FirstCharacters
  /** The text can only match at its start, so the machine stops when no thread is left. */
  readonly #anchored: boolean
  #current: SparseSet
  #following: SparseSet

  constructor(program: Uint32Array) {
    const count = at(program, 0)
    this.#program = program
    this.#entry = at(program, 2)
    this.#classes = REGEX_HEADER_WORDS + count * REGEX_INSTRUCTION_WORDS
    this.#current = new SparseSet(count)
    this.#following = new SparseSet(count)
    this.#firsts = this.#findFirsts()
    const start = instruction(this.#entry)
    this.#anchored = at(program, start) === ASSERTION && REGEX_ASSERTIONS[at(program, start + 2)] === 'text-start'
  }

  matches(text: string): boolean {
    this.#current.clear()
    let before = NONE
    for (let i = 0; ; i += before > UNIT_MAX ? 2 : 1) {
      const code = text.codePointAt(i) ?? NONE
      const canStart = this.#firsts.has(code)
      if (canStart || this.#current.size > 0) {
        if (canStart) this.#current.add(this.#entry)
        if (this.#step(before, code)) return true
        this.#swap()
      }
      if (code === NONE || (this.#anchored && this.#current.size === 0)) return false
      before = code
    }
  }

  #swap(): void {
    const done = this.#current
    this.#current = this.#following
    this.#following = done
  }

  /**
   * Runs every thread up to the character `code`. The current set is its own work list: what a thread leads to
   * without reading is added behind it, unless it is there already. Returns whether one of them has matched.
   */
  #step(before: number, code: number): boolean {
    const program = this.#program
    const current = this.#current
    const following = this.#following
    following.clear()
    for (let i = 0; i < current.size; i++) {
      const start = instruction(current.get(i))
      const next = at(program, start + 1)
      const operand = at(program, start + 2)
      switch (at(program, start)) {
        case CHARACTER:
          if (code === operand) following.add(next)
          break
        case CLASS:
          if (code !== NONE && this.#classHas(this.#classes + operand, code)) following.add(next)
          break
        case SPLIT:
          current.add(next)
          current.add(operand)
          break
        case ASSERTION:
          if (holds(operand, before, code)) current.add(next)
          break
        case MATCH:
          return true
      }
    }
    return false
  }

  #classHas(start: number, code: number): boolean {
    const program = this.#program
    if (code < REGEX_ASCII_SIZE) return ((at(program, start + (code >> 5)) >>> (code & 31)) & 1) === 1
    const ranges = start + REGEX_CLASS_HEAD_WORDS
    let low = 0
    let high = at(program, start + REGEX_BITMAP_WORDS)
    while (low < high) {
      const middle = (low + high) >> 1
      if (code < at(program, ranges + 2 * middle)) high = middle
      else if (code > at(program, ranges + 2 * middle + 1)) low = middle + 1
      else return true
    }
    return false
  }

  /** The characters that a match can begin with, taking every assertion to hold: so it may say too many, never too few. */
  #findFirsts(): FirstCharacters {
    const firsts = new FirstCharacters()
    const reached = this.#current
    reached.add(this.#entry)
    for (let i = 0; i < reached.size; i++) {
      const start = instruction(reached.get(i))
      const operand = at(this.#program, start + 2)
      switch (at(this.#program, start)) {
        case CHARACTER:
          firsts.addWhere((code) => code === operand, operand >= REGEX_ASCII_SIZE)
          break
        case CLASS:
          this.#addClass(firsts, this.#classes + operand)
          break
        case SPLIT:
          reached.add(at(this.#program, start + 1))
          reached.add(operand)
          break
        case ASSERTION:
          reached.add(at(this.#program, start + 1))
          break
        case MATCH:
          firsts.addAll()
          break
      }
    }
    return firsts
  }

  #addClass(firsts: FirstCharacters, start: number): void {
    const hasRanges = at(this.#program, start + REGEX_BITMAP_WORDS) > 0
    firsts.addWhere((code) => this.#classHas(start, code), hasRanges)
  }
}

/** Characters that can begin a match: exact for ASCII, all or none above. The end of the text only after `addAll`. */
class FirstCharacters {
  readonly #ascii = new Uint8Array(REGEX_ASCII_SIZE)
  #others = false
  #end = false

  has(code: number): boolean {
    if (code === NONE) return this.#end
    return code < REGEX_ASCII_SIZE ? this.#ascii[code] === 1 : this.#others
  }

  addWhere(isFirst: (code: number) => boolean, others: boolean): void {
    for (let code = 0; code < REGEX_ASCII_SIZE; code++) if (isFirst(code)) this.#ascii[code] = 1
    this.#others ||= others
  }

  /** The expression can match the empty text. */
  addAll(): void {
    this.addWhere(() => true, true)
    this.#end = true
  }
}

/** A set of instructions with constant-time add and clear, and a stable order. Briggs and Torczon 1993. */
class SparseSet {
  readonly #dense: Uint32Array
  readonly #sparse: Uint32Array
  size = 0

  constructor(capacity: number) {
    this.#dense = new Uint32Array(capacity)
    this.#sparse = new Uint32Array(capacity)
  }

  get(position: number): number {
    return at(this.#dense, position)
  }

  add(value: number): void {
    const position = at(this.#sparse, value)
    if (position < this.size && at(this.#dense, position) === value) return
    this.#sparse[value] = this.size
    this.#dense[this.size++] = value
  }

  clear(): void {
    this.size = 0
  }
}

function holds(assertion: number, before: number, after: number): boolean {
  const kind = REGEX_ASSERTIONS[assertion] as RegexAssertion
  switch (kind) {
    case 'text-start':
      return before === NONE
    case 'text-end':
      return after === NONE
    case 'line-start':
      return before === NONE || before === NEWLINE
    case 'line-end':
      return after === NONE || after === NEWLINE
    case 'word':
      return isWord(before) !== isWord(after)
    case 'not-word':
      return isWord(before) === isWord(after)
    default:
      return unreachable(kind)
  }
}

/** `[0-9A-Za-z_]`; NONE is none. */
function isWord(code: number): boolean {
  return (
    (code >= 0x30 && code <= 0x39) || (code >= 0x41 && code <= 0x5a) || code === 0x5f || (code >= 0x61 && code <= 0x7a)
  )
}

function instruction(index: number): number {
  return REGEX_HEADER_WORDS + index * REGEX_INSTRUCTION_WORDS
}

/** Reads one word; past the end is 0, which the verifier has ruled out. */
function at(words: Uint32Array, index: number): number {
  return words[index] ?? 0
}
