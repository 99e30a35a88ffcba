import type { GateDecision, RolloutGate } from './peer.ts'

const MINUTE_S = 60
const SUCCESS_SHARE = 0.5
const ERROR_SHARE = 0.5

/**
 * Groups one after the other: the next begins when half of the group's devices have finished; more errors than half of them pause the rollout.
 * The denominator is the whole group, and a device that says nothing is running, for ever.
 */
export const hawkbit: RolloutGate = {
  name: 'hawkbit',
  title: 'hawkBit, default thresholds',
  source:
    'eclipse-hawkbit/hawkbit: RolloutGroupConditionBuilder.withDefaults (success 50 %, error 50 %, pause), ThresholdRolloutGroupErrorCondition, ThresholdRolloutGroupSuccessCondition. Chosen: the groups are the rings; looked at each minute.',
  order: 'rings',
  start: ({ rings }) => ({
    firstLookS: 0,
    decide: ({ waves }): GateDecision => {
      const group = waves.at(-1)?.exposed
      if (group) {
        const errors = group.events('failure') + group.events('apply-failure')
        if (errors > ERROR_SHARE * group.hosts) return { kind: 'stop', why: 'errors above the threshold', againS: null }
        if (group.installed < SUCCESS_SHARE * group.hosts) return { kind: 'wait', againS: MINUTE_S }
      }
      const next = rings[waves.length]
      if (next === undefined) return { kind: 'wait', againS: MINUTE_S }
      return { kind: 'expose', hosts: next.to, control: null, againS: MINUTE_S }
    },
  }),
}
