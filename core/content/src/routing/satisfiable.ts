import type { Condition } from '../sigma/ast.ts'
import type { Truth } from './truth.ts'

/**
 * Selections that a condition names both plainly and negated, and whose values are therefore tried out: 2 to this
 * power evaluations at most. With more of them the condition counts as satisfiable.
 */
const TRIED_SELECTIONS_MAX = 12

/**
 * Whether some choice for the unknown selections makes `condition` true; they count as independent of one another.
 *
 * @param truths - by position of the selection
 */
export function satisfiable(condition: Condition, truths: readonly Truth[]): boolean {
  const seen = new Polarities()
  seen.visit(condition, true)
  const tried = [...seen.plain].filter((one) => seen.negated.has(one) && truths[one] === 'unknown')
  if (tried.length > TRIED_SELECTIONS_MAX) return true
  for (let choice = 0; choice < 2 ** tried.length; choice++) {
    const holds = (selection: number): boolean => {
      const truth = truths[selection] ?? 'unknown'
      if (truth !== 'unknown') return truth
      const position = tried.indexOf(selection)
      // What is named in one way only is best chosen that way.
      return position < 0 ? seen.plain.has(selection) : ((choice >> position) & 1) === 1
    }
    if (evaluate(condition, holds)) return true
  }
  return false
}

class Polarities {
  readonly plain = new Set<number>()
  readonly negated = new Set<number>()

  visit(node: Condition, positive: boolean): void {
    if (node.kind === 'selection') (positive ? this.plain : this.negated).add(node.selection)
    else if (node.kind === 'not') this.visit(node.child, !positive)
    else for (const child of node.children) this.visit(child, positive)
  }
}

function evaluate(node: Condition, holds: (selection: number) => boolean): boolean {
  if (node.kind === 'selection') return holds(node.selection)
  if (node.kind === 'not') return !evaluate(node.child, holds)
  if (node.kind === 'all') return node.children.every((child) => evaluate(child, holds))
  return node.children.some((child) => evaluate(child, holds))
}
