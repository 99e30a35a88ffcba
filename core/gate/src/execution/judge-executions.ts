import type { Position } from '@firebreak/content'
import { compareVersions, type Version } from '@firebreak/kernel'
import { type CheckResult, failed, type Finding, finding, inconclusive, notRun, passed } from '../check/check.ts'
import type { GatePolicy } from '../check/policy.ts'
import { EXECUTION_CODES, type ExecutionCode } from './codes.ts'
import { verdictDifferences } from './differences.ts'
import { type EngineRun, eventAt, type ExecutionEvidence, type ExecutionTask, type NamedEvent } from './evidence.ts'
import {
  type CaseVerdict,
  caseFindings,
  type ExecutionResult,
  fuelOf,
  strayFindings,
  unexecutedFindings,
} from './execution.ts'

/** Its answer does not come: nobody knows what it would have been. */
const SILENCE: ReadonlySet<string> = new Set(['engine/no-answer', 'engine/load-timeout'])
const TOO_OLD = 'detect/engine-too-old'

/**
 * Judges what every engine of the fleet made of the candidate: each takes it, survives every event, answers each once and as it must,
 * all of them alike, within the policy's work for an event. What could not be found out is `inconclusive`, never a pass.
 *
 * @param policy - of which fuelPerEventMax is held
 */
export function judgeExecutions(
  { tasks, missing }: ExecutionEvidence,
  policy: Pick<GatePolicy, 'fuelPerEventMax'>,
): CheckResult {
  if (tasks.length === 0) return notRun('execution', 'The rules were not run in an engine.')
  const findings = [
    ...missing.map(({ version, reason }) => say('gate/engine-missing', `There is no engine ${version}: ${reason}`)),
    ...(missing.length === 0 && tasks.some(({ runs }) => runs.length === 0)
      ? [say('gate/engine-missing', 'The policy names no engine.')]
      : []),
    ...sandboxFindings(tasks.flatMap(({ runs }) => runs)),
    ...workFindings(tasks.flatMap(({ runs }) => runs)),
    ...tasks.flatMap(({ task, runs }) => taskFindings(task, runs, policy)),
  ]
  const errors = findings.filter(({ severity }) => severity === 'error')
  const first = errors.find((one) => outcomeOf(one) === 'fail') ?? errors[0]
  const did = describe(tasks)
  if (first === undefined) return passed('execution', `${did}: each as it must be, all alike.`, findings)
  const reason = `${did}: ${errors.length === 1 ? '' : `${errors.length} findings, the first: `}${first.message}`
  return outcomeOf(first) === 'fail'
    ? failed('execution', reason, findings)
    : inconclusive('execution', reason, findings)
}

function outcomeOf({ code }: Finding): 'fail' | 'inconclusive' {
  return EXECUTION_CODES[code as ExecutionCode].outcome
}

function describe(tasks: ExecutionEvidence['tasks']): string {
  const runs = tasks.flatMap(({ runs: all }) => all)
  const versions = [...new Set(runs.map(({ engine }) => engine.version))].toSorted(compareVersions)
  const answers = runs.reduce((sum, { result }) => sum + (result.kind === 'ran' ? result.verdicts.length : 0), 0)
  return `Engine ${versions.join(', ') || 'none'} gave ${answers} answers about ${tasks.map(({ task }) => task.name).join(' and ')}`
}

function say(code: ExecutionCode, message: string, at: Position | null = null, input: string | null = null): Finding {
  return finding(code, message, at, { severity: EXECUTION_CODES[code].severity, input })
}

/** Each said once: the machine is the same for all runs of an engine. */
function sandboxFindings(runs: readonly EngineRun[]): readonly Finding[] {
  const findings = runs.flatMap(sandboxFinding)
  return findings.filter(({ message }, i) => findings.findIndex((one) => one.message === message) === i)
}

function sandboxFinding({ engine, sandbox, result }: EngineRun): readonly Finding[] {
  const { version } = engine
  if (sandbox === null) {
    return result.kind === 'ran' ? [say('gate/no-sandbox', `Nobody knows in which sandbox engine ${version} ran.`)] : []
  }
  if (sandbox.active.length === 0) return [say('gate/no-sandbox', `Engine ${version} ran without a sandbox.`)]
  if (sandbox.missing.length === 0) return []
  return [say('gate/weak-sandbox', `Engine ${version} ran without ${sandbox.missing.join(', ')}.`)]
}

function workFindings(runs: readonly EngineRun[]): readonly Finding[] {
  const silent = runs.filter(({ result }) => {
    return result.kind === 'ran' && result.verdicts.some(({ work }) => work === undefined)
  })
  const versions = [...new Set(silent.map(({ engine }) => engine.version))].toSorted(compareVersions)
  if (versions.length === 0) return []
  return [say('gate/work-not-told', `Engine ${versions.join(', ')} does not tell what an event takes.`)]
}

function taskFindings(
  task: ExecutionTask,
  runs: readonly EngineRun[],
  policy: Pick<GatePolicy, 'fuelPerEventMax'>,
): readonly Finding[] {
  return [
    ...runs.flatMap(({ engine, result }) => {
      const { version } = engine
      if (result.kind === 'not-run') {
        return [say('gate/engine-not-started', `${task.name}: Engine ${version} was not asked.`)]
      }
      const isOld = compareVersions(task.minimumEngine, version) > 0
      return isOld ? oldEngineFindings(task, version, result) : runFindings(task, version, result, policy)
    }),
    ...verdictDifferences(task, runs).map(({ message, input }) => say('gate/verdicts-differ', message, null, input)),
  ]
}

type Answered = Exclude<ExecutionResult, { kind: 'not-run' }>

/** Hosts with an older engine keep what they run because it says no: so it has to. */
function oldEngineFindings(
  { name, minimumEngine }: ExecutionTask,
  version: Version,
  result: Answered,
): readonly Finding[] {
  if (result.kind === 'failed') {
    if (result.code === TOO_OLD) return []
    if (SILENCE.has(result.code) || !isAnswer(result.code)) return [failureFinding(name, version, result, null)]
  }
  const did = result.kind === 'failed' ? `ended with ${result.code}` : 'took it'
  const message = `${name}: engine ${version} must refuse what needs ${minimumEngine}, and ${did}.`
  return [say('gate/old-engine-took-it', message)]
}

function runFindings(
  task: ExecutionTask,
  version: Version,
  result: Answered,
  policy: Pick<GatePolicy, 'fuelPerEventMax'>,
): readonly Finding[] {
  if (result.kind === 'failed') {
    return [failureFinding(task.name, version, result, eventAt(task, result.answered ?? -1))]
  }
  const { cases, corpora, ruleIds, correlationIds } = task
  const count = cases.length + corpora.reduce((sum, { events }) => sum + events.length, 0)
  const answers = Map.groupBy(result.verdicts, ({ caseIndex }) => caseIndex)
  const findings = [
    ...(result.engineVersion === version ? [] : [say('gate/wrong-engine', `It calls itself ${result.engineVersion}.`)]),
    ...strayFindings(count, [...ruleIds, ...correlationIds], result.verdicts),
    ...cases.flatMap((one, i) => caseFindings(one, answers.get(i) ?? [])),
    ...corpusFindings(task, answers),
    ...unexecutedFindings(cases, ruleIds, answers),
    ...fuelFindings(task, result.verdicts, policy.fuelPerEventMax),
  ]
  return findings.map((one) => ({ ...one, message: `${task.name}: Engine ${version}: ${one.message}` }))
}

/** The events of corpora have no verdict of their own to miss, but each has to be answered, once. */
function corpusFindings(
  { cases, corpora }: ExecutionTask,
  answers: ReadonlyMap<number, readonly CaseVerdict[]>,
): readonly Finding[] {
  let at = cases.length
  return corpora.flatMap(({ name, events }) => {
    const counts = events.map((_, i) => answers.get(at + i)?.length ?? 0)
    at += events.length
    const [without, twice] = [counts.filter((one) => one === 0).length, counts.filter((one) => one > 1).length]
    return [
      ...(without === 0 ? [] : [say('gate/no-answer', `${without} events of the ${name} corpus have no answer.`)]),
      ...(twice === 0 ? [] : [say('gate/two-answers', `${twice} events of the ${name} corpus have several answers.`)]),
    ]
  })
}

function fuelFindings(task: ExecutionTask, verdicts: readonly CaseVerdict[], fuelMax: number): readonly Finding[] {
  const over = verdicts
    .map(({ caseIndex, work }) => ({ caseIndex, fuel: work === undefined ? 0 : fuelOf(work) }))
    .filter(({ fuel }) => fuel > fuelMax)
    .toSorted((a, b) => b.fuel - a.fuel)
  const [worst] = over
  if (worst === undefined) return []
  const { name, input } = eventAt(task, worst.caseIndex) ?? { name: 'an event', input: null }
  const message = `${over.length} events take more than ${fuelMax} nodes and predicates, ${name} the most: ${worst.fuel}.`
  return [say('gate/over-fuel', message, null, input)]
}

/** Words of the engine or of its supervisor, not of the shell that starts them. */
function isAnswer(code: string): boolean {
  return code !== 'engine/not-started'
}

function failureFinding(
  task: string,
  version: Version,
  { code, message }: Extract<ExecutionResult, { kind: 'failed' }>,
  event: NamedEvent | null,
): Finding {
  const on = event === null ? '' : ` on ${event.name}`
  const told = `${task}: engine ${version}${on}: ${message} (${code})`
  return say(codeOfFailure(code), told, null, event?.input ?? null)
}

function codeOfFailure(code: string): ExecutionCode {
  if (SILENCE.has(code)) return 'gate/engine-silent'
  if (!isAnswer(code)) return 'gate/engine-not-started'
  if (code === 'engine/bad-reply') return 'gate/engine-lied'
  return code.startsWith('engine/') ? 'gate/engine-trapped' : 'gate/engine-refused'
}
