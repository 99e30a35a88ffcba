import { unreachable } from '@firebreak/kernel'
import type { CharSet } from './char-set.ts'
import { REGEX_INSTRUCTIONS_MAX } from './limits.ts'
import { type RegexAssertion, type RegexNode, tooLarge } from './syntax.ts'

/** What the automaton is made from. `next` and `other` are positions in the list. */
export type Instruction =
  | { readonly kind: 'match' }
  /** Reads one character of the set of this number. */
  | { readonly kind: 'read'; readonly set: number; readonly next: number }
  | { readonly kind: 'assert'; readonly assertion: RegexAssertion; readonly next: number }
  | { readonly kind: 'split'; readonly next: number; readonly other: number }

export interface Instructions {
  readonly list: readonly Instruction[]
  readonly entry: number
  /** Distinct. */
  readonly sets: readonly CharSet[]
}

/**
 * Turns a parsed expression into instructions. Works from the end: each node is emitted knowing what follows it, so no
 * jumps are needed. Repetitions are written out; the limits stop what they multiply to.
 *
 * @throws ContentError content/regex-too-large
 */
export function generateInstructions(node: RegexNode): Instructions {
  const generator = new Generator()
  const entry = generator.emit(node, generator.append({ kind: 'match' }))
  return { list: generator.list, entry, sets: generator.sets }
}

class Generator {
  readonly list: Instruction[] = []
  readonly sets: CharSet[] = []
  readonly #setNumbers = new Map<string, number>()

  /** Emits `node` so that it goes on at `next`, and returns where it starts. */
  emit(node: RegexNode, next: number): number {
    switch (node.kind) {
      case 'empty':
        return next
      case 'character':
        return this.append({ kind: 'read', set: this.#setNumber(node.set), next })
      case 'assertion':
        return this.append({ kind: 'assert', assertion: node.assertion, next })
      case 'sequence':
        return node.parts.reduceRight((follower, part) => this.emit(part, follower), next)
      case 'choice':
        return node.options
          .map((option) => this.emit(option, next))
          .reduceRight((rest, option) => this.append({ kind: 'split', next: option, other: rest }))
      case 'repeat':
        return this.#repeat(node.body, node.min, node.max, next)
      default:
        return unreachable(node)
    }
  }

  append(instruction: Instruction): number {
    const index = this.list.length
    if (index >= REGEX_INSTRUCTIONS_MAX) throw tooLarge(null, `more than ${REGEX_INSTRUCTIONS_MAX} instructions`)
    this.list.push(instruction)
    return index
  }

  /** `x{2,}` is xx+, `x{1,3}` is x(x(x)?)?, each option leading straight to `next`. */
  #repeat(body: RegexNode, min: number, max: number | null, next: number): number {
    if (max === null && min === 0) return this.#loop(body, next).split
    let start = max === null ? this.#loop(body, next).body : next
    for (let optional = (max ?? min) - min; optional > 0; optional--) {
      start = this.append({ kind: 'split', next: this.emit(body, start), other: next })
    }
    for (let required = max === null ? min - 1 : min; required > 0; required--) start = this.emit(body, start)
    return start
  }

  /** One copy of `body` with a way back. Entered at the split it may be left out, at the body not. */
  #loop(body: RegexNode, next: number): { readonly split: number; readonly body: number } {
    const split = this.append({ kind: 'split', next, other: next })
    const start = this.emit(body, split)
    this.list[split] = { kind: 'split', next: start, other: next }
    return { split, body: start }
  }

  #setNumber(set: CharSet): number {
    const key = set.join(' ')
    const known = this.#setNumbers.get(key)
    if (known !== undefined) return known
    const number = this.sets.push(set) - 1
    this.#setNumbers.set(key, number)
    return number
  }
}
