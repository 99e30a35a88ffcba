import {
  FIELDS_MAX,
  FILTER_TARGETS_MAX,
  FILTERS_MAX,
  GROUPS_MAX,
  LOGSOURCE_CHARS_MAX,
  RULES_MAX,
  TAG_CHARS_MAX,
  TAGS_MAX,
  TITLE_CHARS_MAX,
  WITNESSES_MAX,
} from '../limits.ts'
import { type LogSource, RULE_ID, SIGMA_LEVELS } from '../sigma/ast.ts'
import { FILTER, GROUP, indexedBytes, leastBytes, NEED, NONE, RULE, WITNESS, WITNESS_KINDS } from './format.ts'
import { recordCount, refuseWord, type Sections, verifyRunOf, word } from './sections.ts'
import { compareSources } from './source.ts'
import { ProgramVerifier } from './verify-programs.ts'
import type { StringTable } from './verify-strings.ts'

/** What verification found out about a group of rules. */
export interface VerifiedGroup {
  readonly logsource: LogSource
  /** Numbers of the fields that its rules read, sorted. */
  readonly fields: readonly number[]
}

/**
 * Groups sorted by log source, the rules of each sorted by id, with their own runs of tags, programs and witnesses; then the
 * filters. `needs` is exactly what the programs read.
 */
export function verifyRules(sections: Sections, strings: StringTable, fieldCount: number): readonly VerifiedGroup[] {
  return new RuleVerifier(sections, strings, fieldCount).verify()
}

class RuleVerifier {
  readonly #sections: Sections
  readonly #strings: StringTable
  readonly #fieldCount: number
  readonly #programs: ProgramVerifier
  #nextRule = 0
  #nextText = 0
  #nextWitness = 0
  #nextNeed = 0

  constructor(sections: Sections, strings: StringTable, fieldCount: number) {
    this.#sections = sections
    this.#strings = strings
    this.#fieldCount = fieldCount
    this.#programs = new ProgramVerifier(sections, strings)
    recordCount(sections.rules, RULE.words, RULES_MAX)
    recordCount(sections.witnesses, WITNESS.words, WITNESSES_MAX)
    recordCount(sections.needs, NEED.words, GROUPS_MAX * FIELDS_MAX)
  }

  verify(): readonly VerifiedGroup[] {
    const { groups, rules, needs, witnesses, texts } = this.#sections
    const count = recordCount(groups, GROUP.words, GROUPS_MAX)
    const verified: VerifiedGroup[] = []
    for (let group = 0; group < count; group++) verified.push(this.#verifyGroup(group, verified.at(-1)))
    this.#verifyFilters(count)
    this.#programs.end()
    if (this.#nextRule * RULE.words !== rules.words.length) {
      throw refuseWord(rules, this.#nextRule * RULE.words, 'a rule of no group')
    }
    if (this.#nextNeed * NEED.words !== needs.words.length) {
      throw refuseWord(needs, this.#nextNeed * NEED.words, 'a need of no group')
    }
    if (this.#nextWitness * WITNESS.words !== witnesses.words.length) {
      throw refuseWord(witnesses, this.#nextWitness * WITNESS.words, 'a witness of no rule')
    }
    if (this.#nextText !== texts.words.length) throw refuseWord(texts, this.#nextText, 'a text of no rule')
    return verified
  }

  #verifyGroup(group: number, before: VerifiedGroup | undefined): VerifiedGroup {
    const { groups, rules } = this.#sections
    const at = GROUP.words * group
    const logsource = this.#logSource(at)
    if (before && compareSources(before.logsource, logsource) >= 0) throw refuseWord(groups, at, 'not sorted')
    const total = rules.words.length / RULE.words
    const end = verifyRunOf(groups, at + GROUP.firstRule, this.#nextRule, total, RULES_MAX)
    const first = this.#nextRule
    const used = new Uint8Array(this.#fieldCount)
    const read = (field: number): void => void (used[field] = 1)
    for (; this.#nextRule < end; this.#nextRule++)
      this.#verifyRule(RULE.words * this.#nextRule, this.#nextRule > first, read)
    return { logsource, fields: this.#verifyNeeds(group, used) }
  }

  #logSource(at: number): LogSource {
    const { groups } = this.#sections
    const part = (place: number): string | null => {
      if (word(groups, at + place) === NONE) return null
      const text = this.#strings.named(groups, at + place)
      if (text === '' || text.length > LOGSOURCE_CHARS_MAX) throw refuseWord(groups, at + place, 'not a log source')
      return text
    }
    return { category: part(GROUP.category), product: part(GROUP.product), service: part(GROUP.service) }
  }

  #verifyRule(at: number, hasBefore: boolean, read: (field: number) => void): void {
    const { rules, texts, witnesses } = this.#sections
    if (hasBefore && !(word(rules, at) > word(rules, at - RULE.words))) throw refuseWord(rules, at, 'not sorted')
    if (!RULE_ID.test(this.#strings.named(rules, at + RULE.id))) throw refuseWord(rules, at + RULE.id, 'not a rule id')
    const title = this.#strings.named(rules, at + RULE.title)
    if (title === '' || title.length > TITLE_CHARS_MAX) throw refuseWord(rules, at + RULE.title, 'not a title')
    const level = this.#strings.named(rules, at + RULE.level)
    if (!(SIGMA_LEVELS as readonly string[]).includes(level)) throw refuseWord(rules, at + RULE.level, 'not a level')
    this.#strings.use(rules, at + RULE.custom)
    const tagsEnd = verifyRunOf(rules, at + RULE.firstTag, this.#nextText, texts.words.length, TAGS_MAX)
    for (; this.#nextText < tagsEnd; this.#nextText++) {
      const tag = this.#strings.use(texts, this.#nextText)
      if (this.#strings.length(tag) > 3 * TAG_CHARS_MAX) throw refuseWord(texts, this.#nextText, 'a tag is too long')
    }
    this.#programs.verify(rules, at + RULE.firstSelection, read)
    const total = witnesses.words.length / WITNESS.words
    const end = verifyRunOf(rules, at + RULE.firstWitness, this.#nextWitness, total, WITNESSES_MAX)
    for (; this.#nextWitness < end; this.#nextWitness++) this.#verifyWitness(WITNESS.words * this.#nextWitness)
  }

  #verifyWitness(at: number): void {
    const { witnesses } = this.#sections
    const kind = WITNESS_KINDS[word(witnesses, at + WITNESS.kind)]
    if (kind === undefined) throw refuseWord(witnesses, at, `no kind ${word(witnesses, at)}`)
    const field = word(witnesses, at + WITNESS.field)
    if (!(field < this.#fieldCount || (field === NONE && kind === 'anywhere'))) {
      throw refuseWord(witnesses, at + WITNESS.field, `no field ${field}`)
    }
    const length = this.#strings.length(this.#strings.useFolded(witnesses, at + WITNESS.text))
    const offset = word(witnesses, at + WITNESS.offset)
    const isPlaced = kind === 'anywhere' ? offset + indexedBytes(length) <= length : offset === 0
    if (!isPlaced || length < leastBytes(kind)) {
      throw refuseWord(witnesses, at + WITNESS.offset, `byte ${offset} of ${length}`)
    }
  }

  #verifyNeeds(group: number, used: Uint8Array): readonly number[] {
    const { needs } = this.#sections
    const fields: number[] = []
    for (const [field, isUsed] of used.entries()) {
      if (isUsed === 0) continue
      const at = NEED.words * this.#nextNeed++
      if (word(needs, at) !== group || word(needs, at + NEED.field) !== field) {
        throw refuseWord(needs, at, `expected field ${field} of group ${group}`)
      }
      fields.push(field)
    }
    return fields
  }

  #verifyFilters(groupCount: number): void {
    const { filters, texts } = this.#sections
    const count = recordCount(filters, FILTER.words, FILTERS_MAX)
    for (let at = 0; at < count * FILTER.words; at += FILTER.words) {
      this.#strings.use(filters, at + FILTER.title)
      if (!(word(filters, at + FILTER.group) < groupCount)) throw refuseWord(filters, at + FILTER.group, 'no group')
      const end = verifyRunOf(filters, at + FILTER.firstTarget, this.#nextText, texts.words.length, FILTER_TARGETS_MAX)
      for (; this.#nextText < end; this.#nextText++) {
        if (!RULE_ID.test(this.#strings.named(texts, this.#nextText))) {
          throw refuseWord(texts, this.#nextText, 'not a rule id')
        }
      }
      this.#programs.verify(filters, at + FILTER.firstSelection, () => {})
    }
  }
}
