export {
  openSensor,
  probeSensorTiers,
  type Sensor,
  type SensorInfo,
  type SensorOptions,
  type SensorStats,
  type TierProbe,
} from './sensor.ts'
export { forbidDumps } from '../sandbox/forbid-dumps.ts'
export { sealSensor } from '../sandbox/seal-sensor.ts'
export { removeSensorLeftovers } from './leftovers.ts'
export { decodeArguments } from '../exec-gate/arguments-batch.ts'
export { ArgumentsFeed } from './arguments-feed.ts'
export { type Rank, type SensedBatch } from './event-writer.ts'
export { type Drops, SENSOR_TIERS, type SensorTier } from './tier.ts'
export { type TraceGrant } from './tier-tracefs.ts'
