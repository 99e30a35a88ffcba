export { applyFilters, type FilterWarning, lintFilters } from './apply-filters.ts'
export {
  type CompareOperator,
  type Condition,
  type FieldComparison,
  type FieldTest,
  type LogSource,
  type Match,
  type Network,
  type Selection,
  SIGMA_LEVELS,
  SIGMA_STATUSES,
  type SigmaFilter,
  type SigmaLevel,
  type SigmaRule,
  type SigmaStatus,
  TIME_PARTS,
  type TimePart,
  type Tree,
} from './ast.ts'
export { parseCondition } from './condition.ts'
export { isWithin } from './log-source.ts'
export { parseSigmaDocuments, type SigmaDocuments } from './documents.ts'
export type { SigmaContext } from './item.ts'
export { MODIFIER_NAMES } from './modifiers.ts'
export {
  DASHES,
  formatGlob,
  type GlobPart,
  parseGlob,
  parseSigmaText,
  type TextPattern,
  toPattern,
} from './text-pattern.ts'
