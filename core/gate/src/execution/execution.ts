import type { ParsedPack, Position, RuleTest, TestEvent } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import type { Version } from '@firebreak/kernel'
import { type CheckResult, failed, type Finding, finding, notRun, passed } from '../check/check.ts'

/** One event for the real engine process, and what its rule has to say about it. */
export interface ExecutionCase {
  readonly ruleId: string
  readonly expect: 'match' | 'ignore'
  readonly event: HostEvent
  /** For a person: which event of which rule. */
  readonly name: string
  readonly at: Position
}

/** What came of loading the image and evaluating the cases in an engine process. */
export type ExecutionResult =
  | { readonly kind: 'ran'; readonly engineVersion: Version; readonly verdicts: readonly CaseVerdict[] }
  /** The engine refused the image, trapped, ended or did not answer in time. */
  | {
      readonly kind: 'failed'
      readonly code: string
      readonly message: string
      /** Events that were answered by then, so that it failed on the next one; absent where that engine version does not tell. */
      readonly answered?: number
    }
  | { readonly kind: 'not-run' }

/** The engine's answer to one case. */
export interface CaseVerdict {
  /** Position in the list of cases. */
  readonly caseIndex: number
  /** Rules that fired for the event; indicators among them don't matter. */
  readonly firedRuleIds: readonly string[]
  /** Absent where that engine version does not tell. */
  readonly work?: EventWork
}

/** What one event made an engine do. */
export interface EventWork {
  readonly nodeVisits: number
  readonly predicateEvaluations: number
}

/** What a policy bounds: nodes and predicates together. */
export function fuelOf({ nodeVisits, predicateEvaluations }: EventWork): number {
  return nodeVisits + predicateEvaluations
}

/** For a rule that is about no product in particular: the one that sensors do report. */
const ANY_PRODUCT = 'linux'

export function executionCases({ rules, tests }: Pick<ParsedPack, 'rules' | 'tests'>): readonly ExecutionCase[] {
  const titles = new Map(rules.map(({ id, title }) => [id, title]))
  return tests.flatMap((one) => {
    const title = titles.get(one.rule) ?? one.rule
    return [
      ...one.match.map((event, i) => executionCase(one, 'match', event, `${title}: match event ${i + 1}`)),
      ...one.ignore.map((event, i) => executionCase(one, 'ignore', event, `${title}: ignore event ${i + 1}`)),
    ]
  })
}

function executionCase(
  { rule, logsource }: RuleTest,
  expect: ExecutionCase['expect'],
  { fields, at }: TestEvent,
  name: string,
): ExecutionCase {
  const { category, product, service } = logsource
  const event = { category: category ?? '', product: product ?? ANY_PRODUCT, service, timeMs: 0, fields }
  return { ruleId: rule, expect, event, name, at }
}

/** What there is to execute. */
export interface ExecutionDemand {
  readonly execution: readonly ExecutionCase[]
  readonly ruleIds: readonly string[]
  /** What may fire beside the rules, once enough events came. */
  readonly correlationIds: readonly string[]
  readonly engineVersion: Version
}

/**
 * Judges what the engine process said. Silence about one case or one rule, or an engine of another version, is a
 * failure like a wrong answer.
 */
export function checkExecution(demand: ExecutionDemand, result: ExecutionResult, engineVersion: Version): CheckResult {
  if (result.kind === 'not-run') return notRun('execution', 'The rules were not run in an engine.')
  if (result.kind === 'failed') {
    const { code, message } = result
    return failed('execution', `The engine did not run the rules: ${message}`, [finding(code, message, null)])
  }
  const { execution: cases, ruleIds, correlationIds } = demand
  const answers = Map.groupBy(result.verdicts, ({ caseIndex }) => caseIndex)
  const findings = [
    ...engineFindings(result.engineVersion, demand.engineVersion, engineVersion),
    ...strayFindings(cases.length, [...ruleIds, ...correlationIds], result.verdicts),
    ...cases.flatMap((one, i) => caseFindings(one, answers.get(i) ?? [])),
    ...unexecutedFindings(cases, ruleIds, answers),
  ]
  const answered = cases.filter((_, i) => answers.has(i)).length
  const did = `Engine ${result.engineVersion} answered ${answered} of ${cases.length} events`
  const [first] = findings
  if (first === undefined) return passed('execution', `${did}, of ${ruleIds.length} rules, each as it must be.`)
  const count = findings.length === 1 ? '' : `${findings.length} findings, the first: `
  return failed('execution', `${did}: ${count}${first.message}`, findings)
}

/** One engine throughout: the one that ran, the one of the contract and the one that the report names. */
function engineFindings(ran: Version, contracted: Version, reported: Version): readonly Finding[] {
  if (ran === reported && contracted === reported) return []
  const message = `The report is about engine ${reported}, the contract of ${contracted}, and ${ran} ran the rules.`
  return [finding('gate/wrong-engine', message, null)]
}

/** Answers to questions that were not asked: the engine ran another image, or the shell mixed up its events. */
export function strayFindings(
  events: number,
  ids: readonly string[],
  verdicts: readonly CaseVerdict[],
): readonly Finding[] {
  const known = new Set(ids)
  const findings: Finding[] = []
  for (const { caseIndex, firedRuleIds } of verdicts) {
    if (!Number.isInteger(caseIndex) || caseIndex < 0 || caseIndex >= events) {
      findings.push(finding('gate/unknown-case', `The engine answered event ${caseIndex}, which is none.`, null))
    }
    for (const fired of firedRuleIds) {
      if (known.has(fired) || fired.startsWith('indicator/')) continue
      findings.push(finding('gate/unknown-rule', `Rule ${fired} fired, which the pack does not have.`, null))
    }
  }
  return findings
}

export function caseFindings(
  { name, ruleId, expect, at }: ExecutionCase,
  answers: readonly CaseVerdict[],
): readonly Finding[] {
  const [answer] = answers
  if (answer === undefined) return [finding('gate/no-answer', `${name}: the engine did not answer.`, at)]
  if (answers.length > 1) {
    return [finding('gate/two-answers', `${name}: the engine answered ${answers.length} times.`, at)]
  }
  const fired = answer.firedRuleIds.includes(ruleId)
  if (expect === 'match' && !fired) {
    return [finding('gate/missed', `${name}: rule ${ruleId} must fire and did not.`, at)]
  }
  if (expect === 'ignore' && fired) {
    return [finding('gate/false-positive', `${name}: rule ${ruleId} fired and must not.`, at)]
  }
  return []
}

export function unexecutedFindings(
  cases: readonly ExecutionCase[],
  ruleIds: readonly string[],
  answers: ReadonlyMap<number, unknown>,
): readonly Finding[] {
  const executed = new Set(cases.filter((_, i) => answers.has(i)).map(({ ruleId }) => ruleId))
  return ruleIds
    .filter((id) => !executed.has(id))
    .map((id) => finding('gate/rule-not-executed', `Rule ${id} was not run in the engine.`, null))
}
