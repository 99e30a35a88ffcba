export {
  type Comparison,
  COMPARISON_OPERATORS,
  type ComparisonOperator,
  type Correlation,
  CORRELATION_TYPES,
  type CorrelationType,
  type CorrelationAlias,
  type LinkedCorrelation,
} from './ast.ts'
export { holds } from './condition.ts'
export {
  type ColumnSource,
  correlationFields,
  type CorrelationRecord,
  type CorrelationReference,
  correlationStrings,
  encodeCorrelations,
} from './image.ts'
export { CORRELATION_DEPTH_MAX, CORRELATION_RULES_MAX, CORRELATIONS_MAX, WINDOW_ENTRIES_MAX } from './limits.ts'
export { type CorrelationTarget, lintCorrelations, parseCorrelations } from './parse.ts'
export { type CorrelationCounts, readCorrelationSection } from './verify.ts'
export { writeCorrelationSection } from './write.ts'
