export { COMPILER_VERSION, type CompiledPack, compilePack, type RuleSummary } from './compile.ts'
export { ContentError, type ContentErrorCode, type Position } from './errors.ts'
export type { CostBound } from './image-cost.ts'
export {
  FAIL,
  type Feature,
  FEATURES,
  FIELD_WORDS,
  IMAGE_FORMAT_VERSION,
  type ImageTables,
  INDICATOR_WORDS,
  MATCH,
  NODE_WORDS,
  NONE,
  type Operator,
  OPERATORS,
  PREDICATE_WORDS,
  RULE,
  RULE_WORDS,
} from './image-format.ts'
export { type Indicator, INDICATOR_FIELDS, INDICATOR_TYPES, type IndicatorType } from './indicator.ts'
export { IMAGE_SIZE_BYTES_MAX, RULES_MAX } from './limits.ts'
export type { PackManifest } from './manifest.ts'
export { type ParsedPack, parsePack } from './pack.ts'
export {
  compileRegex,
  contextStarts,
  REGEX_ASCII_SIZE,
  REGEX_CACHE_BYTES_MAX,
  REGEX_CONTEXT_HEAD_WORDS,
  REGEX_CONTEXT_WINDOWS,
  REGEX_KIND,
  REGEX_KINDS,
  REGEX_PROBES_MAX,
  REGEX_RANGE_WORDS,
  REGEX_WINDOW_HEAD_WORDS,
  regexCost,
  type RegexFlags,
  type RegexLayout,
  regexLayout,
  verifyRegex,
} from './regex/index.ts'
export {
  ANY_SENSOR,
  AUDIT_RECORD_TYPES,
  type AuditRoute,
  auditRoutesFor,
  canFire,
  type CannotFire,
  type CoverageReport,
  type CoverageRow,
  DECLARED_SOURCES,
  type DeclaredSource,
  describeSource,
  type FieldAlias,
  type FireVerdict,
  isDeclarable,
  type JudgedRule,
  type ReachedSource,
  type Reason,
  reportCoverage,
  type Route,
  routesFor,
  type SensorContract,
  sensorOfCategories,
  type SensorSource,
  sourcesOfDeclared,
  sourcesReaching,
  type SuppliedFieldNames,
  WINDOWS_SENSOR,
} from './routing/index.ts'
export { Problems } from './problems.ts'
export type { RuleTest, TestEvent } from './rule-test.ts'
export type { Condition, FieldTest, LogSource, RegexValue, SigmaLevel, SigmaRule } from './sigma.ts'
export {
  applyFilters,
  type FilterWarning,
  lintFilters,
  parseSigmaDocuments,
  type SigmaContext,
  type SigmaDocuments,
  type SigmaFilter,
  type SigmaSource,
} from './sigma/index.ts'
export {
  type Diagnostic,
  type MappingEntry,
  type MappingNode,
  type PackSource,
  type ScalarNode,
  type SequenceNode,
  type SourceFile,
  type SourceNode,
  toSourceNode,
} from './source.ts'
export { type GlobPart, parseGlob, type TextPattern } from './text-pattern.ts'
export type { DeclaredField } from './verify-fields.ts'
export { type VerifiedImage, verifyImage } from './verify-image.ts'
