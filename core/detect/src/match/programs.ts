import { FAIL, FILTER, type ImageTables, MATCH, NODE, PREDICATE, RULE, SELECTION } from '@firebreak/content'
import { trap, word } from '../trap.ts'
import type { Predicates } from './predicates.ts'

/**
 * Runs decision programs. Every node is checked once, when this is made, also in tables that no verifier saw: its jumps
 * go forward and stay inside. So a program ends, after each of its nodes at most once.
 */
export class Programs {
  readonly #tables: ImageTables
  readonly #predicates: Predicates
  /** Nodes visited since the engine was created. */
  visits = 0
  /** Per selection, the event for which `#held` is known: a condition may ask more than once. */
  readonly #knownFor: Int32Array
  readonly #held: Uint8Array

  /** @throws DetectError detect/trap */
  constructor(tables: ImageTables, predicates: Predicates) {
    this.#tables = tables
    this.#predicates = predicates
    this.#knownFor = new Int32Array(tables.selections.length / SELECTION.words)
    this.#held = new Uint8Array(this.#knownFor.length)
    for (let at = RULE.firstSelection; at < tables.rules.length; at += RULE.words)
      checkProgram(tables, tables.rules, at)
    for (let at = FILTER.firstSelection; at < tables.filters.length; at += FILTER.words) {
      checkProgram(tables, tables.filters, at)
    }
  }

  /** For when the numbers of epochs begin again. */
  forget(): void {
    this.#knownFor.fill(0)
  }

  /** @param rule - a rule of the image, else detect/trap */
  ruleMatches(rule: number): boolean {
    return this.#matches(this.#tables.rules, rule * RULE.words + RULE.firstSelection)
  }

  /** @param filter - a filter of the image, else detect/trap */
  filterMatches(filter: number): boolean {
    return this.#matches(this.#tables.filters, filter * FILTER.words + FILTER.firstSelection)
  }

  /** @param at - of the first of four words: first selection, their number, first node, their number */
  #matches(record: Uint32Array, at: number): boolean {
    const firstSelection = word(record, at, 'records')
    const first = word(record, at + 2, 'records')
    const { nodes } = this.#tables
    for (let node = first; ;) {
      this.visits++
      const place = node * NODE.words
      const held = this.selectionHolds(firstSelection + (nodes[place] as number))
      const target = nodes[place + (held ? NODE.whenTrue : NODE.whenFalse)] as number
      if (target >= FAIL) return target === MATCH
      node = first + target
    }
  }

  /** @param selection - a selection of the image, else detect/trap */
  selectionHolds(selection: number): boolean {
    const { epoch } = this.#predicates
    if (this.#knownFor[selection] === epoch) return this.#held[selection] === 1
    const held = this.#run(selection)
    this.#knownFor[selection] = epoch
    this.#held[selection] = held ? 1 : 0
    return held
  }

  #run(selection: number): boolean {
    const { nodes, selections } = this.#tables
    const first = word(selections, selection * SELECTION.words + SELECTION.firstNode, 'selections')
    for (let node = first; ;) {
      this.visits++
      const place = node * NODE.words
      const held = this.#predicates.holds(nodes[place] as number)
      const target = nodes[place + (held ? NODE.whenTrue : NODE.whenFalse)] as number
      if (target >= FAIL) return target === MATCH
      node = first + target
    }
  }
}

function checkProgram(tables: ImageTables, record: Uint32Array, at: number): void {
  const { selections, predicates } = tables
  const firstSelection = word(record, at, 'records')
  const count = word(record, at + 1, 'records')
  checkNodes(tables, word(record, at + 2, 'records'), word(record, at + 3, 'records'), count)
  for (let selection = firstSelection; selection < firstSelection + count; selection++) {
    const place = selection * SELECTION.words
    const first = word(selections, place + SELECTION.firstNode, 'selections')
    const nodeCount = word(selections, place + SELECTION.nodeCount, 'selections')
    checkNodes(tables, first, nodeCount, Math.floor(predicates.length / PREDICATE.words))
  }
}

/** @param tests - how many things there are that a node can test */
function checkNodes({ nodes }: ImageTables, first: number, count: number, tests: number): void {
  if (count === 0) throw trap('nodes', first)
  for (let node = 0; node < count; node++) {
    const place = (first + node) * NODE.words
    const test = word(nodes, place + NODE.test, 'nodes')
    if (test >= tests) throw trap('tests', test)
    for (const target of [word(nodes, place + NODE.whenTrue, 'nodes'), word(nodes, place + NODE.whenFalse, 'nodes')]) {
      const isInside = target >= FAIL || (target > node && target < count)
      if (!isInside) throw trap('the nodes ahead', target)
    }
  }
}
