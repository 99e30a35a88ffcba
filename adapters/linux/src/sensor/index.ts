export {
  openSensor,
  probeSensorTiers,
  type Sensor,
  type SensorInfo,
  type SensorOptions,
  type SensorStats,
  type TierProbe,
} from './sensor.ts'
export { type Rank, type SensedBatch } from './event-writer.ts'
export { type Drops, type SensorTier } from './tier.ts'
