/** By which frames of a stack are told to be of the program under test. */
export const SCRIPT_NAME = 'fuzzed-script.cjs'

const FRAME = new RegExp(`${SCRIPT_NAME.replace('.', String.raw`\.`)}:(\\d+):`)

/** The line of the script on which what was thrown first arose; null when its stack does not say. */
export function lineOfError(error: unknown): number | null {
  let first = error
  while (first instanceof Object && 'cause' in first && first.cause !== undefined) first = first.cause
  const stack = first instanceof Object && 'stack' in first ? String(first.stack) : ''
  const found = FRAME.exec(stack)?.[1]
  return found === undefined ? null : Number(found)
}

/** Of a block, as the instrumentation names it: `function:line`. */
export function lineOfBlock(block: string): number | null {
  const line = Number(block.slice(block.lastIndexOf(':') + 1))
  return Number.isInteger(line) ? line : null
}

/** `function:line` for a line: the function of the block that begins last before it. */
export function placeOfLine(blocks: readonly string[], line: number): string {
  let [name, nearest] = ['', 0]
  for (const block of blocks) {
    const start = lineOfBlock(block) ?? 0
    if (start > line || start < nearest) continue
    nearest = start
    name = block.slice(0, block.lastIndexOf(':'))
  }
  return `${name}:${line}`
}
