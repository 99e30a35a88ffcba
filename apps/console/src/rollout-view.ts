import type { FleetStatus, RolloutStatus, WaveStatus } from '@firebreak/api'
import type { ArmCounts, Signal, SignalEvidence, VerdictReason, VerdictRecord } from '@firebreak/rollout'
import { formatClock, formatCount, formatNumberOf, formatShare, formatSpan } from './format.ts'
import type { ReleaseFocus } from './release-focus.ts'

/** What the page says about a rollout: its waves, what both arms of one show, and how strong the evidence is. Pure. */

export const SIGNAL_LABELS: Readonly<Record<Signal, string>> = {
  silence: 'Silence',
  absence: 'Stopped, not back',
  reboot: 'Reboot',
  'engine-restart': 'Engine restart',
  cpu: 'CPU above the limit',
  memory: 'Memory above the limit',
  flood: 'Flood of detections',
  detection: 'Any detection',
  failure: 'Refused or fell back',
  'apply-failure': 'Did not apply it',
  'false-success': 'False success',
}

export const REASON_LABELS: Readonly<Record<VerdictReason, string>> = {
  'first-wave': 'first wave',
  'evidence-sufficient': 'evidence sufficient',
  probe: 'probe',
  'rollout-complete': 'rollout complete',
  'unreadable-evidence': 'unreadable evidence',
  'empty-cohort': 'empty cohort',
  pacing: 'pacing',
  'waves-spent': 'waves spent',
  suspicion: 'suspicion',
  'coincident-outage': 'coincident outage',
  'insufficient-evidence': 'insufficient evidence',
  baking: 'baking',
  'reboot-wanted': 'reboot wanted',
  'attributable-failure': 'attributable failure',
  silence: 'silence',
  absence: 'absence',
  reboot: 'reboots',
  'engine-restart': 'engine restarts',
  cpu: 'CPU',
  memory: 'memory',
  flood: 'flood of detections',
  'detection-loss': 'detections lost',
  'apply-failure': 'not applied',
  'false-success': 'false success',
  operator: 'operator',
}

/** Rollouts that an operator asks about now: of a release in focus that is rolling, or was halted. */
export function shownRollouts(status: FleetStatus, focuses: readonly ReleaseFocus[]): readonly RolloutStatus[] {
  return status.rollouts.filter((rollout) =>
    focuses.some(
      ({ phase, release }) =>
        (phase === 'rolling' || phase === 'halted') && release?.imageDigest === rollout.imageDigest,
    ),
  )
}

/** How a wave stands. */
export type WaveState = 'current' | 'proven' | 'halted'

export function waveStateOf(rollout: RolloutStatus, wave: WaveStatus): WaveState {
  if (wave !== rollout.waves.at(-1)) return 'proven'
  return rollout.status === 'halted' ? 'halted' : rollout.status === 'complete' ? 'proven' : 'current'
}

/** How many hosts the next wave could expose, as far as is proven now: the budget divided by what might go wrong at most. */
export function nextWaveHosts({ policy }: FleetStatus, verdict: VerdictRecord | null): number | null {
  if (verdict === null || verdict.excessUpperPpm === 0) return null
  return Math.floor((policy.budgetHosts * 1_000_000) / verdict.excessUpperPpm)
}

const SUPERSCRIPTS = '⁰¹²³⁴⁵⁶⁷⁸⁹'
/** From here on a power of ten is easier to read. */
const PLAIN_MAX = 10_000
const LN_10 = Math.LN10

/** '0.4', '27', '3.2 × 10⁵': E, given its natural logarithm. */
export function formatEvidence(logE: number): string {
  const value = Math.exp(logE)
  if (value < 0.01) return '< 0.01'
  if (value < PLAIN_MAX) return value < 10 ? String(Number(value.toPrecision(2))) : formatCount(Math.round(value))
  const exponent = Math.floor(logE / LN_10)
  const mantissa = (10 ** (logE / LN_10 - exponent)).toFixed(1)
  const power = String(exponent).replaceAll(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)] ?? '')
  return `${mantissa} × 10${power}`
}

/** '31 of 33 proven'. */
export function provenText({ proven, cohort }: ArmCounts): string {
  return `${formatCount(proven)} of ${formatCount(cohort)} proven`
}

/** Why a wave is as large as it is, and what it takes to go on: name and value. */
export function limitRows({ policy }: FleetStatus, rollout: RolloutStatus, wave: WaveStatus): readonly LimitRow[] {
  const { size, startedAtMs } = wave
  const ordinary = rollout.lane === 'emergency' ? Math.min(policy.bakeMs, policy.emergencyBakeMs) : policy.bakeMs
  const bakeMs = Math.max(ordinary, Math.min(rollout.risk?.bakeMsMin ?? 0, policy.riskBakeMsMax))
  const confidence = formatShare(policy.budgetConfidencePpm)
  const toProve = Math.ceil((wave.exposed.cohort * policy.provenShareMin) / 1_000_000)
  return [
    ['Budget', `${formatNumberOf(policy.budgetHosts, 'harmed host')} expected at most, at ${confidence} confidence`],
    ['Known when it started', `${formatCount(size.proven)} proven, ${formatCount(size.harmed)} harmed`],
    ['Harmed at most', `${formatShare(size.excessUpperPpm)}, so up to ${formatNumberOf(size.hostsMax, 'host')}`],
    ...(rollout.status === 'rolling'
      ? ([
          ['To go on', `${formatCount(toProve)} proven (${formatShare(policy.provenShareMin)})`],
          ['Not before', `${formatClock(startedAtMs + bakeMs)} UTC, after ${formatSpan(bakeMs)}`],
        ] as const)
      : []),
  ]
}

export type LimitRow = readonly [name: string, value: string]

/** '0.4% to 3.2% of canary'. */
export function bucketText({ ring, arms }: WaveStatus): string {
  const { fromPpm, toPpm } = arms.exposed
  return `${formatShare(fromPpm)} to ${formatShare(toPpm)} of ${ring}`
}

export interface ArmRow {
  readonly name: string
  readonly exposed: number
  readonly control: number
  /** One of the signals: what has happened to hosts, not how far they are. */
  readonly isSignal: boolean
}

/** Both arms of a wave side by side. Signals of which neither arm has an event are left out. */
export function armRows(wave: WaveStatus): readonly ArmRow[] {
  const { exposed, control } = wave
  const steps = [
    ['Cohort', 'cohort'],
    ['Take part', 'enrolled'],
    ['Confirmed', 'confirmed'],
    ['Proven', 'proven'],
    ['Rebooted since', 'rebooted'],
  ] as const
  const row = (name: string, isSignal: boolean, of: (arm: ArmCounts) => number): ArmRow => {
    return { name, exposed: of(exposed), control: of(control), isSignal }
  }
  const signals = Object.entries(SIGNAL_LABELS) as readonly (readonly [Signal, string])[]
  return [
    ...steps.map(([name, key]) => row(name, false, (arm) => arm[key])),
    ...signals
      .map(([signal, name]) => row(name, true, ({ events }) => events[signal]))
      .filter((one) => one.exposed > 0 || one.control > 0),
  ]
}

/** What the evidence chart draws: the rollout's E first, then each signal with an event. */
export function evidenceRows({ evidence }: VerdictRecord): readonly EvidenceRow[] {
  const rows = evidence.signals.map((one) => ({ name: SIGNAL_LABELS[one.signal], ...one }))
  return [
    { name: 'The rollout', logE: evidence.logE, of: null },
    ...rows.map(({ name, logE, ...of }) => ({ name, logE, of })),
  ]
}

export interface EvidenceRow {
  readonly name: string
  readonly logE: number
  /** null: of all signals together. */
  readonly of: Omit<SignalEvidence, 'logE'> | null
}
