import { type Condition, parseCondition } from '@firebreak/content'
import { utf8Decode, utf8Encode } from '@firebreak/kernel'
import { Violation } from '../oracles.ts'
import { define, describeJson, oneOf } from './define.ts'

export const SELECTION_NAMES = ['a', 'b', 'selection', 'sel_one', 'sel_two', 'filter_main', '_hidden', 'x*y']
/** A longer one is not read back: printed in full it may be over the parser's limits. */
const PRINTED_CHARS_MAX = 4_096
const PRINTED_DEPTH_MAX = 30
/** Of a condition of CONDITION_DEPTH_MAX levels: each may have a branch of `or`, one of `and` and a `not`. */
const TREE_DEPTH_MAX = 3 * 33 + 2

/** Sigma's condition language. */
export const createTarget = define<Condition>({
  parse: (input) => parseCondition(utf8Decode(input), SELECTION_NAMES),
  refuses: oneOf(['kernel/malformed', 'content/condition', 'content/limit']),
  fuel: { base: 500, each: 40 },
  bytes: { base: 4_096, each: 64 },
  describe: describeJson,
  encode: (condition) => {
    const text = depthOf(condition) > PRINTED_DEPTH_MAX ? '' : print(condition)
    return text === '' || text.length > PRINTED_CHARS_MAX ? null : utf8Encode(text)
  },
  use: (condition) => {
    requireNamed(condition)
    if (depthOf(condition) > TREE_DEPTH_MAX) throw new Violation('disagreement', 'deeper than its limit')
  },
})

/** In full, with parentheses around whatever has several parts. */
function print(condition: Condition): string {
  if (condition.kind === 'selection') return SELECTION_NAMES[condition.selection] ?? ''
  if (condition.kind === 'not') return `not ${print(condition.child)}`
  return `(${condition.children.map(print).join(condition.kind === 'all' ? ' and ' : ' or ')})`
}

function depthOf(condition: Condition): number {
  if (condition.kind === 'selection') return 1
  if (condition.kind === 'not') return 1 + depthOf(condition.child)
  return 1 + Math.max(...condition.children.map(depthOf))
}

function requireNamed(condition: Condition): void {
  if (condition.kind === 'selection') {
    if (SELECTION_NAMES[condition.selection] === undefined) throw new Violation('trap', 'a selection that is not there')
  } else if (condition.kind === 'not') requireNamed(condition.child)
  else {
    if (condition.children.length < 2) throw new Violation('disagreement', 'a branch of fewer than two')
    condition.children.forEach(requireNamed)
  }
}
