import type { Random } from '@firebreak/fuzz'
import type { EngineRun, ExecutionEvidence, ExecutionTask } from '../../execution/evidence.ts'
import type { CaseVerdict, ExecutionCase, ExecutionResult } from '../../execution/execution.ts'
import type { Aim } from '../control.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'
import { alterSome, faultIn, type JudgedFault } from './evidence-fault.ts'

type Ran = Extract<ExecutionResult, { kind: 'ran' }>
type Pair = ExecutionEvidence['tasks'][number]

type Alter = (evidence: ExecutionEvidence, random: Random, judged: JudgedEvidence) => ExecutionEvidence

function fault(
  id: string,
  code: string,
  what: string,
  alter: Alter,
  verdict: NonNullable<Aim['verdict']> = 'fail',
): JudgedFault {
  return faultIn('execution', id, { check: 'execution', code, verdict }, what, alter)
}

/** A change of what one engine made of one task, whichever the random number chooses of those that fit. */
function inResult(
  edit: (result: Ran, task: ExecutionTask, random: Random, judged: JudgedEvidence) => ExecutionResult,
  fits: (task: ExecutionTask) => boolean = () => true,
): Alter {
  return (evidence, random, judged) => {
    const alter = ({ task, runs }: Pair): Pair => {
      const edited = (run: EngineRun): EngineRun =>
        isRan(run) ? { ...run, result: edit(run.result, task, random, judged) } : run
      return { task, runs: alterSome(runs, random, edited, isRan) }
    }
    const tasks = alterSome(evidence.tasks, random, alter, ({ task, runs }) => fits(task) && runs.some(isRan))
    return { ...evidence, tasks }
  }
}

function isRan(run: EngineRun): run is EngineRun & { readonly result: Ran } {
  return run.result.kind === 'ran'
}

/** A change of the answer to some case of the task that has to match, or has to be ignored. */
function inAnswer(
  expect: ExecutionCase['expect'],
  edit: (answer: CaseVerdict, asked: ExecutionCase, judged: JudgedEvidence) => readonly CaseVerdict[],
): Alter {
  const places = ({ cases }: ExecutionTask): readonly (readonly [index: number, asked: ExecutionCase])[] =>
    [...cases.entries()].filter(([, one]) => one.expect === expect)
  return inResult(
    (result, task, random, judged) => {
      const [chosen, asked] = random.pick(places(task))
      const verdicts = result.verdicts.flatMap((one) => (one.caseIndex === chosen ? edit(one, asked, judged) : [one]))
      return { ...result, verdicts }
    },
    (task) => places(task).length > 0,
  )
}

function ended(code: string, message: string): Alter {
  return inResult((): ExecutionResult => ({ kind: 'failed', code, message }))
}

/** Every run of a task by engines that its image is too new for: they took it all the same. */
function tooOld(evidence: ExecutionEvidence, random: Random): ExecutionEvidence {
  const alter = ({ task, runs }: Pair): Pair => ({ task: { ...task, minimumEngine: '99.0.0' }, runs })
  return { ...evidence, tasks: alterSome(evidence.tasks, random, alter, ({ runs }) => runs.some(isRan)) }
}

/** A second engine, which looks up an indicator more than the first one did. */
function disagreement(evidence: ExecutionEvidence, random: Random): ExecutionEvidence {
  const alter = ({ task, runs }: Pair): Pair => {
    const run = runs.find(isRan)
    if (run === undefined) return { task, runs }
    const at = random.below(run.result.verdicts.length)
    const verdicts = run.result.verdicts.map((one, i) =>
      i === at ? { ...one, firedRuleIds: [...one.firedRuleIds, 'indicator/self-test'] } : one,
    )
    const version = '0.0.1'
    const other = {
      ...run,
      engine: { ...run.engine, version },
      result: { ...run.result, engineVersion: version, verdicts },
    }
    return { task: { ...task, minimumEngine: '0.0.0' }, runs: [...runs, other] }
  }
  return { ...evidence, tasks: alterSome(evidence.tasks, random, alter, ({ runs }) => runs.some(isRan)) }
}

function unconfined({ tasks, ...rest }: ExecutionEvidence): ExecutionEvidence {
  const runs = (all: readonly EngineRun[]): readonly EngineRun[] =>
    all.map((run) => ({ ...run, sandbox: { active: [], missing: ['everything'] } }))
  return { ...rest, tasks: tasks.map((one) => ({ ...one, runs: runs(one.runs) })) }
}

const ANSWERS: readonly JudgedFault[] = [
  fault(
    'rule-does-not-fire',
    'gate/missed',
    'An engine does not fire a rule that must fire.',
    inAnswer('match', (answer, { ruleId }) => [
      { ...answer, firedRuleIds: answer.firedRuleIds.filter((one) => one !== ruleId) },
    ]),
  ),
  fault(
    'rule-fires-wrongly',
    'gate/false-positive',
    'An engine fires a rule that must not fire.',
    inAnswer('ignore', (answer, { ruleId }) => [{ ...answer, firedRuleIds: [...answer.firedRuleIds, ruleId] }]),
  ),
  fault(
    'event-not-answered',
    'gate/no-answer',
    'An engine leaves out an event.',
    inAnswer('ignore', () => []),
  ),
  fault(
    'event-answered-twice',
    'gate/two-answers',
    'An engine answers an event twice.',
    inAnswer('match', (answer) => [answer, answer]),
  ),
  fault(
    'stray-answer',
    'gate/unknown-case',
    'An engine answers an event that nobody asked about.',
    inResult((result) => ({ ...result, verdicts: [...result.verdicts, { caseIndex: 1_000_000, firedRuleIds: [] }] })),
  ),
  fault(
    'foreign-rule-fires',
    'gate/unknown-rule',
    'A rule fires that the image does not have: it was another image.',
    inAnswer('match', (answer) => [{ ...answer, firedRuleIds: [...answer.firedRuleIds, 'of-another-image'] }]),
  ),
  fault('rule-not-run', 'gate/rule-not-executed', 'No event was about one of the rules.', (evidence, random) => ({
    ...evidence,
    tasks: alterSome(evidence.tasks, random, ({ task, runs }) => {
      return { task: { ...task, ruleIds: [...task.ruleIds, 'never-asked-about'] }, runs }
    }),
  })),
  fault(
    'too-much-work',
    'gate/over-fuel',
    'One event takes more work than the policy allows.',
    inAnswer('match', (answer, _, { policy }) => [
      { ...answer, work: { nodeVisits: policy.fuelPerEventMax, predicateEvaluations: 1 } },
    ]),
  ),
]

const ENGINES: readonly JudgedFault[] = [
  fault(
    'another-engine-answers',
    'gate/wrong-engine',
    'Another engine answered than the one that was asked.',
    inResult((result) => ({ ...result, engineVersion: '0.0.1' })),
  ),
  fault(
    'engine-refuses',
    'gate/engine-refused',
    'An engine refuses the image that the verifier of the gate accepts.',
    ended('content/image-program', 'Cannot accept image'),
  ),
  fault('engine-traps', 'gate/engine-trapped', 'An engine ends on an event.', ended('engine/died', 'It ended.')),
  fault(
    'engine-talks-nonsense',
    'gate/engine-lied',
    'An engine answers what is no answer.',
    ended('engine/bad-reply', 'It answered nonsense.'),
  ),
  fault('too-old-engine-takes-it', 'gate/old-engine-took-it', 'An engine takes what it is too old for.', tooOld),
  fault('engines-disagree', 'gate/verdicts-differ', 'Two engines judge one event differently.', disagreement),
  fault(
    'engine-missing',
    'gate/engine-missing',
    'There is no build of an engine that hosts have.',
    (evidence) => ({ ...evidence, missing: [{ version: '1.0.0', reason: 'Its archive is not there.' }] }),
    'inconclusive',
  ),
  fault(
    'engine-silent',
    'gate/engine-silent',
    'An engine does not answer in time.',
    ended('engine/no-answer', 'No answer in time.'),
    'inconclusive',
  ),
  fault(
    'engine-not-started',
    'gate/engine-not-started',
    'This machine can not start an engine.',
    inResult(() => ({ kind: 'not-run' })),
    'inconclusive',
  ),
  fault('nobody-asked', '', 'No engine was asked anything.', (evidence) => ({ ...evidence, tasks: [] }), 'not-run'),
  fault('engine-unconfined', 'gate/no-sandbox', 'Engines ran without a sandbox.', unconfined, 'inconclusive'),
]

/** `execution`: what the engines of the fleet made of the candidate. */
export const EXECUTION_OPERATORS: readonly JudgedFault[] = [...ANSWERS, ...ENGINES]
