import type { FieldTest, Match } from '@firebreak/content'

/** A field test of one value, and what the engine does with the field for it: the operator, and whether case counts. */
export interface Alternative {
  readonly kind: string
  readonly test: FieldTest
}

/** The values of a field test, each as a test of its own: the test holds when any of them does. */
export function alternativesOf({ field, match }: FieldTest): readonly Alternative[] {
  return matchesOf(match).map((one) => ({ kind: kindOf(one), test: { kind: 'test', field, match: one } }))
}

/** What the engine does with the field for any of its values, each once, sorted. */
export function kindsOf(test: FieldTest): readonly string[] {
  return [...new Set(alternativesOf(test).map(({ kind }) => kind))].toSorted()
}

function matchesOf(match: Match): readonly Match[] {
  if (match.kind === 'text') return match.patterns.map((pattern) => ({ ...match, patterns: [pattern] }))
  if (match.kind === 'regex') return match.regexes.map((regex) => ({ ...match, regexes: [regex] }))
  return match.kind === 'cidr' ? match.networks.map((network) => ({ ...match, networks: [network] })) : [match]
}

function kindOf(match: Match): string {
  const cased = (operator: string, isCased: boolean): string => (isCased ? `${operator} cased` : operator)
  if (match.kind === 'text') return cased(match.patterns[0]?.shape ?? 'equals', match.cased)
  if (match.kind === 'field') return cased(`field-${match.how}`, match.cased)
  if (match.kind === 'compare') return match.operator
  if (match.kind === 'time') return match.part
  return match.kind === 'null' ? 'is-null' : match.kind
}
