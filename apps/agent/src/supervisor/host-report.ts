import type { Drops, Notice } from '@firebreak/api'
import { restingImage, type SlotState } from '@firebreak/updater'
import { AGENT_VERSION } from '../config.ts'
import type { HostReport, HostStanding } from '../messages.ts'
import type { Detections } from './detections.ts'
import type { DeliveryCounters } from './delivery.ts'
import type { EnginePair } from './engine-pair.ts'
import type { GateReport } from './exec-gate-process.ts'
import type { InputReport } from './inputs.ts'
import { type SensorDrops, sumDrops } from './sensor-drops.ts'
import type { SensorReport } from './sensor-process.ts'

/** What the parts of an agent say of themselves at one moment. */
export interface HostParts {
  readonly pid: number
  readonly bootId: string
  /** Null before it is enrolled. */
  readonly host: string | null
  readonly planGeneration: number
  /** As the fetcher says; null before it has read a plan. */
  readonly standing: HostStanding | null
  readonly beacons: number
  readonly beaconIntervalMs: number
  /** Why the agent ends; null while it goes on. */
  readonly ending: string | null
  readonly slots: SlotState
  readonly pair: Pick<EnginePair, 'running' | 'engineVersion' | 'restarts' | 'use'> & {
    readonly counters: JudgedCounters
  }
  readonly detections: Pick<Detections, 'spooled' | 'dropped'>
  /** Null until a sensor is at work. */
  readonly sensor: SensorReport | null
  readonly sensorDrops: SensorDrops
  readonly inputs: readonly InputReport[]
  /** Null when it is off. */
  readonly execGate: GateReport | null
  readonly notices: readonly Notice[]
}

type JudgedCounters = Pick<
  DeliveryCounters,
  'eventsJudged' | 'eventsUnjudged' | 'eventsQuarantined' | 'backlogDroppedByRank'
>

/** What `firebreak agent status` shows: written to status.json at each change, not durable. */
export interface AgentStatus extends Pick<
  HostParts,
  'pid' | 'host' | 'sensor' | 'inputs' | 'planGeneration' | 'standing' | 'execGate'
> {
  /** Events lost, by rank; the beacon has the sums. */
  readonly droppedByRank: { readonly [where in 'kernel' | 'sensor' | 'backlog']: readonly number[] }
  readonly report: HostReport
}

/** What a host reports as engine version until its first image is loaded. */
const NO_ENGINE_YET = '0.0.0'

/** All that an agent tells of itself: to people, and, as `report`, to its server. */
export function agentStatus(parts: HostParts): AgentStatus {
  const { pid, host, sensor, inputs, planGeneration, standing, execGate, sensorDrops, pair } = parts
  return {
    pid,
    host,
    sensor,
    inputs,
    planGeneration,
    standing,
    execGate,
    droppedByRank: {
      kernel: sensorDrops.kernel,
      sensor: sensorDrops.queue,
      backlog: pair.counters.backlogDroppedByRank,
    },
    report: hostReport(parts),
  }
}

function hostReport(parts: HostParts): HostReport {
  const { candidate, confirmed, lastKnownGood, rejected, starter, safe, outcomes, starts } = parts.slots
  const resting = restingImage(parts.slots)?.slot ?? 'confirmed'
  const { running, counters, engineVersion, restarts } = parts.pair
  const drops = dropsOf(parts)
  return {
    slots: { candidate, confirmed, lastKnownGood, rejected, starter, safe },
    starts,
    beacons: parts.beacons,
    engine: parts.pair.use,
    beacon: {
      bootId: parts.bootId,
      agentVersion: AGENT_VERSION,
      engineVersion: engineVersion ?? NO_ENGINE_YET,
      sensorTier: parts.sensor?.tier ?? 'starting',
      running: running && { ...running.image, slot: running.trial ? 'candidate' : resting },
      outcomes,
      events: counters.eventsJudged,
      detections: parts.detections.spooled,
      eventsDropped: sum(Object.values(drops)),
      engineRestarts: restarts,
      beaconIntervalMs: parts.beaconIntervalMs,
      mode: safe ? 'safe' : 'normal',
      ending: parts.ending,
      drops,
      notices: parts.notices,
    },
  }
}

function dropsOf({ sensorDrops, pair: { counters }, detections }: HostParts): Drops {
  return {
    kernel: sumDrops(sensorDrops.kernel),
    sensor: sumDrops(sensorDrops.queue),
    backlog: sum(counters.backlogDroppedByRank),
    quarantined: counters.eventsQuarantined,
    unjudged: counters.eventsUnjudged,
    spool: detections.dropped,
  }
}

function sum(counts: readonly number[]): number {
  return counts.reduce((all, one) => all + one, 0)
}
