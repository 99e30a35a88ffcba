import { ROUTES_MAX } from '../limits.ts'
import { ALIAS, NONE, ROUTE } from './format.ts'
import { recordCount, refuseWord, type Section, type Sections, word } from './sections.ts'
import type { StringTable } from './verify-strings.ts'

/** Routes and aliases name channels, fields and groups that are there; both are sorted, each once. */
export function verifyRoutes(sections: Sections, strings: StringTable, fieldCount: number, groupCount: number): void {
  const { routes, aliases } = sections
  const inField = (section: Section, at: number): void => {
    if (!(word(section, at) < fieldCount)) throw refuseWord(section, at, `no field ${word(section, at)}`)
  }
  for (let at = 0; at < recordCount(routes, ROUTE.words, ROUTES_MAX) * ROUTE.words; at += ROUTE.words) {
    strings.useFolded(routes, at + ROUTE.channel)
    const hasCondition = word(routes, at + ROUTE.whenField) !== NONE
    if (hasCondition) {
      inField(routes, at + ROUTE.whenField)
      strings.useFolded(routes, at + ROUTE.whenValue)
    } else if (word(routes, at + ROUTE.whenValue) !== NONE) throw refuseWord(routes, at, 'a value without a field')
    if (!(word(routes, at + ROUTE.group) < groupCount)) throw refuseWord(routes, at + ROUTE.group, 'no group')
    verifySorted(routes, at, ROUTE.words)
  }
  for (let at = 0; at < recordCount(aliases, ALIAS.words, ROUTES_MAX) * ALIAS.words; at += ALIAS.words) {
    strings.useFolded(aliases, at + ALIAS.channel)
    inField(aliases, at + ALIAS.name)
    inField(aliases, at + ALIAS.source)
    verifySorted(aliases, at, ALIAS.words)
  }
}

function verifySorted(section: Section, at: number, words: number): void {
  if (at === 0) return
  for (let i = 0; i < words; i++) {
    const difference = word(section, at + i) - word(section, at - words + i)
    if (difference > 0) return
    if (difference < 0) break
  }
  throw refuseWord(section, at, 'not sorted')
}
