import { assert } from '@firebreak/kernel'
import { parse } from 'acorn'
import { MagicString } from 'magic-string'

/** JavaScript with a counter at the start of each function. */
export function instrument(code: string): string {
  const tree = parse(code, { ecmaVersion: 'latest' })
  assert(tree.type === 'Program', 'a text is a program')
  return new MagicString(code).toString()
}
