import type { GateDecision, RolloutGate } from './peer.ts'

const MINUTE_S = 60
const BAKE_S = 86_400
const ALARM_SHARE = 0.05

/** A first ring, 24 hours without an alarm, then everybody. The alarm counts what is reported; missing data is no alarm. */
export const timeout: RolloutGate = {
  name: 'timeout-24h',
  title: 'No alarm for 24 hours',
  source:
    'AWS AppConfig deployment strategies (bake time: alarms are watched, then the deployment is complete) and CloudWatch (default for missing data: INSUFFICIENT_DATA, which is no ALARM). Chosen: the first ring, then everybody; alarm when 5 % of the hosts that reported failed, or restarted their engine.',
  order: 'rings',
  start: ({ hosts, rings }) => ({
    firstLookS: 0,
    decide: ({ waves }, tS): GateDecision => {
      let [heard, alarming] = [0, 0]
      for (const { exposed } of waves) {
        heard += exposed.heard
        for (const signal of ['failure', 'apply-failure', 'engine-restart'] as const) alarming += exposed.events(signal)
      }
      if (alarming > ALARM_SHARE * heard) return { kind: 'stop', why: 'alarm', againS: null }
      if (waves.length === 0) return { kind: 'expose', hosts: rings[0]?.to ?? hosts, control: null, againS: MINUTE_S }
      if (waves.length === 1 && tS >= BAKE_S) return { kind: 'expose', hosts, control: null, againS: MINUTE_S }
      return { kind: 'wait', againS: MINUTE_S }
    },
  }),
}
