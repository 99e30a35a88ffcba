import type { FuzzTarget } from '@firebreak/gate'
import type { Patch } from '../bundle.ts'

/** A bug of a kind that people make, planted into a real parser while it is bundled, and switched on by its number. */
export interface Canary {
  readonly id: string
  readonly target: FuzzTarget
  /** Below the root of the checkout. */
  readonly file: string
  /** Is in the file exactly once. */
  readonly find: string
  /** In it `$BUG` is true while the bug is switched on; with it false this does what was found. */
  readonly replace: string
  /** For a person: what the bug is. */
  readonly what: string
}

/** The variable of the bundle that says which bug is switched on. */
const SWITCH = '__planted'

/** Goes before a bundle with planted bugs. */
export const SWITCH_BANNER = `let ${SWITCH} = 0; exports.plant = (number) => { ${SWITCH} = number };`

/** @param number - from 1 */
export function patchOf({ file, find, replace }: Canary, number: number): Patch {
  return { file, find, replace: replace.replaceAll('$BUG', `(${SWITCH} === ${number})`) }
}
