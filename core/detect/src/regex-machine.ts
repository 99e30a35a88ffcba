import { utf8Encode } from '@firebreak/kernel'
import { createRegexMachine as createByteMachine } from './regex/index.ts'

/** Decides whether the expression matches anywhere in a text. */
export interface RegexMachine {
  readonly matches: (text: string) => boolean
}

/**
 * The byte machine for texts; a lone surrogate reads as U+FFFD.
 *
 * @throws ContentError content/image-regex when the verifier does not accept the program
 */
export function createRegexMachine(program: Uint32Array): RegexMachine {
  const machine = createByteMachine(program)
  return {
    matches: (text) => {
      const bytes = utf8Encode(text)
      return machine.matches(bytes, 0, bytes.length)
    },
  }
}
