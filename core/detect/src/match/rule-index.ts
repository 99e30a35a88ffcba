import { GROUP, type ImageTables, NONE, RULE, WITNESS } from '@firebreak/content'
import { type EventColumns, VALUE } from '../event/index.ts'
import { word } from '../trap.ts'
import { type Candidate, LiteralIndex } from './literal-index.ts'
import { RawFilter } from './raw-filter.ts'

/** The rules of one group: those that every event has to be tried on, and an index over the literals of the others. */
interface GroupIndex {
  readonly always: Int32Array
  readonly fields: readonly { readonly field: number; readonly index: LiteralIndex }[]
  /** Over the values of all fields, for keywords. */
  readonly anyField: { readonly index: LiteralIndex; readonly filter: RawFilter | null } | null
}

/** For each group of an image, the few rules that an event can match at all. */
export class RuleIndex {
  readonly #columns: EventColumns
  readonly #groups: readonly GroupIndex[]

  constructor(tables: ImageTables, columns: EventColumns) {
    this.#columns = columns
    const count = tables.groups.length / GROUP.words
    this.#groups = Array.from({ length: count }, (_, group) => indexGroup(tables, group))
  }

  /** Tells of every rule of the group that the event in the columns may match; of one rule perhaps more than once. */
  candidates(group: number, found: Candidate): void {
    const index = this.#groups[group]
    if (index === undefined) return
    for (const rule of index.always) found(rule)
    for (const { field, index: literals } of index.fields) this.#searchField(field, literals, found)
    if (index.anyField !== null) this.#searchAll(index.anyField.index, index.anyField.filter, found)
  }

  #searchField(field: number, literals: LiteralIndex, found: Candidate): void {
    const columns = this.#columns
    for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
      if (columns.kind[value] === VALUE.NULL) continue
      literals.search(columns, value, found)
    }
  }

  #searchAll(literals: LiteralIndex, filter: RawFilter | null, found: Candidate): void {
    const columns = this.#columns
    if (filter !== null && !filter.mayHave(columns)) return
    columns.readAll()
    for (let value = 0; value < columns.allCount; value++) {
      if (columns.kind[value] === VALUE.NULL) continue
      literals.search(columns, value, found)
    }
  }
}

function indexGroup(tables: ImageTables, group: number): GroupIndex {
  const at = group * GROUP.words
  const firstRule = word(tables.groups, at + GROUP.firstRule, 'groups')
  const end = firstRule + word(tables.groups, at + GROUP.ruleCount, 'groups')
  const always: number[] = []
  const byField = new Map<number, LiteralIndex>()
  for (let rule = firstRule; rule < end; rule++) {
    const first = word(tables.rules, rule * RULE.words + RULE.firstWitness, 'rules')
    const count = word(tables.rules, rule * RULE.words + RULE.witnessCount, 'rules')
    if (count === 0) always.push(rule)
    for (let witness = first; witness < first + count; witness++) {
      const field = word(tables.witnesses, witness * WITNESS.words + WITNESS.field, 'witnesses')
      const index = byField.get(field) ?? new LiteralIndex(tables.strings)
      byField.set(field, index)
      index.add(tables, witness, rule)
    }
  }
  for (const index of byField.values()) index.seal()
  const keywords = byField.get(NONE)
  byField.delete(NONE)
  const anyField = keywords ? { index: keywords, filter: RawFilter.create(keywords.literals()) } : null
  const fields = [...byField].map(([field, index]) => ({ field, index }))
  return { always: Int32Array.from(always), fields, anyField }
}
