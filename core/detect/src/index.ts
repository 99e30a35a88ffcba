export { checkContract, ENGINE_CONTRACT, ENGINE_VERSION, type EngineContract, type SuppliedFields } from './contract.ts'
export {
  type CorrelationHit,
  Correlator,
  CORRELATOR_LIMITS,
  type CorrelatorCounters,
  type CorrelatorLimits,
  REFERENCES_PER_HIT_MAX,
} from './correlation/index.ts'
export { createEngine, type Detection, type Engine, type EngineCounters } from './engine.ts'
export { DetectError, type DetectErrorCode } from './errors.ts'
export { FIELD_CHARS_MAX } from './event-view.ts'
export { EVENT_FIELDS_MAX, EVENTS_MAX, EVENTS_SIZE_BYTES_MAX, type HostEvent, parseEvents } from './events.ts'
export { IndicatorIndex } from './indicators/index.ts'
export {
  type Detection as DetectionRecord,
  ECS_VERSION,
  ecsOf,
  eventTime,
  eventTimeMs,
  type FieldValue,
  type JsonObject,
  OCSF_VERSION,
  ocsfOf,
} from './output/index.ts'
export { createRegexMachine, type RegexMachine } from './regex/index.ts'
