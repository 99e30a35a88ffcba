import type { HostStatus, RolloutStatus, WaveStatus } from '@firebreak/api'
import {
  type EvidenceSummary,
  evidenceText,
  type RolloutPolicy,
  type VerdictRecord,
  verdictText,
} from '@firebreak/rollout'
import { count, plural } from '../plural.ts'
import { paintOut, printable } from '../screen.ts'

/** Of a long rollout, the newest. */
const WAVES_SHOWN = 5
/** Whatever a person wrote as the reason of a recall. */
const VERDICT_LINE_CHARS_MAX = 4_000

/** How far a release is, what both arms show, how strong the evidence is, and what would end a hold. */
export function rolloutLines(rollout: RolloutStatus, policy: RolloutPolicy): readonly string[] {
  const { pack, version, lane, status, verdict, waves } = rollout
  const current = waves.at(-1)
  const where = current ? `wave ${current.arms.wave} in ring ${current.ring}` : 'no wave yet'
  const colour = status === 'halted' ? 'red' : 'cyan'
  return [
    `${pack} ${version}  ${paintOut(colour, status)}  ${where}${lane === 'emergency' ? paintOut('yellow', '  EMERGENCY LANE') : ''}`,
    ...waves.slice(-WAVES_SHOWN).map((wave) => `  ${waveLine(wave, wave === current, policy)}`),
    ...(verdict ? verdictLines(verdict, policy).map((line) => `  ${line}`) : []),
  ]
}

/** Verdicts whole: cohorts, evidence, what was considered, and what resolves them. */
export function recordLines(verdicts: readonly VerdictRecord[]): readonly string[] {
  return verdicts.flatMap((verdict) =>
    verdictText(verdict)
      .split('\n')
      .map((line) => printable(line, VERDICT_LINE_CHARS_MAX)),
  )
}

function waveLine(
  { arms, ring, exposed, control, controlOf }: WaveStatus,
  isCurrent: boolean,
  policy: RolloutPolicy,
): string {
  const { enrolled, proven, cohort } = exposed
  const must = isCurrent ? `, ${percent(policy.provenShareMin)} must be` : ''
  const compared =
    controlOf === 'nobody' ? 'no control: hosts are counted' : `control ${hosts(control.cohort)} (${controlOf})`
  return `wave ${arms.wave}  ${ring}  ${hosts(cohort)} exposed, ${count(enrolled)} take part, ${count(proven)} proven (${share(proven, cohort)}${must}), ${compared}`
}

function verdictLines(verdict: VerdictRecord, policy: RolloutPolicy): readonly string[] {
  const { kind, reason, evidence, explanation, resolvedBy } = verdict
  const said = `${kind} (${reason}): ${printable(explanation)}`
  const resolved = kind === 'hold' ? [`resolved by: ${printable(resolvedBy)}`] : []
  return [evidenceLine(evidence, policy), said, ...resolved]
}

/** The strongest signal against the lines that hold and halt. */
function evidenceLine({ logE, signals }: EvidenceSummary, { haltEvidence, holdEvidence }: RolloutPolicy): string {
  const [strongest] = signals
  const limits = `holds at ${count(holdEvidence)}, halts at ${count(haltEvidence)}`
  if (!strongest) return `evidence ${evidenceText(logE)}: nothing has happened; ${limits}`
  const { signal, exposedEvents, controlEvents, wave } = strongest
  return `evidence ${evidenceText(logE)}: ${signal} of ${hosts(exposedEvents)} exposed and ${hosts(controlEvents)} of the control in ${wave === null ? 'all waves' : `wave ${wave}`}; ${limits}`
}

/** What the policy of the host's owner makes of new releases; '' where there is nothing to say. */
export function stanceText({ beacon, ring: enrolledRing }: HostStatus): string {
  if (!beacon) return ''
  const { name, fault, ring, takes, staleness } = beacon.customer
  const parts = [
    name === '' ? '' : `policy ${printable(name)}`,
    ring === '' || ring === enrolledRing ? '' : `follows ring ${printable(ring)}`,
    takes === 'at-once' ? '' : `takes releases ${takes}`,
    staleness === 'fresh' ? '' : `staleness ${staleness}`,
    fault === '' ? '' : `newer policy refused (${printable(fault)})`,
    beacon.enrolment ? `in wave ${beacon.enrolment.wave}` : '',
  ]
  return parts.filter((part) => part !== '').join(', ')
}

function hosts(number: number): string {
  return plural(number, 'host')
}

function percent(ppm: number): string {
  return `${ppm / 10_000} %`
}

function share(part: number, whole: number): string {
  return whole === 0 ? '-' : `${Math.floor((1_000 * part) / whole) / 10} %`
}
