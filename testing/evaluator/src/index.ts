export {
  createPlainEvaluator,
  type DeclaredSource,
  type EvaluatorOptions,
  type PlainEvaluator,
  type Rejection,
} from './evaluator.ts'
export { type Fields, flatten, parseEvent, type Value } from './event.ts'
export { type ComparedEvent, type Comparison, compareEngines, type Difference, type Engine } from './compare.ts'
export { type GeneratedEvent, generateEvent, generateEvents } from './generate.ts'
export { DECIDED_VECTORS } from './decided-vectors.ts'
export { INVALID_VECTORS } from './invalid-vectors.ts'
export { SPEC_VECTORS } from './spec-vectors.ts'
export { type InvalidVector, type Vector, VECTOR_RULE } from './vector.ts'
