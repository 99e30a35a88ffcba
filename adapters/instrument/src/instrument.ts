import type { Dictionary } from '@firebreak/fuzz'
import { errorMessage } from '@firebreak/kernel'
import { type Comment, parse, type Program } from 'acorn'
import { MagicString } from 'magic-string'
import { DictionaryCollector } from './dictionary.ts'
import { InstrumentError } from './errors.ts'
import { COUNTERS, FUEL, HOOKS } from './hooks.ts'
import { Weaver } from './weave.ts'

/** Which of the two builds of a program is made. */
export type Build =
  /** For the loop: counters, fuel and allocations. */
  | 'counting'
  /** For one run of what the loop found: also logs what is compared, and remembers the last block. */
  | 'tracing'

export interface Instrumented {
  readonly build: Build
  /** The body of a function of `module`, `exports`, `require` and our hooks: see `load`. */
  readonly code: string
  /** How many blocks are counted. */
  readonly counters: number
  /** How many comparisons are logged. None in the counting build. */
  readonly compares: number
  /** The constants of the program, which are what a parser compares its input with. */
  readonly dictionary: Dictionary
  /** Of each block, `function:line` of the text that was given. Equal in both builds. */
  readonly blocks: readonly string[]
}

/**
 * A script with a counter in each block, a fuel gauge beside each counter, and hooks at comparisons and allocations.
 * It does what it did before as long as there is fuel, but for the text of its own functions (`toString`).
 *
 * Only what runs between two blocks is free of fuel: one call of a built-in function counts nothing, however long.
 *
 * @param code - a CommonJS script, such as a bundler writes; no `import`, no `export`
 * @throws InstrumentError instrument/syntax | instrument/name-taken
 */
export function instrument(code: string, options: { readonly build: Build }): Instrumented {
  const comments: Comment[] = []
  const tree = parsed(code, comments)
  for (const name of [COUNTERS, FUEL, HOOKS]) {
    if (code.includes(name)) {
      throw new InstrumentError('instrument/name-taken', `Cannot instrument: the text already uses ${name}`)
    }
  }
  const text = new MagicString(code)
  const weaver = new Weaver(text, code, comments, options.build === 'tracing')
  weaver.visit(tree)
  const dictionary = new DictionaryCollector()
  dictionary.visit(tree)
  return {
    build: options.build,
    code: text.toString(),
    counters: weaver.blocks.length,
    compares: weaver.compares,
    dictionary: dictionary.done(),
    blocks: weaver.blocks,
  }
}

function parsed(code: string, comments: Comment[]): Program {
  try {
    return parse(code, {
      ecmaVersion: 'latest',
      sourceType: 'script',
      allowReturnOutsideFunction: true,
      onComment: comments,
    })
  } catch (error) {
    throw new InstrumentError('instrument/syntax', `Cannot instrument: ${errorMessage(error)}`, {}, error)
  }
}
