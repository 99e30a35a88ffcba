export { LinuxError, type LinuxErrorCode } from './errors.ts'
export { confineEngine, type EngineConfinement } from './sandbox/confine.ts'
export { type ConfinedPipes, openPipes, readSandboxReport } from './sandbox/confined.ts'
export { LAUNCHER_EXIT_CODE, type MissingLayer, type SandboxReport } from './sandbox/launch-spec.ts'
export { describeSandbox, probeSandbox, type SandboxSupport } from './sandbox/probe.ts'
export { type Layer, type ProfileName } from './sandbox/profiles.ts'
export { type ConfinedProcess, type ProcessEnd, spawnConfined, type SpawnConfinedOptions } from './sandbox/spawn.ts'
export {
  openSensor,
  probeSensorTiers,
  type Sensor,
  type SensorInfo,
  type SensorOptions,
  type SensorStats,
  type SensorTier,
  type TierProbe,
} from './sensor/index.ts'
