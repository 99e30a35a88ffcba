import { type ImageTables, NODE, NONE, PREDICATE, RULE, SELECTION } from '@firebreak/content'
import type { EventColumns } from './event/index.ts'
import type { Predicates } from './match/predicates.ts'
import type { Programs } from './match/programs.ts'
import type { FieldValue, MatchedSelection } from './output/index.ts'
import { word } from './trap.ts'

/** Which selections of a rule that matched hold, and by which fields and values. Allocates: for detections. */
export function explain(
  tables: ImageTables,
  rule: number,
  programs: Programs,
  predicates: Predicates,
  columns: EventColumns,
): readonly MatchedSelection[] {
  const first = word(tables.rules, rule * RULE.words + RULE.firstSelection, 'rules')
  const count = word(tables.rules, rule * RULE.words + RULE.selectionCount, 'rules')
  const held: MatchedSelection[] = []
  for (let selection = first; selection < first + count; selection++) {
    if (!programs.selectionHolds(selection)) continue
    const at = selection * SELECTION.words
    const name = tables.strings.text(word(tables.selections, at + SELECTION.name, 'selections'))
    const node = word(tables.selections, at + SELECTION.firstNode, 'selections')
    const end = node + word(tables.selections, at + SELECTION.nodeCount, 'selections')
    held.push({ name, matched: matchedValues(tables, node, end, predicates, columns) })
  }
  return held
}

/** Values of the predicates that hold, each once. */
function matchedValues(
  { nodes, predicates: table }: ImageTables,
  node: number,
  end: number,
  predicates: Predicates,
  columns: EventColumns,
): readonly FieldValue[] {
  const found = new Map<string, FieldValue>()
  for (let at = node; at < end; at++) {
    const predicate = word(nodes, at * NODE.words, 'nodes')
    if (!predicates.holds(predicate)) continue
    const value = predicates.valueOf(predicate)
    const number = word(table, predicate * PREDICATE.words + PREDICATE.field, 'predicates')
    if (value < 0 || (number === NONE && value >= columns.count)) continue
    const field = columns.names.name(number === NONE ? (columns.fieldOf[value] ?? 0) : number)
    const text = columns.string(value) ?? ''
    found.set(`${field} ${text}`, { field, value: text })
  }
  return [...found.values()]
}
