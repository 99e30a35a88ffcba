import {
  compareTexts,
  describeSource,
  isWithin,
  type LogSource,
  type ParsedPack,
  type Position,
} from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import { type CheckResult, failed, type Finding, finding, inconclusive, notRun, passed } from '../check/check.ts'
import type { GatePolicy } from '../check/policy.ts'
import { EXECUTION_CODES } from '../execution/codes.ts'
import type { ExecutionResult } from '../execution/execution.ts'
import { replayFinding } from './codes.ts'
import { type Corpus, eventText, firedByEvent } from './corpus.ts'
import { ratePpm, rateUpperPpm } from './rate.ts'

/** A corpus, and what came of running the candidate over it in one engine. */
export interface Replay {
  readonly corpus: Corpus
  readonly result: ExecutionResult
}

type ReplayedPack = Pick<ParsedPack, 'rules' | 'correlations'>
type Ran = Extract<ExecutionResult, { kind: 'ran' }>

/** Where something fired. */
interface Hits {
  readonly id: string
  readonly count: number
  /** The shortest text of an event for which it did. */
  readonly sample: string
}

/** Of the events for which something fired, those whose text is compared for the shortest. */
const SAMPLES_MAX = 1_000

/**
 * How often each rule, correlation and indicator fires for ordinary activity. In each corpus by itself: what floods one customer is not excused by
 * the silence of the others. Attack corpora have no part in it, and nothing to replay is no pass.
 */
export function checkReplay(pack: ReplayedPack, replays: readonly Replay[], policy: GatePolicy): CheckResult {
  const benign = replays.filter(({ corpus }) => corpus.kind === 'benign' && corpus.events.length > 0)
  if (benign.length === 0) return inconclusive('replay', 'There is no corpus of ordinary activity to replay.')
  const trouble = benign.flatMap(({ corpus, result }) => troubleOf(corpus, result))
  const [one] = trouble
  if (one !== undefined) return troubled(one.message, trouble)
  const ran = benign.flatMap(({ corpus, result }) => (result.kind === 'ran' ? [{ corpus, result }] : []))
  if (ran.length < benign.length) return notRun('replay', 'The ordinary activity was not run in an engine.')
  const findings = [
    ...ran.flatMap(({ corpus, result }) => corpusFindings(pack, corpus, result, policy)),
    ...unreachedFindings(
      pack,
      ran.flatMap(({ corpus }) => corpus.events),
    ),
  ]
  const errors = findings.filter(({ severity }) => severity === 'error')
  const [first] = errors
  if (first !== undefined) {
    return failed(
      'replay',
      errors.length === 1 ? first.message : `${errors.length} errors, the first: ${first.message}`,
      [...errors, ...findings.filter(({ severity }) => severity !== 'error')],
    )
  }
  return passed('replay', reasonOf(ran, findings), findings)
}

function reasonOf(ran: readonly { readonly corpus: Corpus }[], findings: readonly Finding[]): string {
  const events = ran.reduce((sum, { corpus }) => sum + corpus.events.length, 0)
  const seen = findings.filter(({ code }) => code === 'gate/ordinary-match').length
  const quiet = `No rule floods ${events} events of ordinary activity`
  return seen === 0 ? `${quiet}, and none fires for any.` : `${quiet}; ${seen} fire for some.`
}

/** An engine that nobody heard of says nothing about the image; one that refused it or ended on it does. */
function troubled(reason: string, trouble: readonly Finding[]): CheckResult {
  const isOpen = trouble.every(({ code }) => {
    return (
      Object.hasOwn(EXECUTION_CODES, code) &&
      EXECUTION_CODES[code as keyof typeof EXECUTION_CODES].outcome === 'inconclusive'
    )
  })
  return (isOpen ? inconclusive : failed)('replay', reason, trouble)
}

function troubleOf({ name }: Corpus, result: ExecutionResult): readonly Finding[] {
  if (result.kind !== 'failed') return []
  return [finding(result.code, `The engine did not run ${name}: ${result.message}`, null)]
}

function corpusFindings(pack: ReplayedPack, corpus: Corpus, result: Ran, policy: GatePolicy): readonly Finding[] {
  const { events, name } = corpus
  const fired = firedByEvent({ corpus, verdicts: result.verdicts })
  const unanswered = fired.filter((ids) => ids === null).length
  const stray = result.verdicts.filter(({ caseIndex }) => events[caseIndex] === undefined).length
  if (unanswered + stray > 0) {
    const message = `Of ${name}, ${unanswered} of ${events.length} events have not exactly one answer, and ${stray} answers have no event.`
    return [replayFinding('gate/replay-incomplete', message)]
  }
  const hits = hitsOf(events, fired).map((one) => hitFinding(pack, corpus, one, policy))
  const leastPpm = rateUpperPpm(0, events.length)
  if (leastPpm <= policy.falsePositivesPpmMax) return hits
  const message =
    `${name} has ${events.length} events: a rule that fires for none of them may still fire for ${leastPpm} ppm of such events, ` +
    `and the policy allows ${policy.falsePositivesPpmMax}.`
  return [...hits, replayFinding('gate/corpus-small', message, null, { fix: 'Replay more events.' })]
}

/** Most hits first. */
function hitsOf(events: readonly HostEvent[], fired: readonly (readonly string[] | null)[]): readonly Hits[] {
  const found = new Map<string, { count: number; sample: string }>()
  for (const [i, event] of events.entries()) {
    for (const id of fired[i] ?? []) {
      const hit = found.get(id) ?? { count: 0, sample: eventText(event) }
      const text = hit.count < SAMPLES_MAX ? eventText(event) : hit.sample
      found.set(id, { count: hit.count + 1, sample: text.length < hit.sample.length ? text : hit.sample })
    }
  }
  return [...found]
    .map(([id, hit]) => ({ id, ...hit }))
    .toSorted((a, b) => b.count - a.count || compareTexts(a.id, b.id))
}

function hitFinding(
  pack: ReplayedPack,
  { name, events }: Corpus,
  { id, count, sample }: Hits,
  policy: GatePolicy,
): Finding {
  const { title, at } = describe(pack, id)
  const upper = rateUpperPpm(count, events.length)
  const ppm = ratePpm(count, events.length)
  const message =
    `${title} fires for ${count} of the ${events.length} events of ${name}: ${ppm} ppm, up to ${upper} with what so few events can show; ` +
    `the policy allows ${policy.falsePositivesPpmMax}.`
  if (isPart(pack, id)) return replayFinding('gate/ordinary-part', message, at, { input: sample })
  const isFlood = ppm > policy.falsePositivesPpmMax
  const fix = isFlood
    ? 'Ask for what only the attack has, or filter what is ordinary.'
    : 'See whether the event is ordinary, and filter it.'
  return replayFinding(isFlood ? 'gate/flood' : 'gate/ordinary-match', message, at, { fix, input: sample })
}

function describe({ rules, correlations }: ReplayedPack, id: string): { title: string; at: Position | null } {
  const rule = rules.find((one) => one.id === id)
  if (rule !== undefined) return { title: `Rule "${rule.title}" (${id})`, at: rule.at }
  const correlation = correlations.find((one) => one.id === id)
  if (correlation !== undefined) return { title: `Correlation "${correlation.title}" (${id})`, at: correlation.at }
  return { title: id, at: null }
}

/** Only correlations that do not let it alert by itself refer to it. */
function isPart({ correlations }: ReplayedPack, id: string): boolean {
  const users = correlations.filter(({ rules }) => rules.includes(id))
  return users.length > 0 && users.every(({ generate }) => !generate)
}

/** One for each log source of which there is no event in any corpus. */
function unreachedFindings({ rules }: ReplayedPack, events: readonly HostEvent[]): readonly Finding[] {
  const sources = new Map(events.map((event) => [sourceKey(event), sourceOf(event)]))
  const unreached = rules.filter(({ logsource }) => !sources.values().some((source) => isWithin(source, logsource)))
  const bySource = Map.groupBy(unreached, ({ logsource }) => describeSource(logsource))
  return [...bySource].map(([source, ofSource]) => {
    const message = `No corpus says that it has an event of ${source}: how often ${ofSource.length === 1 ? 'its rule fires' : `its ${ofSource.length} rules fire`} for ordinary activity is unknown.`
    const fix = 'Replay events of your own: --corpus FILE.'
    return replayFinding('gate/source-not-replayed', message, ofSource[0]?.at ?? null, { fix })
  })
}

function sourceOf({ category, product, service }: HostEvent): LogSource {
  return { category, product, service: service ?? null }
}

function sourceKey(event: HostEvent): string {
  return JSON.stringify(Object.values(sourceOf(event)))
}
