import {
  FIELD_WORDS,
  type ImageTables,
  NODE_WORDS,
  OPERATORS,
  PREDICATE_WORDS,
  RULE,
  RULE_WORDS,
} from './image-format.ts'
import { regexCost } from './regex/index.ts'

/** What an image may cost at most. The image declares it; the verifier computes it again. */
export interface CostBound {
  /** Worst-case comparison steps for one event, for each character of its longest field. */
  readonly stepsPerCharacter: number
  /** Bytes of memory that the loaded image takes, bytes of the image included. */
  readonly memoryBytes: number
}

/** Look-ups of indicators per event: at most two fields of a category, hashed and compared. */
const INDICATOR_STEPS = 4
/** Engine objects: measured on 64-bit V8 and rounded up. */
const BYTES_PER_STRING = 64
const BYTES_PER_VALUE = 96
const BYTES_PER_PREDICATE = 512
const BYTES_PER_INDICATOR = 256
const BYTES_PER_REGEX_WORD = 64

/** An event meets the rules of one category, every node of them at most once: jumps only go forward. */
export function imageCost(tables: ImageTables, imageBytes: number): CostBound {
  const byCategory = new Map<number, number>()
  for (let rule = 0; rule < tables.rules.length; rule += RULE_WORDS) {
    const category = tables.rules[rule + RULE.category] ?? 0
    byCategory.set(category, (byCategory.get(category) ?? 0) + 1)
  }
  const steps = predicateSteps(tables)
  for (let node = 0; node < tables.nodes.length; node += NODE_WORDS) {
    const predicate = tables.nodes[node] ?? 0
    const field = tables.predicates[predicate * PREDICATE_WORDS + 1] ?? 0
    const category = tables.fields[field * FIELD_WORDS] ?? 0
    byCategory.set(category, (byCategory.get(category) ?? 0) + 1 + (steps[predicate] ?? 0))
  }
  const dearest = [...byCategory.values()].reduce((most, one) => Math.max(most, one), 0)
  const indicators = tables.indicators.length === 0 ? 0 : INDICATOR_STEPS
  return { stepsPerCharacter: dearest + indicators, memoryBytes: memoryBytes(tables, imageBytes) }
}

function predicateSteps(tables: ImageTables): readonly number[] {
  const steps: number[] = []
  for (let at = 0; at < tables.predicates.length; at += PREDICATE_WORDS) {
    const isRegex = OPERATORS[tables.predicates[at] ?? 0] === 'regex'
    const first = tables.predicates[at + 2] ?? 0
    let sum = 1
    for (const value of tables.values.subarray(first, first + (tables.predicates[at + 3] ?? 0))) {
      sum += isRegex ? regexCost(tables.regexes[value] ?? EMPTY) : (tables.strings[value] ?? '').length + 1
    }
    steps.push(sum)
  }
  return steps
}

const EMPTY = new Uint32Array(0)

function memoryBytes(tables: ImageTables, imageBytes: number): number {
  const regexWords = tables.regexes.reduce((sum, program) => sum + program.length, 0)
  return (
    3 * imageBytes +
    tables.strings.length * BYTES_PER_STRING +
    tables.values.length * BYTES_PER_VALUE +
    (tables.predicates.length / PREDICATE_WORDS) * BYTES_PER_PREDICATE +
    (tables.indicators.length / 3) * BYTES_PER_INDICATOR +
    regexWords * BYTES_PER_REGEX_WORD
  )
}
