import { FAIL, FILTER, type ImageTables, MATCH, NODE, RULE, SELECTION } from '@firebreak/content'
import { trap, word } from '../trap.ts'
import type { Predicates } from './predicates.ts'

/**
 * Runs decision programs. Jumps go forward only, also in tables that no verifier saw: a program ends, after each of its
 * nodes at most once.
 */
export class Programs {
  readonly #tables: ImageTables
  readonly #predicates: Predicates
  /** Nodes visited since the engine was created. */
  visits = 0

  constructor(tables: ImageTables, predicates: Predicates) {
    this.#tables = tables
    this.#predicates = predicates
  }

  /** @throws DetectError detect/trap */
  ruleMatches(rule: number): boolean {
    return this.#matches(this.#tables.rules, rule * RULE.words + RULE.firstSelection)
  }

  /** @throws DetectError detect/trap */
  filterMatches(filter: number): boolean {
    return this.#matches(this.#tables.filters, filter * FILTER.words + FILTER.firstSelection)
  }

  /** @param at - of the first of four words: first selection, their number, first node, their number */
  #matches(record: Uint32Array, at: number): boolean {
    const { nodes } = this.#tables
    const firstSelection = word(record, at, 'records')
    const selectionCount = word(record, at + 1, 'records')
    const first = word(record, at + 2, 'records')
    const count = word(record, at + 3, 'records')
    let node = 0
    for (;;) {
      this.visits++
      const place = (first + node) * NODE.words
      const selection = word(nodes, place, 'nodes')
      if (selection >= selectionCount) throw trap('the selections of the rule', selection)
      const target = word(nodes, place + (this.selectionHolds(firstSelection + selection) ? 1 : 2), 'nodes')
      if (target === MATCH) return true
      if (target === FAIL) return false
      if (target <= node || target >= count) throw trap('the nodes ahead', target)
      node = target
    }
  }

  /** @throws DetectError detect/trap */
  selectionHolds(selection: number): boolean {
    const { nodes, selections } = this.#tables
    const first = word(selections, selection * SELECTION.words + SELECTION.firstNode, 'selections')
    const count = word(selections, selection * SELECTION.words + SELECTION.nodeCount, 'selections')
    let node = 0
    for (;;) {
      this.visits++
      const place = (first + node) * NODE.words
      const held = this.#predicates.holds(word(nodes, place, 'nodes'))
      const target = word(nodes, place + (held ? 1 : 2), 'nodes')
      if (target === MATCH) return true
      if (target === FAIL) return false
      if (target <= node || target >= count) throw trap('the nodes ahead', target)
      node = target
    }
  }
}
