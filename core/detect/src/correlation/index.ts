export { Correlator, type CorrelatorCounters } from './correlator.ts'
export type { CorrelationHit } from './judge.ts'
export { CORRELATOR_LIMITS, type CorrelatorLimits, REFERENCES_PER_HIT_MAX } from './limits.ts'
