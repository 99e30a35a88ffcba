import type { Signal } from '@firebreak/rollout'
import type { ArmSeen, GateDecision, RolloutGate } from './peer.ts'

const MINUTE_S = 60
const BAKE_S = 1_800
const STEPS = [0.01, 0.1, 0.5, 1]
/** One-sided, 5 %. */
const Z = 1.645
const HOSTS_MIN = 30
const BAD: readonly Signal[] = ['silence', 'engine-restart', 'reboot', 'cpu', 'memory', 'flood', 'failure']

/**
 * The analysis that people build for themselves: hosts with the release against as many without, everything bad added up, silence too, and an
 * ordinary test of two proportions, looked at each minute.
 */
export const peeking: RolloutGate = {
  name: 'peeking-z-test',
  title: 'Canary analysis, a z-test at 5 % each minute',
  source:
    'No product. A fixed-sample test looked at repeatedly (Johari et al., KDD 2017, on what that does). Chosen: 1, 10, 50, 100 %, half an hour each.',
  order: 'shuffled',
  start: ({ hosts }) => ({
    firstLookS: 0,
    decide: ({ waves }, tS): GateDecision => {
      const wave = waves.at(-1)
      if (wave && isWorse(wave.exposed, wave.control)) return { kind: 'stop', why: 'significantly worse', againS: null }
      const step = STEPS[waves.length]
      if (step === undefined || tS - (wave?.sinceS ?? Number.NEGATIVE_INFINITY) < BAKE_S)
        return { kind: 'wait', againS: MINUTE_S }
      const [from, to] = [wave?.exposed.range.to ?? 0, Math.ceil(hosts * step)]
      return { kind: 'expose', hosts: to, control: { from: to, to: Math.min(hosts, to + to - from) }, againS: MINUTE_S }
    },
  }),
}

function isWorse(exposed: ArmSeen, control: ArmSeen): boolean {
  const [n, m] = [exposed.heard, control.heard]
  if (n < HOSTS_MIN || m < HOSTS_MIN) return false
  const [a, b] = [exposed, control].map((arm) => BAD.reduce((sum, signal) => sum + arm.events(signal), 0)) as [
    number,
    number,
  ]
  const pooled = (a + b) / (n + m)
  const deviation = Math.sqrt(pooled * (1 - Math.min(pooled, 1)) * (1 / n + 1 / m))
  return deviation > 0 && (a / n - b / m) / deviation > Z
}
