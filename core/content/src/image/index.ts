export type { CostBound } from './cost.ts'
export { applyDelta, makeDelta } from './delta.ts'
export {
  ALIAS,
  auditChannel,
  FAIL,
  type Feature,
  FEATURES,
  FILTER,
  GRAM_BYTES,
  GROUP,
  HEADER_WORDS,
  INDEX_RUN_BYTES,
  IMAGE_FORMAT_VERSION,
  MATCH,
  NETWORK_WORDS,
  NODE,
  NONE,
  type Operator,
  OPERATORS,
  PREDICATE,
  ROUTE,
  RULE,
  SECTIONS,
  type SectionName,
  SELECTION,
  valueKind,
  type ValueKind,
  valueWords,
  WITNESS,
  WITNESS_KINDS,
  type WitnessKind,
} from './format.ts'
export { gramFrequency, rarestGram } from './gram-frequency.ts'
export { compileProgram } from './program.ts'
export { readSource } from './read-source.ts'
export { compareTexts, type ImageFilter, type ImageRule, type ImageSource } from './source.ts'
export { StringPool } from './string-pool.ts'
export type { ImageTables, YaraSource } from './tables.ts'
export { type FieldNeeds, type VerifiedImage, verifyImage } from './verify-image.ts'
export { chooseWitnesses } from './witness.ts'
export { writeImage } from './writer.ts'
