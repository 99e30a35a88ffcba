import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { parseScenario, type Scenario } from '@firebreak/world'

/** One rollout of the suite: everybody's policy plays the same trace. */
export interface Planned {
  /** The name of its file. */
  readonly kind: string
  readonly seed: number
}

export interface Suite {
  readonly scenarios: ReadonlyMap<string, Scenario>
  readonly rollouts: readonly Planned[]
}

export interface SuiteSize {
  /** Rollouts of each faulty scenario. */
  readonly faultyEach: number
  /** Rollouts of all healthy scenarios together: half of the plain one, the rest in equal parts. */
  readonly healthy: number
}

export const FULL: SuiteSize = { faultyEach: 20, healthy: 5_000 }
export const QUICK: SuiteSize = { faultyEach: 1, healthy: 12 }

const FOLDER = fileURLToPath(new URL('./suite/', import.meta.url))
const PLAIN = 'healthy'
const HOUR_MS = 3_600_000
/** Starts lie so far apart that a hundred of them cover each hour of five days. Coprime to the hours of five days. */
const STEP_HOURS = 7
const WORKING_DAYS_HOURS = 120

/** Each file of the folder is a scenario. Another one takes part as soon as it lies there. */
export function readSuite(size: SuiteSize): Suite {
  const names = readdirSync(FOLDER)
    .filter((file) => file.endsWith('.json'))
    .map((file) => file.slice(0, -'.json'.length))
    .toSorted()
  const scenarios = new Map(names.map((name) => [name, parseScenario(readFileSync(`${FOLDER}${name}.json`), name)]))
  const healthy = names.filter((name) => !isFaulty(scenarios.get(name)))
  const special = healthy.length - 1
  const counts = names.map((name) => {
    if (isFaulty(scenarios.get(name))) return size.faultyEach
    return name === PLAIN || special === 0 ? Math.ceil(size.healthy / 2) : Math.floor(size.healthy / 2 / special)
  })
  const rollouts = names.flatMap((kind, i) =>
    Array.from({ length: counts[i] ?? 0 }, (_, n) => ({ kind, seed: i * 100_000 + n })),
  )
  return { scenarios, rollouts }
}

export function isFaulty(scenario: Scenario | undefined): boolean {
  return (scenario?.faults.length ?? 0) > 0
}

/** The share of the fleet that a fault can harm, the largest of a scenario's, in parts per million. */
export function strengthPpm({ faults, fleet }: Scenario): number {
  const shares = faults.map(({ sharePpm, stratum }) => {
    const only = fleet.strata.find(({ name }) => name === stratum)
    return only === undefined ? sharePpm : (sharePpm * only.sharePpm) / 1_000_000
  })
  return Math.max(0, ...shares)
}

/** When this rollout begins: rollouts of a scenario that starts on a Monday begin at any hour of the working days. */
export function startsAtMs(scenario: Scenario, seed: number): number {
  const isMonday = new Date(scenario.startsAtMs).getUTCDay() === 1
  return scenario.startsAtMs + (isMonday ? ((seed * STEP_HOURS) % WORKING_DAYS_HOURS) * HOUR_MS : 0)
}
