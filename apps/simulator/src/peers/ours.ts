import { type Ppm, PPM_ALL, unreachable } from '@firebreak/kernel'
import {
  applyDecision,
  type BucketRange,
  type Cell,
  type Censuses,
  decideWave,
  DEFAULT_ROLLOUT_POLICY,
  lookAt,
  type NextWave,
  type RolloutPolicy,
  type RolloutState,
  startRollout,
  type WaveDecision,
} from '@firebreak/rollout'
import {
  type FleetFacts,
  type GateDecision,
  type HostRange,
  LOOK_SECONDS,
  type RingFacts,
  type RolloutGate,
  type Seen,
} from './peer.ts'

const SECOND_MS = 1_000
/** Most of what a release does at all, it does in its first minutes. */
const YOUNG_SECONDS = 300
const FEW_HOSTS = 1_000
const START = {
  pack: 'pack',
  category: 'behavioural',
  release: { version: '1.0.0', imageDigest: 'd'.repeat(64) },
  lane: 'normal',
} as const

/** What decides, so that a test can put something else in its place. */
export interface Controller {
  lookAt(state: RolloutState, cells: readonly Cell[], nowMs: number): RolloutState
  decideWave(
    policy: RolloutPolicy,
    state: RolloutState,
    cells: readonly Cell[],
    censuses: Censuses,
    nowMs: number,
  ): WaveDecision
}

/** The production controller's code, with its policy; what it is given comes from a trace instead of from beacons. */
export function oursWith(
  change: Partial<RolloutPolicy> = {},
  controller: Controller = { lookAt, decideWave },
): RolloutGate {
  return {
    name: 'firebreak',
    title: 'Firebreak, default policy',
    source: 'core/rollout: the code that ships.',
    order: 'rings',
    start: (fleet) => {
      const policy = { ...DEFAULT_ROLLOUT_POLICY, rings: fleet.rings.map(({ ring }) => ring), ...change }
      let state = startRollout(policy, START, 0)
      return {
        firstLookS: 0,
        decide: (seen, tS) => {
          const nowMs = tS * SECOND_MS
          const cells = seen.cells()
          state = controller.lookAt(state, cells, nowMs)
          const decision = controller.decideWave(policy, state, cells, censusesOf(fleet, seen), nowMs)
          state = applyDecision(state, decision, nowMs)
          return gateDecision(fleet, decision, lookAgainS(seen, tS))
        },
      }
    },
  }
}

function gateDecision(fleet: FleetFacts, decision: WaveDecision, againS: number): GateDecision {
  switch (decision.kind) {
    case 'halt':
      return { kind: 'stop', why: `${decision.reason}: ${decision.explanation}`, againS: null }
    case 'hold':
      return { kind: 'wait', againS }
    case 'advance':
      if (decision.next === 'complete') return { kind: 'wait', againS: null }
      // As in production, where the next look follows at once: whom the wave took is at risk no more, before anything else happens.
      return { kind: 'expose', ...rangesOf(fleet, decision.next), againS: 0 }
    default:
      return unreachable(decision)
  }
}

/** The server looks four times a second. Here it is less often, the more so when a look costs more: against ourselves. */
function lookAgainS({ waves }: Seen, tS: number): number {
  const wave = waves.at(-1)
  if (wave === undefined) return LOOK_SECONDS
  const isYoung = tS - wave.sinceS < YOUNG_SECONDS
  return LOOK_SECONDS * (isYoung ? 1 : 4) * (wave.exposed.range.to < FEW_HOSTS ? 1 : 2)
}

/** The arms of a wave, in numbers of hosts instead of buckets. */
function rangesOf(
  fleet: FleetFacts,
  { ring, arms }: NextWave,
): { readonly hosts: number; readonly control: HostRange } {
  const facts = ringOf(fleet, ring)
  return { hosts: rangeIn(facts, arms.exposed).to, control: rangeIn(facts, arms.control) }
}

function ringOf(fleet: FleetFacts, ring: string): RingFacts {
  const facts = fleet.rings.find((one) => one.ring === ring)
  if (facts === undefined) throw new RangeError(`no ring ${ring}`)
  return facts
}

/** Hosts of a ring have buckets at equal distances: the n-th of N has n * PPM_ALL / N, cut to a whole number. */
function rangeIn({ from, to }: RingFacts, { fromPpm, toPpm }: BucketRange): HostRange {
  const place = (ppm: Ppm): number => from + Math.ceil((ppm * (to - from)) / PPM_ALL)
  return { from: place(fromPpm), to: place(toPpm) }
}

function censusesOf(fleet: FleetFacts, seen: Seen): Censuses {
  return (ring) => {
    const facts = ringOf(fleet, ring)
    const hosts = facts.to - facts.from
    return {
      hosts,
      eligibleBetween: (fromPpm, toPpm) => {
        const range = rangeIn(facts, { fromPpm, toPpm })
        return seen.present(range.from, range.to)
      },
      ppmAfter: (fromPpm, wanted) => {
        if (wanted <= 0) return fromPpm
        const end = seen.presentUntil(rangeIn(facts, { fromPpm, toPpm: PPM_ALL }).from, facts.to, wanted)
        return end === null ? PPM_ALL : Math.floor(((end - 1 - facts.from) * PPM_ALL) / hosts) + 1
      },
    }
  }
}

export const ours = oursWith()
