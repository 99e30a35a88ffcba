import { foldCase } from '@firebreak/kernel'
import { INDICATOR_WORDS } from './image-format.ts'
import { recordCount, refuseWord, type Section, word } from './image-sections.ts'
import { INDICATOR_FIELDS, INDICATOR_TYPES } from './indicator.ts'
import { INDICATOR_DESCRIPTION_CHARS_MAX, INDICATOR_VALUE_CHARS_MAX, INDICATORS_MAX } from './limits.ts'
import type { DeclaredFields } from './verify-fields.ts'
import type { StringTable } from './verify-strings.ts'

/** Indicators sorted by type and value, each once, folded; the fields that their types read are declared. */
export function verifyIndicators(section: Section, strings: StringTable, fields: DeclaredFields): void {
  const count = recordCount(section, INDICATOR_WORDS, INDICATORS_MAX)
  for (let i = 0; i < count; i++) {
    const at = INDICATOR_WORDS * i
    const type = INDICATOR_TYPES[word(section, at)]
    if (type === undefined) throw refuseWord(section, at, `no indicator type ${word(section, at)}`)
    const value = strings.named(section, at + 1)
    const description = strings.named(section, at + 2)
    const isSized = value !== '' && value.length <= INDICATOR_VALUE_CHARS_MAX
    if (!isSized || description.length > INDICATOR_DESCRIPTION_CHARS_MAX || foldCase(value) !== value) {
      throw refuseWord(section, at + 1, 'not an indicator value')
    }
    const isFirstOfType = i === 0 || word(section, at - INDICATOR_WORDS) !== word(section, at)
    if (!isSorted(section, at)) throw refuseWord(section, at, 'not sorted')
    if (!isFirstOfType) continue
    for (const [category, field] of INDICATOR_FIELDS[type]) fields.usedByName(section, at, category, field)
  }
}

function isSorted(section: Section, at: number): boolean {
  if (at === 0) return true
  const before = word(section, at - INDICATOR_WORDS)
  if (before !== word(section, at)) return before < word(section, at)
  return word(section, at - INDICATOR_WORDS + 1) < word(section, at + 1)
}
