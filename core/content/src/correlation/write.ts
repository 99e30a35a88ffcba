import type { LinkedCorrelation } from './ast.ts'
import { type ColumnSource, type CorrelationRecord, type CorrelationReference, encodeCorrelations } from './image.ts'

/** Names of columns, by correlation: group columns, value columns, then those that other correlations need. */
type Columns = ReadonlyMap<string, readonly string[]>

/**
 * The correlation section of an image, as one sequence of words.
 *
 * @param correlations - as `parseCorrelations` returns them: each refers only to rules and to those before it
 * @param intern - the number of a string
 * @param fieldNumber - the number of an event field
 * @param ruleNumber - the number of a detection rule, by its id
 */
export function writeCorrelationSection(
  correlations: readonly LinkedCorrelation[],
  intern: (text: string) => number,
  fieldNumber: (name: string) => number,
  ruleNumber: (id: string) => number,
): Uint32Array {
  const columns = columnsOf(correlations)
  const numbers = new Map(correlations.map(({ id }, i) => [id, i]))
  const reference = (one: LinkedCorrelation, position: number): CorrelationReference => {
    const id = one.rules[position] ?? ''
    const number = numbers.get(id)
    const sources = (columns.get(one.id) ?? []).map((name) => sourceOf(one, position, name, columns, fieldNumber))
    return number === undefined
      ? { kind: 'rule', number: ruleNumber(id), sources }
      : { kind: 'correlation', number, sources }
  }
  const record = (one: LinkedCorrelation): CorrelationRecord => ({
    id: intern(one.id),
    title: intern(one.title),
    custom: one.custom === null ? null : intern(one.custom),
    type: one.type,
    level: one.level,
    generate: one.generate,
    timespanSeconds: one.timespanSeconds,
    percentile: one.percentile,
    tags: one.tags.map((tag) => intern(tag)),
    comparisons: one.comparisons,
    columns: (columns.get(one.id) ?? []).map((name) => intern(name)),
    groupColumns: one.groupBy.length,
    valueColumns: one.fields.length,
    references: one.rules.map((_, position) => reference(one, position)),
  })
  return encodeCorrelations(correlations.map(record))
}

/**
 * A correlation has a column for each field that it reads, and one for each of its aliases that a correlation which refers
 * to it reads: only so can the name stand for different fields of different rules. Unused aliases make no column, lest the
 * image asks for fields that nothing reads.
 */
function columnsOf(correlations: readonly LinkedCorrelation[]): Columns {
  const byId = new Map(correlations.map((one) => [one.id, one]))
  const needed = new Map<string, Set<string>>()
  const columns = new Map<string, readonly string[]>()
  // From the outermost inwards: what a correlation needs is complete once all that refer to it were seen.
  for (const one of correlations.toReversed()) {
    const own = [...one.groupBy, ...one.fields]
    const others = [...(needed.get(one.id) ?? [])].filter((name) => !own.includes(name))
    const all = [...own, ...others.toSorted()]
    columns.set(one.id, all)
    for (const [position, id] of one.rules.entries()) {
      const inner = byId.get(id)
      if (inner === undefined) continue
      const names = needed.get(id) ?? new Set()
      for (const name of all) {
        const field = fieldOf(one, position, name)
        if (inner.aliases.some((alias) => alias.name === field)) names.add(field)
      }
      needed.set(id, names)
    }
  }
  return columns
}

function sourceOf(
  one: LinkedCorrelation,
  position: number,
  name: string,
  columns: Columns,
  fieldNumber: (name: string) => number,
): ColumnSource {
  const field = fieldOf(one, position, name)
  // Where the correlation referred to has a column of that name, the name means there what it means here.
  const column = (columns.get(one.rules[position] ?? '') ?? []).indexOf(field)
  return column < 0 ? { kind: 'field', number: fieldNumber(field) } : { kind: 'column', number: column }
}

/** What a name stands for in events of one of the rules. */
function fieldOf(one: LinkedCorrelation, position: number, name: string): string {
  const alias = one.aliases.find((other) => other.name === name)
  return alias?.fields[position] ?? name
}
