import type { GateDecision, RolloutGate } from './peer.ts'

const MINUTE_S = 60
const BAKE_S = 3_600
const STEPS = [0.01, 0.1, 0.5, 1]
const FAILED_SHARE_MAX = 0.05

/** Percentages of the fleet, an hour each; of the hosts that report an outcome at most one in twenty may report a failure. */
export const fixedThreshold: RolloutGate = {
  name: 'fixed-5-percent',
  title: 'Fixed threshold: 5 % reported failures',
  source:
    'What percentage rings with an error threshold do in the products that have them (AWS IoT Jobs abort criteria, Azure Device Update cloud-initiated rollback, Mender phased rollouts). Chosen: 1, 10, 50, 100 %, an hour each, looked at each minute.',
  order: 'shuffled',
  start: ({ hosts }) => ({
    firstLookS: 0,
    decide: ({ waves }, tS): GateDecision => {
      const failed = waves.reduce(
        (sum, { exposed }) => sum + exposed.events('failure') + exposed.events('apply-failure'),
        0,
      )
      const succeeded = waves.reduce((sum, { exposed }) => sum + exposed.installed, 0)
      if (failed > FAILED_SHARE_MAX * (failed + succeeded))
        return { kind: 'stop', why: 'failures above 5 %', againS: null }
      const step = STEPS[waves.length]
      const isBaked = tS - (waves.at(-1)?.sinceS ?? Number.NEGATIVE_INFINITY) >= BAKE_S
      if (step === undefined || !isBaked) return { kind: 'wait', againS: MINUTE_S }
      return { kind: 'expose', hosts: Math.ceil(hosts * step), control: null, againS: MINUTE_S }
    },
  }),
}
