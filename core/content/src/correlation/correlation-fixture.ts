import { Problems } from '../problems.ts'
import { type Diagnostic, toSourceNode } from '../source.ts'
import {
  type Correlation,
  type CorrelationCounts,
  type CorrelationRecord,
  type CorrelationTarget,
  parseCorrelations,
  readCorrelationSection,
  writeCorrelationSection,
} from './index.ts'

export type Plain = Parameters<typeof toSourceNode>[0]
export type Fields = Readonly<Record<string, Plain>>

/** What the correlations of these tests may refer to. */
export const RULES: readonly CorrelationTarget[] = [
  { id: '5638f7c0-ac70-491d-8465-2a65075e0d86', name: null },
  { id: '53ba33fd-3a50-4468-a5ef-c583635cfa92', name: 'failed_login' },
  { id: '4d0a2c83-c62c-4ed4-b475-c7e23a9269b8', name: 'successful_login' },
  ...['recon_cmd_a', 'recon_cmd_b', 'recon_cmd_c', 'website_access', 'internal_error', 'new_network_connection'].map(
    (name) => ({ id: name, name }),
  ),
  { id: 'twin_a', name: 'twin' },
  { id: 'twin_b', name: 'twin' },
]

export function parsed(documents: readonly Plain[]): {
  readonly correlations: readonly Correlation[]
  readonly diagnostics: readonly Diagnostic[]
} {
  const problems = new Problems()
  const nodes = documents.map((one, i) => toSourceNode(one, `${i}.yml`))
  const correlations = parseCorrelations(nodes, RULES, problems)
  return { correlations, diagnostics: problems.list() }
}

/** The names of fields, strings and rules become numbers in the order in which they are met. */
export function compiled(correlations: readonly Correlation[]): {
  readonly words: Uint32Array
  readonly records: readonly CorrelationRecord[]
  readonly strings: readonly string[]
  readonly fields: readonly string[]
  readonly counts: CorrelationCounts
} {
  const strings: string[] = []
  const fields: string[] = []
  const number = (list: string[], text: string): number => {
    const known = list.indexOf(text)
    return known >= 0 ? known : list.push(text) - 1
  }
  const words = writeCorrelationSection(
    correlations,
    (text) => number(strings, text),
    (name) => number(fields, name),
    (id) => RULES.findIndex((rule) => rule.id === id),
  )
  const counts = { strings: strings.length, fields: fields.length, rules: RULES.length }
  return { words, records: readCorrelationSection(words, counts), strings, fields, counts }
}

/** A good `correlation`, with parts of it replaced. */
export function body(change: Fields = {}): Fields {
  const good = { type: 'event_count', rules: ['failed_login'], 'group-by': ['User'], timespan: '1m' }
  return { ...good, condition: { gte: 2 }, ...change }
}
