import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, parsePack } from '@firebreak/content'
import { type ExecutionTask } from '../execution/evidence.ts'
import { goodSource, rule, ruleTest, sourceOf } from '../gate-fixture.ts'
import { judgeEvidence } from '../judge-evidence.ts'
import type { SourceContext } from '../judge-source.ts'
import { openGateReport } from '../report/statement.ts'
import { CONTROL_PACK, withCompanions } from './companions.ts'
import type { Subject } from './control.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { CONTROL_SIGNER } from './operators/report.ts'
import { SELF_TEST_THAT_PASSED } from './operators/self-test.ts'
import { gatePipeline } from './pipeline.ts'
import { COMPLETE } from './run.ts'
import { subjectsOf } from './self-test.ts'

const CONTEXT: SourceContext = { engines: [THIS_ENGINE], inputs: [] }
const KEYS = [CONTROL_SIGNER.publicKey]

/** What refuses a subject, of all that judges it. */
function refusals({ pipeline, source, pack, compiled, evidence, report }: Subject<JudgedEvidence>): readonly string[] {
  const checks = [
    ...pipeline.judgeSource(source, COMPLETE),
    ...pipeline.judgePack(pack, COMPLETE),
    ...pipeline.judgeImage(compiled, COMPLETE),
    ...pipeline.judgeEvidence(evidence, COMPLETE),
  ]
  const refused = checks.filter(({ verdict }) => verdict !== 'pass').map(({ id, verdict }) => `${id} ${verdict}`)
  return [...refused, ...[pipeline.refuseReport(report, COMPLETE)].filter((one) => one !== null)]
}

test('the control pack passes all that judges it, whatever engines the fleet has', () => {
  for (const context of [CONTEXT, { engines: [], inputs: [] }]) {
    const { control, candidate } = subjectsOf(null, context, 1)
    assert.equal(candidate, null)
    assert.equal(control.source, CONTROL_PACK)
    assert.deepEqual(refusals(control), [])
  }
})

test('a candidate is judged as it is, with one of everything, against its own engines', () => {
  const { candidate } = subjectsOf({ source: goodSource(), evidence: null }, CONTEXT, 1)
  assert.ok(candidate)
  assert.deepEqual(candidate.source, withCompanions({ ...goodSource(), yara: [] }))
  assert.deepEqual(refusals(candidate), [])
  assert.ok(candidate.compiled.rules.some(({ logsource }) => logsource.product === 'windows'))
  assert.equal(candidate.pack.rules.length + 1, candidate.compiled.rules.length)
  const { pack, version, imageDigest, costBound } = openGateReport(candidate.report, KEYS)
  const { digest, costBound: declared } = compilePack(candidate.pack)
  assert.deepEqual([pack, version, imageDigest, costBound], ['fixture', '1.2.3', digest, declared])
  const foreign = subjectsOf({ source: goodSource(), evidence: null }, { engines: [], inputs: [] }, 1)
  assert.ok(foreign.candidate)
  assert.deepEqual(refusals(foreign.candidate), ['contract inconclusive'])
})

test('a candidate that does not compile is none, and a bug is no such candidate', () => {
  const unreadable = sourceOf([{ title: 'No detection' }], [])
  assert.equal(subjectsOf({ source: unreadable, evidence: null }, CONTEXT, 1).candidate, null)
  const bug = { ...goodSource(), manifest: { kind: 'scalar' } } as unknown as ReturnType<typeof goodSource>
  const broken = { ...bug, rules: [{ file: 'r.yml', nodes: [null] }] } as unknown as typeof bug
  assert.throws(() => subjectsOf({ source: broken, evidence: null }, CONTEXT, 1), TypeError)
  const evidence = {} as unknown as JudgedEvidence
  assert.throws(() => subjectsOf({ source: goodSource(), evidence }, CONTEXT, 1), TypeError)
})

test('what was gathered about a candidate is judged, shortened, and with cases of the control pack where it has none', () => {
  const source = goodSource()
  const pack = parsePack(source)
  const { selfTest: _, ...gathered } = controlEvidence(pack, compilePack(pack))
  const tasksOf = (tasks: JudgedEvidence['execution']['tasks']): readonly ExecutionTask[] => {
    const evidence = { ...gathered, execution: { ...gathered.execution, tasks } }
    const { candidate } = subjectsOf({ source, evidence }, CONTEXT, 1)
    assert.ok(candidate)
    assert.equal(candidate.evidence.selfTest, SELF_TEST_THAT_PASSED)
    assert.equal(candidate.evidence.fuzz, gathered.fuzz)
    assert.deepEqual(candidate.evidence.execution.missing, [])
    return candidate.evidence.execution.tasks.map(({ task }) => task)
  }
  const [own] = gathered.execution.tasks
  assert.ok(own)
  const caseless = { ...own, task: { ...own.task, name: 'field sweep', cases: [] } }
  assert.deepEqual(tasksOf([own]), [own.task])
  assert.deepEqual(tasksOf([caseless, own]), [caseless.task, own.task])
  const [first, control] = tasksOf([caseless])
  assert.deepEqual(first, caseless.task)
  assert.deepEqual(
    control?.cases.map(({ ruleId }) => ruleId),
    subjectsOf(null, CONTEXT, 1).control.evidence.execution.tasks[0]?.task.cases.map(({ ruleId }) => ruleId),
  )
  const events = Array.from({ length: 101 }, () => ({ category: 'c', product: 'linux', timeMs: 0, fields: {} }))
  const [long] = tasksOf([{ ...own, task: { ...own.task, corpora: [{ name: 'benign', events }] } }])
  assert.equal(long?.corpora[0]?.events.length, 100)
})

test('the evidence that is made up is what a gate finds of a good pack', () => {
  const pack = parsePack(CONTROL_PACK)
  const evidence = controlEvidence(pack, compilePack(pack))
  assert.deepEqual(
    judgeEvidence(evidence).map(({ id, verdict, findings }) => [id, verdict, findings.map(({ code }) => code)]),
    [
      ['execution', 'pass', []],
      ['replay', 'pass', ['gate/corpus-small']],
      ['cost', 'pass', ['gate/cost-regexes']],
      ['fuzz', 'pass', []],
      ['self-test', 'pass', []],
    ],
  )
  const { execution, replay, cost, fuzz, engines, inputs } = evidence
  assert.deepEqual([engines, inputs, execution.missing], [[THIS_ENGINE], [], []])
  const [asked] = execution.tasks
  assert.deepEqual(
    asked?.task.ruleIds,
    pack.rules.map(({ id }) => id),
  )
  assert.deepEqual(
    asked.task.correlationIds,
    pack.correlations.map(({ id }) => id),
  )
  assert.deepEqual([asked.task.corpora, asked.runs[0]?.sandbox], [[], { active: ['made up'], missing: [] }])
  const result = asked.runs[0]?.result
  assert.ok(result?.kind === 'ran')
  assert.ok(result.verdicts.every(({ work }) => work?.nodeVisits === 1 && work.predicateEvaluations === 1))
  assert.deepEqual([cost?.events, cost?.candidate.fuel, cost?.pairs.length], [1_000, 10_000, 12])
  const [quiet] = replay.replays
  const { corpus } = quiet ?? {}
  assert.deepEqual(
    corpus?.techniques,
    corpus?.events.map(() => []),
  )
  assert.deepEqual(
    [corpus?.events.length, corpus?.events[999]?.fields],
    [1_000, { Image: '/usr/bin/ls', CommandLine: 'ls' }],
  )
  assert.ok(quiet?.result.kind === 'ran')
  assert.deepEqual(quiet.result.verdicts[999], { caseIndex: 999, firedRuleIds: [] })
  const [target] = fuzz.targets
  assert.deepEqual([target?.findings, target?.progress], [[], []])
  assert.deepEqual(fuzz.canaries[4], {
    canary: 'canary-4',
    target: 'manifest',
    what: 'Made up.',
    found: 'undeclared-error',
    executions: 1,
    fault: null,
  })
})

test('each level of the gate leaves out what it is told to, and no more', () => {
  const pipeline = gatePipeline({ ...CONTEXT, keys: KEYS })
  const { control } = subjectsOf(null, CONTEXT, 1)
  const untested = sourceOf([rule(1, { Image: 'x' })], [])
  const said = (codes: readonly { readonly verdict: string }[]): string => codes.map((one) => one.verdict).join(' ')
  assert.equal(said(pipeline.judgeSource(untested, COMPLETE)), 'pass pass pass fail pass')
  assert.equal(said(pipeline.judgeSource(untested, new Set(['gate/untested-rule']))), 'pass pass pass pass pass')
  const wrong = parsePack(sourceOf([rule(1, { Image: 'x' })], [ruleTest(1, [{ Image: 'y' }], [{ Image: 'z' }])]))
  assert.equal(said(pipeline.judgePack(wrong, COMPLETE)), 'fail')
  assert.equal(said(pipeline.judgePack(wrong, new Set(['gate/missed']))), 'pass')
  const other = { ...control.compiled, digest: '0'.repeat(64) }
  assert.equal(said(pipeline.judgeImage(other, COMPLETE)), 'fail')
  assert.equal(said(pipeline.judgeImage(other, new Set(['gate/image-mismatch']))), 'pass')
  const bare = { ...control.evidence, cost: null }
  assert.equal(said(pipeline.judgeEvidence(bare, COMPLETE)), 'pass pass pass inconclusive pass pass')
  assert.equal(said(pipeline.judgeEvidence(bare, new Set(['cost']))), 'pass pass pass pass pass pass')
  const refused = (omit: readonly string[]) => pipeline.refuseReport(new Uint8Array(3), new Set(omit))
  assert.equal(pipeline.refuseReport(control.report, COMPLETE), null)
  assert.deepEqual([[], ['report'], ['gate/report-malformed'], ['gate/report-verdict']].map(refused), [
    'gate/report-malformed',
    null,
    null,
    'gate/report-malformed',
  ])
  const bug = null as unknown as Uint8Array
  assert.throws(() => pipeline.refuseReport(bug, COMPLETE), TypeError)
})
