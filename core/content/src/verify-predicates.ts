import { foldCase } from '@firebreak/kernel'
import { type Operator, OPERATORS, PREDICATE_WORDS } from './image-format.ts'
import { recordCount, refuseWord, type Section, type Sections, word } from './image-sections.ts'
import { PREDICATES_MAX, VALUES_PER_ITEM_MAX } from './limits.ts'
import { parseGlob, toPattern } from './text-pattern.ts'
import type { DeclaredFields } from './verify-fields.ts'
import type { StringTable } from './verify-strings.ts'

/**
 * Every predicate has a known operator, a declared field and its own run of values; the runs cover the values section.
 * Text is folded and sorted, globs are canonical, regexes come in the order of first use and all are used.
 */
export function verifyPredicates(
  sections: Sections,
  strings: StringTable,
  fields: DeclaredFields,
  regexCount: number,
): void {
  const { predicates, values } = sections
  const count = recordCount(predicates, PREDICATE_WORDS, PREDICATES_MAX)
  let nextValue = 0
  let nextRegex = 0
  for (let i = 0; i < count; i++) {
    const at = PREDICATE_WORDS * i
    const operator = OPERATORS[word(predicates, at)]
    if (operator === undefined) throw refuseWord(predicates, at, `no operator ${word(predicates, at)}`)
    fields.used(predicates, at + 1)
    const end = verifyRun(predicates, at, operator, nextValue, values)
    if (operator === 'regex') nextRegex = verifyRegexRun(values, nextValue, end, nextRegex)
    else verifyTextRun(values, nextValue, end, operator, strings)
    nextValue = end
  }
  if (nextValue !== values.words.length) throw refuseWord(values, nextValue, 'values that no predicate has')
  if (nextRegex !== regexCount) throw refuseWord(sections.regexes, 0, `nothing uses regex ${nextRegex}`)
}

/** Returns the end of the run of values. */
function verifyRun(predicates: Section, at: number, operator: Operator, first: number, values: Section): number {
  const count = word(predicates, at + 3)
  if (word(predicates, at + 2) !== first) throw refuseWord(predicates, at + 2, 'values are not next in order')
  const isCountRight = operator === 'is-null' ? count === 0 : count >= 1 && count <= VALUES_PER_ITEM_MAX
  if (!isCountRight) throw refuseWord(predicates, at + 3, `${count} values for ${operator}`)
  if (first + count > values.words.length) throw refuseWord(predicates, at + 3, 'values end outside')
  return first + count
}

/** Returns the next regex that was not used before. */
function verifyRegexRun(values: Section, from: number, to: number, next: number): number {
  let unused = next
  for (let at = from; at < to; at++) {
    const regex = word(values, at)
    if (!(regex <= unused)) throw refuseWord(values, at, `regex ${regex} is not in order`)
    if (regex === unused) unused++
  }
  return unused
}

function verifyTextRun(values: Section, from: number, to: number, operator: Operator, strings: StringTable): void {
  for (let at = from; at < to; at++) {
    const text = strings.named(values, at)
    if (at > from && word(values, at) <= word(values, at - 1)) throw refuseWord(values, at, 'not sorted')
    if (foldCase(text) !== text) throw refuseWord(values, at, 'not case-folded')
    if (operator === 'glob' && !isCanonicalGlob(text)) throw refuseWord(values, at, 'not a canonical glob')
  }
}

function isCanonicalGlob(text: string): boolean {
  const parts = parseGlob(text)
  if (parts === null) return false
  const pattern = toPattern(parts)
  return pattern.shape === 'glob' && pattern.text === text
}
