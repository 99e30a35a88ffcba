import type { Signal } from '@firebreak/rollout'
import type { ArmSeen, GateDecision, RolloutGate } from './peer.ts'

const REFRESH_S = 21_600
const REFRESHES = 4
const SHARE = 0.1
const ALPHA = 0.05
/** The tuning parameter's default: the sample size at which the sequence is tightest. */
const TUNING = 5_000

/** Metrics are of those who report: a host that died has none, and counts as zero. */
const MORE_IS_BAD = ['failure', 'engine-restart', 'reboot', 'cpu', 'memory', 'flood'] as const
const FEWER_IS_BAD = ['detection'] as const

/**
 * A tenth of the fleet against as many without it, looked at every six hours with an anytime-valid confidence sequence for the difference of
 * each guardrail metric; after a day without a significant regression it ships.
 */
export const sixHourly: RolloutGate = {
  name: 'six-hourly-sequential',
  title: 'Sequential test, every six hours',
  source:
    'growthbook/growthbook: docs/statistics/sequential.mdx (generalised anytime-valid inference, alpha 0.05, tuning 5,000), docs on refreshing results. Chosen: 10 % against 10 %, four refreshes, then everybody.',
  order: 'shuffled',
  start: ({ hosts }) => ({
    firstLookS: 0,
    decide: ({ waves }, tS): GateDecision => {
      const share = Math.ceil(hosts * SHARE)
      const wave = waves[0]
      if (wave === undefined) {
        return {
          kind: 'expose',
          hosts: share,
          control: { from: share, to: Math.min(hosts, 2 * share) },
          againS: REFRESH_S,
        }
      }
      const { exposed, control } = wave
      const bad = [
        ...MORE_IS_BAD.filter((metric) => lowerBound(exposed, control, metric) > 0),
        ...FEWER_IS_BAD.filter((metric) => lowerBound(control, exposed, metric) > 0),
      ]
      if (waves.length === 1 && bad.length > 0) return { kind: 'stop', why: `worse: ${bad.join(', ')}`, againS: null }
      if (tS < REFRESH_S * REFRESHES) return { kind: 'wait', againS: REFRESH_S }
      return { kind: 'expose', hosts, control: null, againS: null }
    },
  }),
}

/** Of the difference of two rates, `a` less `b`. */
function lowerBound(a: ArmSeen, b: ArmSeen, metric: Signal): number {
  if (a.heard === 0 || b.heard === 0) return 0
  const [p, q] = [a.events(metric) / a.heard, b.events(metric) / b.heard]
  const samples = a.heard + b.heard
  const variance = (p * (1 - p)) / a.heard + (q * (1 - q)) / b.heard
  if (variance === 0) return p - q
  const total = variance * samples * samples
  const log = Math.log(1 / (ALPHA * ALPHA))
  const rho = (2 * TUNING * (total / samples)) / (log + Math.log(1 + log))
  const width = Math.sqrt((total + rho) * Math.log((total + rho) / (rho * ALPHA * ALPHA))) / samples
  return p - q - width
}
