import { NODES_MAX, NODES_PER_RULE_MAX, SELECTIONS_MAX, IDENTIFIERS_PER_RULE_MAX } from '../limits.ts'
import { FAIL, MATCH, NODE, NONE, PREDICATE, SELECTION, valueKind, OPERATORS } from './format.ts'
import { recordCount, refuseWord, type Section, type Sections, verifyRunOf, word } from './sections.ts'
import type { StringTable } from './verify-strings.ts'

/** Called with each field that a program reads. */
export type FieldRead = (field: number) => void

/**
 * The programs of rules and filters, which follow one another without gaps: the nodes of a condition, then those of each of
 * its selections. Every jump goes forward, inside its program; predicates are numbered in the order of first use.
 */
export class ProgramVerifier {
  readonly #sections: Sections
  readonly #strings: StringTable
  readonly #predicateCount: number
  #nextSelection = 0
  #nextNode = 0
  #nextPredicate = 0

  constructor(sections: Sections, strings: StringTable) {
    this.#sections = sections
    this.#strings = strings
    recordCount(sections.nodes, NODE.words, NODES_MAX)
    recordCount(sections.selections, SELECTION.words, SELECTIONS_MAX)
    this.#predicateCount = sections.predicates.words.length / PREDICATE.words
  }

  /**
   * @param at - in the record of a rule or filter: first selection and their number, first node and their number
   */
  verify(record: Section, at: number, read: FieldRead): void {
    const { selections, nodes } = this.#sections
    const total = selections.words.length / SELECTION.words
    const end = verifyRunOf(record, at, this.#nextSelection, total, IDENTIFIERS_PER_RULE_MAX)
    const count = end - this.#nextSelection
    this.#verifyNodes(record, at + 2, (node) => {
      if (!(word(nodes, node) < count)) throw refuseWord(nodes, node, `selection ${word(nodes, node)} of ${count}`)
    })
    for (; this.#nextSelection < end; this.#nextSelection++) {
      const selection = SELECTION.words * this.#nextSelection
      this.#strings.use(selections, selection + SELECTION.name)
      this.#verifyNodes(selections, selection + SELECTION.firstNode, (node) => this.#verifyPredicate(node, read))
    }
  }

  /** Every selection, node and predicate belongs to a program. */
  end(): void {
    const { selections, nodes, predicates } = this.#sections
    if (this.#nextSelection * SELECTION.words !== selections.words.length) {
      throw refuseWord(selections, this.#nextSelection * SELECTION.words, 'a selection of no rule')
    }
    if (this.#nextNode * NODE.words !== nodes.words.length) {
      throw refuseWord(nodes, this.#nextNode * NODE.words, 'a node of no rule')
    }
    if (this.#nextPredicate !== this.#predicateCount) {
      throw refuseWord(predicates, this.#nextPredicate * PREDICATE.words, 'a predicate that no rule uses')
    }
  }

  #verifyNodes(record: Section, at: number, verifyTest: (node: number) => void): void {
    const { nodes } = this.#sections
    const end = verifyRunOf(record, at, this.#nextNode, nodes.words.length / NODE.words, NODES_PER_RULE_MAX)
    const first = this.#nextNode
    if (end === first) throw refuseWord(record, at + 1, 'no nodes')
    for (let node = first; node < end; node++) {
      verifyTest(NODE.words * node + NODE.test)
      this.#verifyTarget(NODE.words * node + NODE.whenTrue, node - first, end - first)
      this.#verifyTarget(NODE.words * node + NODE.whenFalse, node - first, end - first)
    }
    this.#nextNode = end
  }

  #verifyTarget(at: number, node: number, count: number): void {
    const target = word(this.#sections.nodes, at)
    if (target === MATCH || target === FAIL) return
    if (!(target > node && target < count)) {
      throw refuseWord(this.#sections.nodes, at, `node ${node} jumps to ${target} of ${count}`)
    }
  }

  #verifyPredicate(node: number, read: FieldRead): void {
    const { nodes, predicates, values } = this.#sections
    const predicate = word(nodes, node)
    if (!(predicate <= this.#nextPredicate && predicate < this.#predicateCount)) {
      throw refuseWord(nodes, node, `predicate ${predicate} is not in order`)
    }
    if (predicate === this.#nextPredicate) this.#nextPredicate++
    const at = PREDICATE.words * predicate
    const field = word(predicates, at + PREDICATE.field)
    if (field !== NONE) read(field)
    if (valueKind(OPERATORS[word(predicates, at)] ?? 'equals') === 'field') {
      read(word(values, word(predicates, at + PREDICATE.firstValue)))
    }
  }
}
