export {
  openSensor,
  probeSensorTiers,
  type Sensor,
  type SensorInfo,
  type SensorOptions,
  type SensorStats,
  type TierProbe,
} from './sensor.ts'
export { type SensorTier } from './tier.ts'
