export {
  createPlainEvaluator,
  type DeclaredSource,
  type EvaluatorOptions,
  type PlainEvaluator,
  type Rejection,
} from './evaluator.ts'
export { type Fields, flatten, parseEvent, type Value } from './event.ts'
