import type { Version } from '@firebreak/kernel'

/** What whoever releases demands of a candidate. Part of the report, so that approvers see what it was held to. */
export interface GatePolicy {
  /** Versions of the engine in the fleet. 'all': every build that is kept, and the current one. */
  readonly engines: readonly Version[] | 'all'
  /** Events of the benign corpus for which one rule may fire, in parts per million. */
  readonly falsePositivesPpmMax: number
  /** CPU and memory for each event against the running release: 1,000,000 is the same. */
  readonly costRatioPpmMax: number
  /** Nodes and predicates that one event may set off. */
  readonly fuelPerEventMax: number
  /** Executions of each fuzzed parser. */
  readonly fuzzExecutions: number
}

export const GATE_POLICY_DEFAULT: GatePolicy = {
  engines: 'all',
  falsePositivesPpmMax: 1_000,
  costRatioPpmMax: 1_500_000,
  fuelPerEventMax: 100_000,
  fuzzExecutions: 20_000,
}
