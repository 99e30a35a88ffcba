export { DEFAULT_FLEET } from './default-fleet.ts'
export { type Draw, Draws, exponential, partOf, ppmOf, within } from './draws.ts'
export { HOSTS_MAX, parseScenario, SCENARIO_SIZE_BYTES_MAX } from './read-scenario.ts'
export {
  type Expected,
  type Fault,
  type Fleet,
  type Incident,
  type Noise,
  REBOOT_MS,
  type RingShare,
  type Scenario,
  SILENCE_MS_MAX,
  SLEEP_NAMES,
  type SleepName,
  type SleepPattern,
  type StratumShare,
} from './scenario.ts'
export { NATURAL_EVENTS, type NaturalEvent, World } from './world.ts'
