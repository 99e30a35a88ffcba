import type { Build, Input } from './reference.ts'

/** A build with one planted bug. */
export interface Variant {
  readonly id: string
  /** What has to come together for it to show. */
  readonly needs: string
  readonly build: Build
  /** The failure by which it is known. */
  readonly code: string
}

const SOUND: Build = { bug: 0, supplied: 21, evaluateAll: false }

/** Without a planted bug. */
export const SOUND_VARIANT: Variant = { id: 'sound', needs: 'nothing is planted', build: SOUND, code: '' }

function planted(bug: number, id: string, needs: string, code = 'planted'): Variant {
  return { id, needs, build: { ...SOUND, bug }, code }
}

/** Eleven bugs of kinds that content parsers have had. */
export const VARIANTS: readonly Variant[] = [
  planted(1, 'two-fields', 'a type and a flag'),
  {
    id: 'july-2024',
    needs: 'the first criterion for the 21st input; 20 are supplied, and evaluation ends at the first mismatch',
    build: { bug: 0, supplied: 20, evaluateAll: false },
    code: 'trap',
  },
  {
    id: 'july-2024-evaluate-all',
    needs: 'the same, in the test build, which evaluates every criterion',
    build: { bug: 0, supplied: 20, evaluateAll: true },
    code: 'trap',
  },
  planted(3, 'no-progress', 'a record of length 0', 'fuel'),
  planted(4, 'many-records', 'four records and version 3'),
  planted(5, 'nesting', 'groups six deep'),
  planted(6, 'magic-word', 'one value of 32 bits'),
  planted(7, 'behind-checksum', 'a value, and a checksum that is right'),
  planted(8, 'eight-bits', 'a length that wraps in eight bits', 'trap'),
  planted(9, 'keyword', 'one word'),
  planted(10, 'one-id-twice', 'two records of one id and other flags'),
]

/** What every build is asked to judge: numbers and texts in turns. */
export const EVENT: readonly Input[] = Array.from({ length: 21 }, (_, i) => (i % 2 === 0 ? 1000 + i : `value-${i}`))
