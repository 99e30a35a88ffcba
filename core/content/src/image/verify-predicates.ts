import { PREDICATES_MAX, VALUES_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'
import { parseGlob, toPattern } from '../sigma/text-pattern.ts'
import { NETWORK_WORDS, NONE, type Operator, OPERATORS, PREDICATE, valueKind, valueWords } from './format.ts'
import { recordCount, refuseWord, type Sections, word } from './sections.ts'
import type { StringTable } from './verify-strings.ts'

const INTEGER_MAX = 9_999
const PREFIX_BITS_MAX = 128
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:e[+-]\d+)?$/

/**
 * Every predicate has a known operator, a field that is there and its own run of values; the runs cover the values section.
 * Texts are sorted and, unless cased, folded; globs are canonical; regexes come in the order of first use.
 */
export function verifyPredicates(
  sections: Sections,
  strings: StringTable,
  fieldCount: number,
  regexCount: number,
): void {
  new PredicateVerifier(sections, strings, fieldCount).verify(regexCount)
}

class PredicateVerifier {
  readonly #sections: Sections
  readonly #strings: StringTable
  readonly #fieldCount: number
  #nextValue = 0
  #nextRegex = 0

  constructor(sections: Sections, strings: StringTable, fieldCount: number) {
    this.#sections = sections
    this.#strings = strings
    this.#fieldCount = fieldCount
  }

  verify(regexCount: number): void {
    const { predicates, values, regexes } = this.#sections
    const count = recordCount(predicates, PREDICATE.words, PREDICATES_MAX)
    recordCount(values, 1, VALUES_MAX)
    for (let i = 0; i < count; i++) this.#verifyPredicate(PREDICATE.words * i)
    if (this.#nextValue !== values.words.length) {
      throw refuseWord(values, this.#nextValue, 'values that no predicate has')
    }
    if (this.#nextRegex !== regexCount) throw refuseWord(regexes, 0, `nothing uses regex ${this.#nextRegex}`)
  }

  #verifyPredicate(at: number): void {
    const { predicates } = this.#sections
    const operator = OPERATORS[word(predicates, at)]
    if (operator === undefined) throw refuseWord(predicates, at, `no operator ${word(predicates, at)}`)
    const cased = word(predicates, at + PREDICATE.cased)
    const kind = valueKind(operator)
    if (!(cased === 0 || (cased === 1 && (kind === 'text' || kind === 'field')))) {
      throw refuseWord(predicates, at + PREDICATE.cased, `cased ${cased} for ${operator}`)
    }
    const field = word(predicates, at + PREDICATE.field)
    if (!(field < this.#fieldCount || (field === NONE && (kind === 'text' || kind === 'regex')))) {
      throw refuseWord(predicates, at + PREDICATE.field, `no field ${field}`)
    }
    const end = this.#verifyRun(at, operator)
    this.#verifyValues(operator, cased === 1, end)
    this.#nextValue = end
  }

  /** Returns the end of the run of values. */
  #verifyRun(at: number, operator: Operator): number {
    const { predicates, values } = this.#sections
    const count = word(predicates, at + PREDICATE.valueCount)
    if (word(predicates, at + PREDICATE.firstValue) !== this.#nextValue) {
      throw refuseWord(predicates, at + PREDICATE.firstValue, 'values are not next in order')
    }
    const kind = valueKind(operator)
    const countMax = kind === 'field' || kind === 'number' ? 1 : VALUES_PER_ITEM_MAX
    const isCountRight = kind === 'nothing' ? count === 0 : count >= 1 && count <= countMax
    if (!isCountRight) throw refuseWord(predicates, at + PREDICATE.valueCount, `${count} values for ${operator}`)
    const end = this.#nextValue + count * valueWords(kind)
    if (end > values.words.length) throw refuseWord(predicates, at + PREDICATE.valueCount, 'values end outside')
    return end
  }

  #verifyValues(operator: Operator, cased: boolean, end: number): void {
    const kind = valueKind(operator)
    for (let at = this.#nextValue; at < end; at += valueWords(kind)) {
      if (kind === 'text') this.#verifyText(at, operator, cased)
      else if (kind === 'regex') this.#verifyRegex(at)
      else if (kind === 'number') this.#verifyNumber(at)
      else if (kind === 'network') this.#verifyNetwork(at)
      else this.#verifySmall(at, kind === 'field' ? this.#fieldCount - 1 : INTEGER_MAX)
    }
  }

  #verifyText(at: number, operator: Operator, cased: boolean): void {
    const { values } = this.#sections
    const id = cased ? this.#strings.use(values, at) : this.#strings.useFolded(values, at)
    if (at > this.#nextValue && id <= word(values, at - 1)) throw refuseWord(values, at, 'not sorted')
    if (operator === 'glob' && !isCanonicalGlob(this.#strings.pool.text(id), cased)) {
      throw refuseWord(values, at, 'not a canonical glob')
    }
  }

  #verifyRegex(at: number): void {
    const regex = word(this.#sections.values, at)
    if (!(regex <= this.#nextRegex)) throw refuseWord(this.#sections.values, at, `regex ${regex} is not in order`)
    if (regex === this.#nextRegex) this.#nextRegex++
  }

  #verifyNumber(at: number): void {
    const text = this.#strings.named(this.#sections.values, at)
    const isCanonical = DECIMAL.test(text) && Number.isFinite(Number(text)) && String(Number(text)) === text
    if (!isCanonical) throw refuseWord(this.#sections.values, at, 'not a number')
  }

  #verifyNetwork(at: number): void {
    const { values } = this.#sections
    const bits = word(values, at + NETWORK_WORDS - 1)
    if (bits > PREFIX_BITS_MAX) throw refuseWord(values, at, `a prefix of ${bits} bits`)
    for (let i = 0; i < NETWORK_WORDS - 1; i++) {
      const kept = Math.min(32, Math.max(0, bits - 32 * i))
      const behind = kept === 32 ? 0 : 0xffffffff >>> kept
      if ((word(values, at + i) & behind) !== 0) throw refuseWord(values, at + i, 'bits behind the prefix')
    }
  }

  #verifySmall(at: number, max: number): void {
    const value = word(this.#sections.values, at)
    if (!(value <= max)) throw refuseWord(this.#sections.values, at, `${value}, at most ${max}`)
  }
}

function isCanonicalGlob(text: string, cased: boolean): boolean {
  const parts = parseGlob(text)
  if (parts === null) return false
  const pattern = toPattern(parts, cased)
  return pattern.shape === 'glob' && pattern.text === text
}
