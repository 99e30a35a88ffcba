import { FAIL, type ImageTables, MATCH, NODE_WORDS, PREDICATE_WORDS, RULE, RULE_WORDS } from '@firebreak/content'
import { EventView } from './event-view.ts'
import type { HostEvent } from './events.ts'
import { type PreparedPredicate, preparePredicates } from './predicates.ts'
import { item, trap, word } from './trap.ts'

/**
 * Runs the decision programs of an image. It relies on no verifier: every index is checked and every jump must go
 * forward, so on any tables whatever it ends, with an answer or with detect/trap.
 */
export class Interpreter {
  readonly #tables: ImageTables
  readonly #predicates: readonly PreparedPredicate[]
  readonly #view: EventView
  /** For each predicate the number of the event for which `#held` is known. */
  readonly #knownFor: Uint32Array
  readonly #held: Uint8Array
  #event = 0

  constructor(tables: ImageTables) {
    this.#tables = tables
    this.#predicates = preparePredicates(tables)
    this.#view = new EventView(tables)
    this.#knownFor = new Uint32Array(this.#predicates.length)
    this.#held = new Uint8Array(this.#predicates.length)
  }

  get truncated(): number {
    return this.#view.truncated
  }

  /** Takes up the next event. */
  begin(event: HostEvent): void {
    this.#view.clear()
    this.#view.show(event)
    this.#event = (this.#event + 1) >>> 0
    if (this.#event !== 0) return
    // After 2^32 events the numbers start again: forget the old ones.
    this.#knownFor.fill(0)
    this.#event = 1
  }

  /**
   * Judges the event by one rule. Returns the fields whose predicates held on the way to the match, or null.
   *
   * @throws DetectError detect/trap
   */
  judge(rule: number): readonly string[] | null {
    const { rules, nodes } = this.#tables
    const first = word(rules, rule * RULE_WORDS + RULE.firstNode, 'rules')
    const count = word(rules, rule * RULE_WORDS + RULE.nodeCount, 'rules')
    const matched: string[] = []
    for (let node = 0; ;) {
      const at = NODE_WORDS * (first + node)
      const predicate = word(nodes, at, 'nodes')
      const held = this.#holds(predicate)
      if (held) this.#note(predicate, matched)
      const target = word(nodes, at + (held ? 1 : 2), 'nodes')
      if (target === MATCH) return matched
      if (target === FAIL) return null
      if (target <= node || target >= count) throw trap('the nodes ahead', target)
      node = target
    }
  }

  #holds(predicate: number): boolean {
    if (this.#knownFor[predicate] === this.#event) return this.#held[predicate] === 1
    const { field, test } = item(this.#predicates, predicate, 'predicates')
    const held = test(this.#view.value(field))
    this.#knownFor[predicate] = this.#event
    this.#held[predicate] = held ? 1 : 0
    return held
  }

  #note(predicate: number, matched: string[]): void {
    const name = this.#view.name(word(this.#tables.predicates, PREDICATE_WORDS * predicate + 1, 'predicates'))
    if (!matched.includes(name)) matched.push(name)
  }
}
