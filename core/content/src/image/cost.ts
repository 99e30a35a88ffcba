import { regexCost } from '../regex/index.ts'
import { type Operator, OPERATORS, NODE, PREDICATE, RULE, valueKind, WITNESS } from './format.ts'
import type { ImageTables } from './tables.ts'

/** What an image may cost at most. The image declares it; the verifier computes it again. */
export interface CostBound {
  /** Worst-case comparison steps for one event, for each byte of its longest field. */
  readonly stepsPerByte: number
  /** Bytes of memory that the loaded image takes, bytes of the image included. */
  readonly memoryBytes: number
}

export type Costed = Pick<
  ImageTables,
  'strings' | 'predicates' | 'values' | 'nodes' | 'rules' | 'witnesses' | 'regexes'
> & {
  readonly imageBytes: number
}

/** Look-ups of indicators per field, hashed and compared, all types together. */
const INDICATOR_STEPS = 16
/** One field is searched for in another in linear time: its table is built and used, each at most two steps a byte. */
const FIELD_STEPS = 4
/** Engine objects: measured on 64-bit V8 and rounded up. */
const BYTES_PER_PREDICATE = 64
const BYTES_PER_RULE = 32
const BYTES_PER_WITNESS = 48
const BYTES_PER_STRING = 16
const BYTES_PER_REGEX_WORD = 64

/**
 * Each predicate is evaluated at most once an event, each node visited at most once, and each witness looked for at most
 * once at each byte: so the sums bound the event that meets every rule.
 */
export function imageCost(costed: Costed): CostBound {
  const { predicates, values, nodes, rules, witnesses } = costed
  let steps = INDICATOR_STEPS + nodes.length / NODE.words + rules.length / RULE.words
  for (let at = WITNESS.text; at < witnesses.length; at += WITNESS.words) steps += lengthOf(costed, witnesses[at])
  for (let at = 0; at < predicates.length; at += PREDICATE.words) {
    const operator = OPERATORS[predicates[at] ?? 0] ?? 'equals'
    const first = predicates[at + PREDICATE.firstValue] ?? 0
    const count = predicates[at + PREDICATE.valueCount] ?? 0
    steps += predicateSteps(costed, operator, values, first, count)
  }
  return { stepsPerByte: steps, memoryBytes: memoryBytes(costed) }
}

function predicateSteps(costed: Costed, operator: Operator, values: Uint32Array, first: number, count: number): number {
  const kind = valueKind(operator)
  if (kind === 'field') return FIELD_STEPS
  if (kind !== 'text' && kind !== 'regex') return 1 + count
  let sum = 1
  for (let at = first; at < first + count; at++) {
    const value = values[at] ?? 0
    sum += kind === 'regex' ? regexCost(costed.regexes[value] ?? NO_PROGRAM) : 1 + lengthOf(costed, value)
  }
  return sum
}

const NO_PROGRAM = new Uint32Array(0)

function lengthOf({ strings }: Costed, id = 0): number {
  return (strings.offsets[id + 1] ?? 0) - (strings.offsets[id] ?? 0)
}

function memoryBytes({ strings, predicates, rules, witnesses, regexes, imageBytes }: Costed): number {
  const regexWords = regexes.reduce((sum, program) => sum + program.length, 0)
  return (
    2 * imageBytes +
    strings.count * BYTES_PER_STRING +
    (predicates.length / PREDICATE.words) * BYTES_PER_PREDICATE +
    (rules.length / RULE.words) * BYTES_PER_RULE +
    (witnesses.length / WITNESS.words) * BYTES_PER_WITNESS +
    regexWords * BYTES_PER_REGEX_WORD
  )
}
