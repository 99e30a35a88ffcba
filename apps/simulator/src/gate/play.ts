import { World } from '@firebreak/world'
import { ours } from '../peers/ours.ts'
import { PEERS } from '../peers/peers.ts'
import type { RolloutGate } from '../peers/peer.ts'
import { runGate } from './run-gate.ts'
import { isFaulty, type Planned, startsAtMs, strengthPpm, type Suite } from './suite.ts'
import { Trace } from './trace.ts'

/** What came of one rollout of the suite under one policy. */
export interface Row {
  readonly kind: string
  readonly seed: number
  readonly gate: string
  /** Of the scenario: whether it harms hosts, and what share of them. */
  readonly faulty: boolean
  readonly strengthPpm: number
  /** Stopped, and before everybody could install. */
  readonly inTime: boolean
  readonly stopped: boolean
  readonly exposed: number
  readonly harmed: number
  readonly haltSeconds: number | null
  readonly hours: number | null
}

export const GATES: readonly RolloutGate[] = [ours, ...PEERS]

export function play(suite: Suite, { kind, seed }: Planned, gates: readonly RolloutGate[] = GATES): readonly Row[] {
  const scenario = suite.scenarios.get(kind)
  if (scenario === undefined) throw new RangeError(`no scenario ${kind}`)
  const world = new World({ ...scenario, startsAtMs: startsAtMs(scenario, seed) }, scenario.hosts, seed)
  const trace = new Trace(world)
  return gates.map((gate) => {
    const { stoppedAtS, exposed, harmed, haltSeconds, hours } = runGate(gate, trace)
    const stopped = stoppedAtS !== null
    return {
      kind,
      seed,
      gate: gate.name,
      faulty: isFaulty(scenario),
      strengthPpm: strengthPpm(scenario),
      inTime: stopped && exposed < trace.hosts,
      stopped,
      exposed,
      harmed,
      haltSeconds,
      hours,
    }
  })
}
