import type { Ppm } from '@firebreak/kernel'
import { answeredOf, bakeMsOf, isSuspect, type Judged, recentControlLosses, probeAfterMs } from './judged.ts'
import { OUTAGE_MINUTES } from './look.ts'
import { REACH_PER_HOST } from './pacing.ts'
import { currentRing, type NextWave } from './state.ts'
import type { HoldReason, SignalEvidence, VerdictBody } from './verdict.ts'
import { isAttributed } from './weigh.ts'
import { duration, evidenceText, happened, hostCount, percent, whole } from './words.ts'

const NEW_RELEASE = 'A new release. A halted one never goes on, and is recalled.'

export function countedHalt(judged: Judged, signal: 'failure' | 'silence', hosts: number): VerdictBody {
  const { policy, state } = judged
  const allowed = signal === 'failure' ? policy.failuresMax : policy.lossesMax
  const explanation =
    `${hostCount(hosts)} with ${state.release.version} ${happened(signal)}; ${allowed} may, ` +
    `where cohorts are too small for statistics, besides its share of what the control lost. Nobody else gets it, and who has it leaves it.`
  return body(judged, explanation, NEW_RELEASE, ['Hold: one host too many is not waited for.'])
}

export function evidenceHalt(judged: Judged, strongest: SignalEvidence): VerdictBody {
  const { policy, state } = judged
  const { signal, wave, stratum, exposedEvents, controlEvents } = strongest
  const where = stratum === null ? '' : ` It is strongest in ${stratum}.`
  const against = isAttributed(signal)
    ? `That is more than the policy expects of a healthy release.`
    : `${whole(controlEvents)} of its control did.`
  const explanation =
    `${hostCount(exposedEvents)} of ${wavesText(wave)} ${happened(signal)} after ${state.release.version}. ${against} ` +
    `The evidence is ${evidenceText(strongest.logE)}; ${whole(policy.haltEvidence)} halts.${where} Nobody else gets it, and who has it leaves it.`
  const hold = `Hold: from ${whole(policy.holdEvidence)} on; this is beyond.`
  return body(judged, explanation, NEW_RELEASE, [hold])
}

export function advance(judged: Judged, next: NextWave): VerdictBody {
  const { wave, state } = judged
  const proven = isSuspect(judged) ? suspicionSentence(judged) : `${provenSentence(judged)}.`
  const shown = wave === null ? `Nobody has ${state.release.version} yet.` : proven
  return body(judged, `${shown} Next: ${nextSentence(next)}.${riskSentence(judged)}`, 'Nothing to resolve.', [
    haltAlternative(judged),
    `A larger wave: ${sizeSentence(judged)}`,
  ])
}

export function completion(judged: Judged): VerdictBody {
  const explanation = `${provenSentence(judged)}, and no ring is left. It is the baseline now, for every host.`
  return body(judged, explanation, 'Nothing to resolve.', [haltAlternative(judged)])
}

export function hold(judged: Judged, reason: HoldReason, ring: string = currentRing(judged.state)): VerdictBody {
  const [seen, resolvedBy] = HOLDS[reason](judged, ring)
  const advanceTo = `Advance: the next wave may have ${sizeSentence(judged)}`
  return body(judged, seen, resolvedBy, [haltAlternative(judged), advanceTo])
}

/** What was seen, and what would end the hold. */
type HoldSentences = (judged: Judged, ring: string) => readonly [string, string]

const HOLDS: Readonly<Record<HoldReason, HoldSentences>> = {
  'unreadable-evidence': ({ state }) => [
    `What is reported about ${state.release.version} can't be: nothing follows from it.`,
    'Evidence that can be read.',
  ],
  'empty-cohort': ({ state }, ring) => [
    `No host of ring ${ring} could take ${state.release.version} now: nothing is known about it there.`,
    `One host of ring ${ring} that is present and takes releases at once.`,
  ],
  pacing: ({ state }, ring) => [
    `Too few hosts of ring ${ring} are there: to reach one that could take ${state.release.version}, more than ${REACH_PER_HOST} for ` +
      `each that is allowed would be exposed, and all of them might come back at once.`,
    `More hosts of ring ${ring} that are present, or fewer that are enrolled and never come back.`,
  ],
  'waves-spent': () => [
    'A plan can name no more waves.',
    'A new release, with a larger budget or with more hosts present.',
  ],
  suspicion: (judged) => [
    `${suspicionSentence(judged)} From ${whole(judged.policy.holdEvidence)} on nothing more is exposed for ${duration(probeAfterMs(judged))}; ` +
      `${whole(judged.policy.haltEvidence)} halts.`,
    'More of the same in the exposed arm halts it; the same in the control lets it go on. If neither comes, a wave of the ' +
      "budget's size has to tell; where nobody is left for one, a person.",
  ],
  'coincident-outage': (judged) => [
    `${whole(recentControlLosses(judged))} of ${hostCount(judged.counts.control.cohort)} of the control fell silent within ` +
      `${OUTAGE_MINUTES} min; ${percent(judged.policy.outageShareMax)} may. It is not the release that they have in common.`,
    `${OUTAGE_MINUTES} min in which the control loses fewer.`,
  ],
  'insufficient-evidence': (judged) => [
    `${provenSentence(judged)}; ${percent(judged.policy.provenShareMin)} must. The silent stay in the denominator.`,
    "Reports of the others; or, where statistics protect it and some are proven, a further wave of the budget's size after " +
      duration(probeAfterMs(judged)) +
      '.',
  ],
  baking: (judged) => {
    const bakeMs = bakeMsOf(judged.policy, judged.state)
    const leftMs = (judged.wave?.startedAtMs ?? judged.nowMs) + bakeMs - judged.nowMs
    return [
      `${provenSentence(judged)}; the wave is watched for ${duration(bakeMs)} in all.${riskSentence(judged)}`,
      `${duration(leftMs)} more.`,
    ]
  },
  'reboot-wanted': (judged) => [
    `${provenSentence(judged)}, but too few of them have rebooted and come back with it: before the next wave, ` +
      `${percent(judged.policy.rebootedShareMin)} of all that it brings the exposed hosts to must have.`,
    'Reboots of exposed hosts.',
  ],
}

function riskSentence({ policy, state: { risk } }: Judged): string {
  if (risk === undefined) return ''
  const { score, firstWavePpmMax, bakeMsMin } = risk
  return (
    ` Its risk is ${score} of 100: the first wave of a ring has at most ${percent(firstWavePpmMax)} of it, ` +
    `and every wave is watched for ${duration(Math.min(bakeMsMin, policy.riskBakeMsMax))} at least.`
  )
}

function suspicionSentence({ evidence }: Judged): string {
  const [strongest] = evidence.signals
  if (strongest === undefined) return 'Nothing happened.'
  const { signal, wave, exposedEvents, controlEvents } = strongest
  const control = isAttributed(signal) ? '' : `, and ${whole(controlEvents)} of its control`
  const what = `${hostCount(exposedEvents)} of ${wavesText(wave)} ${happened(signal)}${control}`
  return `${what}. The evidence is ${evidenceText(evidence.logE)}.`
}

function wavesText(wave: number | null): string {
  return wave === null ? 'the waves together' : `wave ${wave}`
}

function provenSentence({ state, counts }: Judged): string {
  return `${whole(answeredOf(counts))} of ${hostCount(counts.exposed.cohort)} of ring ${currentRing(state)} confirmed ${state.release.version} and proved well`
}

function nextSentence({ ring, arms, exposedHosts, controlHosts, controlOf }: NextWave): string {
  const { fromPpm, toPpm } = arms.exposed
  const control = {
    unexposed: `${hostCount(controlHosts)} without it are the control`,
    settled: `${hostCount(controlHosts)} that had it first are the control`,
    nobody: 'nobody is left for a control, so hosts are counted',
  }[controlOf]
  return `wave ${arms.wave}, ${hostCount(exposedHosts)} of ring ${ring} (${percent(fromPpm)} to ${percent(toPpm)} of it); ${control}`
}

function sizeSentence({ policy, size: { hostsMax, excessUpperPpm, proven, harmed } }: Judged): string {
  const known = proven === 0 ? 'nothing is proven yet' : `${whole(proven)} proven, ${whole(harmed)} harmed`
  return (
    `${hostCount(hostsMax)} at most: ${known}, so up to ${rate(excessUpperPpm)} may be harmed by it ` +
    `(${percent(policy.budgetConfidencePpm)} sure), and the budget is ${hostCount(policy.budgetHosts)}.`
  )
}

function rate(ppm: Ppm): string {
  return ppm >= 1_000 ? percent(ppm) : `${ppm} in a million`
}

function haltAlternative({ policy, evidence }: Judged): string {
  const [strongest] = evidence.signals
  const most = strongest
    ? `the strongest signal, ${strongest.signal}, has ${evidenceText(strongest.logE)}`
    : 'there is none'
  return `Halt: needs evidence of ${whole(policy.haltEvidence)}; ${most}.`
}

function body(judged: Judged, explanation: string, resolvedBy: string, alternatives: readonly string[]): VerdictBody {
  const { counts, evidence, size } = judged
  return { counts, evidence, excessUpperPpm: size.excessUpperPpm, alternatives, resolvedBy, explanation }
}
