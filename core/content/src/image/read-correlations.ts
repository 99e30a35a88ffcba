import type { CorrelationRecord, LinkedCorrelation } from '../correlation/index.ts'

/** Names of columns, in the order of a record's columns. */
type Names = readonly string[]

/**
 * The correlations of records, such that `writeCorrelationSection` makes the same records of them. An alias comes back
 * when a column has it: others say nothing.
 */
export function readCorrelations(
  records: readonly CorrelationRecord[],
  text: (string: number) => string,
  fieldName: (field: number) => string,
  ruleId: (rule: number) => string,
): readonly LinkedCorrelation[] {
  const columns = records.map((record) => record.columns.map(text))
  const ids = records.map(({ id }) => text(id))
  return records.map((record, i): LinkedCorrelation => {
    const names = columns[i] ?? []
    const { groupColumns, valueColumns } = record
    return {
      id: ids[i] ?? '',
      title: text(record.title),
      custom: record.custom === null ? null : text(record.custom),
      tags: record.tags.map(text),
      rules: record.references.map(({ kind, number }) => (kind === 'rule' ? ruleId(number) : (ids[number] ?? ''))),
      groupBy: names.slice(0, groupColumns),
      fields: names.slice(groupColumns, groupColumns + valueColumns),
      aliases: aliasesOf(record, names, columns, fieldName),
      type: record.type,
      level: record.level,
      generate: record.generate,
      timespanSeconds: record.timespanSeconds,
      comparisons: record.comparisons,
      percentile: record.percentile,
    }
  })
}

/** A column that only other correlations read is there for its alias, even if that changes no name. */
function aliasesOf(
  { references, groupColumns, valueColumns }: CorrelationRecord,
  names: Names,
  columns: readonly Names[],
  fieldName: (field: number) => string,
): LinkedCorrelation['aliases'] {
  const own = groupColumns + valueColumns
  const aliases = new Map<string, LinkedCorrelation['aliases'][number]>()
  for (const [column, name] of names.entries()) {
    const fields = references.map(({ number: inner, sources }) => {
      const source = sources[column]
      const field = source?.kind === 'column' ? columns[inner]?.[source.number] : fieldName(source?.number ?? 0)
      return field === undefined || field === name ? null : field
    })
    if (column >= own || fields.some((field) => field !== null)) aliases.set(name, { name, fields })
  }
  return [...aliases.values()]
}
