import type { ControlResult, SelfTestEvidence } from '../self-test/evidence.ts'
import type { CostSummary, DiffSummary, FuzzSummary, RiskSummary } from './parts.ts'
import type { GateReport } from './gate-report.ts'
import type { GateVerdict } from './rules.ts'

/** What the text and the page both say, in the same words. */

/** What follows from a verdict, for whoever waits for it. */
export const VERDICT_WORDS: Readonly<Record<GateVerdict, string>> = {
  pass: 'may be released',
  fail: 'must not be released: the content is refused',
  inconclusive: 'must not be released: the gate could not find out',
  broken: 'must not be released: the gate missed what it set itself, so that nothing it says counts',
}

export function nameOf({ pack, version, category }: GateReport): string {
  return pack === '' ? 'A pack whose manifest cannot be read' : `${pack} ${version} (${category})`
}

/** 12,345 as people read it. */
export function countOf(number: number): string {
  return String(number).replaceAll(/\B(?=(?:\d{3})+$)/g, ',')
}

export function plural(number: number, noun: string): string {
  return `${countOf(number)} ${noun}${number === 1 ? '' : 's'}`
}

/** Parts per million as percent, as exactly as it is. */
export function percentOf(ppm: number): string {
  const [whole, part] = [Math.trunc(ppm / 10_000), ppm % 10_000]
  const decimals = String(part).padStart(4, '0').replace(/0+$/, '')
  return `${countOf(whole)}${decimals === '' ? '' : `.${decimals}`} %`
}

/** 1,050,000 as 1.05. */
export function timesOf(ppm: number): string {
  return (ppm / 1_000_000).toFixed(2)
}

const UNITS: readonly (readonly [ms: number, noun: string])[] = [
  [86_400_000, 'day'],
  [3_600_000, 'hour'],
  [60_000, 'minute'],
  [1_000, 'second'],
]

/** In the largest unit that says it without a fraction. */
export function durationOf(ms: number): string {
  const [size, noun] = UNITS.find(([unit]) => ms > 0 && ms % unit === 0) ?? [1, 'ms']
  return noun === 'ms' ? `${countOf(ms)} ms` : plural(ms / size, noun)
}

export function diffWords(diff: DiffSummary): string {
  const { rulesAdded, rulesRemoved, rulesChanged, rulesSame } = diff
  if (diff.against === null) return `the first release: ${plural(rulesAdded, 'rule')}, all of them new`
  const rules = `${plural(rulesAdded, 'rule')} added, ${countOf(rulesRemoved)} removed, ${countOf(rulesChanged)} changed, ${countOf(rulesSame)} the same`
  const { eventsCompared, eventsNewlyMatched, eventsNoLongerMatched } = diff
  const events = `of ${plural(eventsCompared, 'event')} ${countOf(eventsNewlyMatched)} match newly, ${countOf(eventsNoLongerMatched)} no longer`
  return `${rules}; ${events}`
}

export function costWords({ candidate, ratioPpm, events }: CostSummary): string {
  const took = `${countOf(candidate.cpuNsPerEvent)} ns of CPU time and ${countOf(candidate.fuelPerEvent)} steps for each of ${plural(events, 'event')}`
  return ratioPpm === null ? took : `${took}, ${timesOf(ratioPpm)} times the running release`
}

export function riskWords({ score, firstWavePpmMax, bakeMsMin }: RiskSummary): string {
  return `${score} of 100: a first wave of at most ${percentOf(firstWavePpmMax)}, watched for at least ${durationOf(bakeMsMin)}`
}

export function fuzzWords({ targets }: FuzzSummary): string {
  const [executions, findings] = [sum(targets, 'executions'), sum(targets, 'findings')]
  const found = findings === 0 ? 'nothing found' : plural(findings, 'finding')
  return `${plural(targets.length, 'parser')}, ${plural(executions, 'execution')}, ${found}`
}

export function selfTestWords({ good, faults, museum, ablations, canaries }: SelfTestEvidence): string {
  const isAsItMustBe = ({ missed }: ControlResult): boolean => missed === null
  const of = <T>(list: readonly T[], isDone: (one: T) => boolean, what: string, done: string): string =>
    `${countOf(list.filter(isDone).length)} of ${plural(list.length, what)} ${done}`
  return [
    of(good, isAsItMustBe, 'good case', 'passed'),
    of(faults, isAsItMustBe, 'seeded fault', 'rejected'),
    of(museum, isAsItMustBe, 'incident', 'rejected'),
    of(ablations, ({ noticed }) => noticed, 'ablation', 'noticed'),
    of(canaries, ({ found }) => found, 'planted bug', 'found'),
  ].join(', ')
}

function sum<K extends string>(list: readonly Readonly<Record<K, number>>[], key: K): number {
  return list.reduce((total, one) => total + one[key], 0)
}
