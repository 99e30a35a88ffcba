export {
  checkContract,
  type ContractErrorCode,
  type ContractProblem,
  contractProblems,
  ENGINE_CONTRACT,
  ENGINE_VERSION,
  type EngineContract,
  OPEN_CONTRACT,
  type SuppliedFields,
} from './contract.ts'
export {
  type CorrelationHit,
  Correlator,
  CORRELATOR_LIMITS,
  type CorrelatorCounters,
  type CorrelatorLimits,
  REFERENCES_PER_HIT_MAX,
} from './correlation/index.ts'
export {
  createEngine,
  type Engine,
  type EngineCounters,
  type EventBatch,
  type ReachedRules,
  type Wanted,
} from './engine.ts'
export { fieldsOnRequest } from './engine-fields.ts'
export { DetectError, type DetectErrorCode } from './errors.ts'
export {
  EVENT_BYTES_MAX,
  EventColumns,
  FIELD_BYTES_MAX,
  FieldNames,
  type JsonRefusal,
  readJsonEvent,
  RECORD_BATCH_BYTES_MAX,
  RecordBatch,
  RecordBatchWriter,
  type RecordEvent as HostEvent,
  VALUE,
} from './event/index.ts'
export { IndicatorIndex } from './indicators/index.ts'
export {
  type Detection,
  ECS_VERSION,
  ecsOf,
  eventTime,
  eventTimeMs,
  type FieldValue,
  type JsonObject,
  OCSF_VERSION,
  ocsfOf,
} from './output/index.ts'
export type { TuningCounters } from './tuning-stage.ts'
export { createRegexMachine, type RegexMachine } from './regex/index.ts'
