import type { ParsedPack, Position, RuleTest, TestEvent } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import type { Version } from '@firebreak/kernel'
import { type Finding, finding } from '../check/check.ts'

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
