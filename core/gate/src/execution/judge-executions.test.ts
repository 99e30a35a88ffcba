import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { HostEvent } from '@firebreak/detect'
import { ruleId } from '../gate-fixture.ts'
import { EXECUTION_CODES, type ExecutionCode } from './codes.ts'
import type { EngineRun, ExecutionEvidence, ExecutionTask } from './evidence.ts'
import type { CaseVerdict, ExecutionCase, ExecutionResult } from './execution.ts'
import { judgeExecutions } from './judge-executions.ts'

const FUEL = { fuelPerEventMax: 10 }
const [ONE, TWO, COUNTED] = [ruleId(1), ruleId(2), ruleId(3)]

function event(command: string): HostEvent {
  return { category: 'process_creation', product: 'linux', timeMs: 0, fields: { CommandLine: command } }
}

function caseOf(rule: string, expect: ExecutionCase['expect'], name: string): ExecutionCase {
  return { ruleId: rule, expect, event: event(name), name, at: { file: 'tests/1.yml', line: 1, column: 1 } }
}

/** Two rules, each with an event that it must match and one that it must not, and two corpora of two events. */
const TASK: ExecutionTask = {
  name: 'tests',
  image: new Uint8Array(1),
  minimumEngine: '1.1.0',
  cases: [
    caseOf(ONE, 'match', 'one fires'),
    caseOf(ONE, 'ignore', 'one is silent'),
    caseOf(TWO, 'match', 'two fires'),
    caseOf(TWO, 'ignore', 'two is silent'),
  ],
  corpora: [
    { name: 'benign', events: [event('ls'), event('ls -l')] },
    { name: 'attack', events: [event('a longer event'), event('nc')] },
  ],
  ruleIds: [ONE, TWO],
  correlationIds: [COUNTED],
}
const FIRED: readonly (readonly string[])[] = [[ONE], [], [TWO, COUNTED], [], [], [], [ONE], [ONE, 'indicator/domain']]
const VERDICTS: readonly CaseVerdict[] = FIRED.map((firedRuleIds, caseIndex) => {
  return { caseIndex, firedRuleIds, work: { nodeVisits: 3, predicateEvaluations: 2 } }
})
const LAYERS = { active: ['landlock', 'seccomp'], missing: [] }

function run(version: string, result: ExecutionResult, sandbox: EngineRun['sandbox'] = LAYERS): EngineRun {
  return { engine: { version, digest: '0'.repeat(64) }, sandbox, result }
}

function ran(version: string, change: (verdicts: CaseVerdict[]) => readonly CaseVerdict[] = (same) => same): EngineRun {
  return run(version, { kind: 'ran', engineVersion: version, verdicts: change([...VERDICTS]) })
}

function failed(version: string, code: string, answered?: number): EngineRun {
  const more = answered === undefined ? {} : { answered }
  return run(version, { kind: 'failed', code, message: 'words of the engine', ...more })
}

function judge(runs: readonly EngineRun[], over: Partial<ExecutionEvidence> = {}, task: ExecutionTask = TASK) {
  return judgeExecutions({ tasks: [{ task, runs }], missing: [], ...over }, FUEL)
}

const without = (index: number) => (all: CaseVerdict[]) => all.filter(({ caseIndex }) => caseIndex !== index)
const fires =
  (index: number, ...firedRuleIds: readonly string[]) =>
  (all: CaseVerdict[]) => {
    return all.map((one) => (one.caseIndex === index ? { ...one, firedRuleIds } : one))
  }

test('all engines alike, as the tests say: pass, with what was done', () => {
  const check = judge([ran('1.1.0'), ran('1.2.0')])
  assert.deepEqual(check, {
    id: 'execution',
    verdict: 'pass',
    reason: 'Engine 1.1.0, 1.2.0 gave 16 answers about tests: each as it must be, all alike.',
    findings: [],
  })
})

const wrong: readonly (readonly [name: string, code: ExecutionCode, bad: EngineRun])[] = [
  ['a rule that does not fire', 'gate/missed', ran('1.2.0', fires(0))],
  ['a rule that fires', 'gate/false-positive', ran('1.2.0', fires(3, TWO))],
  ['an event without an answer', 'gate/no-answer', ran('1.2.0', without(1))],
  ['an event of a corpus without an answer', 'gate/no-answer', ran('1.2.0', without(5))],
  ['the last event without an answer', 'gate/no-answer', ran('1.2.0', without(7))],
  ['an answer twice', 'gate/two-answers', ran('1.2.0', (all) => [...all, ...all.slice(0, 1)])],
  ['an answer twice in a corpus', 'gate/two-answers', ran('1.2.0', (all) => [...all, ...all.slice(6)])],
  [
    'an answer to no event',
    'gate/unknown-case',
    ran('1.2.0', (all) => [...all, { ...VERDICTS[0], caseIndex: 8, firedRuleIds: [] }]),
  ],
  ['a rule of nobody', 'gate/unknown-rule', ran('1.2.0', fires(5, ruleId(9)))],
  ['another engine', 'gate/wrong-engine', run('1.2.0', { kind: 'ran', engineVersion: '1.1.0', verdicts: VERDICTS })],
  ['a refusal', 'gate/engine-refused', failed('1.2.0', 'detect/unsupplied-field')],
  ['a refusal by its verifier', 'gate/engine-refused', failed('1.2.0', 'content/image-header')],
  ['a refusal as too old by one that is not', 'gate/engine-refused', failed('1.2.0', 'detect/engine-too-old')],
  ['a death', 'gate/engine-trapped', failed('1.2.0', 'engine/died', 6)],
  ['words that are none', 'gate/engine-lied', failed('1.2.0', 'engine/bad-reply')],
  ['another verdict in a corpus', 'gate/verdicts-differ', ran('1.2.0', fires(7))],
  ['an indicator that one engine does not see', 'gate/verdicts-differ', ran('1.2.0', fires(7, ONE))],
]
for (const [name, code, bad] of wrong) {
  test(`fails, and says which engine: ${name}`, () => {
    const check = judge([ran('1.1.0'), bad, ran('1.3.0')])
    assert.equal(check.verdict, 'fail')
    const found = check.findings.find((one) => one.code === code)
    assert.ok(found, `${code} among ${check.findings.map((one) => one.code).join()}`)
    assert.match(found.message, /1\.2\.0/)
    assert.match(found.message, /^tests: /)
  })
}

test('an event that takes too much fails in each engine that tells, with the worst one', () => {
  const dear = (all: CaseVerdict[]) =>
    all.map((one) => ({ ...one, work: { nodeVisits: one.caseIndex, predicateEvaluations: one.caseIndex } }))
  const check = judge([ran('1.1.0'), ran('1.2.0', dear)])
  assert.equal(check.verdict, 'fail')
  const [found] = check.findings
  assert.equal(found?.code, 'gate/over-fuel')
  assert.match(
    found.message,
    /2 events take more than 10 nodes and predicates, event 2 of the attack corpus the most: 14/,
  )
  assert.equal(found.input, JSON.stringify(event('nc')))
  assert.equal(
    judge([ran('1.2.0', (all) => dear(all).slice(0, 6))]).findings.some(({ code }) => code === 'gate/over-fuel'),
    false,
    'ten is allowed',
  )
})

test('that engines do not tell the work is said once', () => {
  const silent = (all: CaseVerdict[]) => all.map(({ caseIndex, firedRuleIds }) => ({ caseIndex, firedRuleIds }))
  const { verdict, findings } = judge([ran('1.2.0', silent), ran('1.1.0', silent), ran('1.3.0')])
  assert.deepEqual([verdict, findings.length, findings[0]?.severity], ['pass', 1, 'note'])
  assert.equal(findings[0]?.message, 'Engine 1.1.0, 1.2.0 does not tell what an event takes.')
})

test('what is not known is no pass: no build, no answer in time, no process, no sandbox', () => {
  const missing = [{ version: '1.0.0', reason: 'its digest is another' }]
  const rows: readonly (readonly [
    code: ExecutionCode,
    runs: readonly EngineRun[],
    over?: Partial<ExecutionEvidence>,
  ])[] = [
    ['gate/engine-missing', [ran('1.2.0')], { missing }],
    ['gate/engine-missing', []],
    ['gate/engine-silent', [ran('1.1.0'), failed('1.2.0', 'engine/no-answer')]],
    ['gate/engine-silent', [failed('1.2.0', 'engine/load-timeout')]],
    ['gate/engine-not-started', [failed('1.2.0', 'engine/not-started')]],
    ['gate/engine-not-started', [run('1.2.0', { kind: 'not-run' })]],
    ['gate/no-sandbox', [{ ...ran('1.2.0'), sandbox: { active: [], missing: ['seccomp'] } }]],
    ['gate/no-sandbox', [{ ...ran('1.2.0'), sandbox: null }]],
  ]
  for (const [code, runs, over] of rows) {
    const check = judge(runs, over)
    assert.deepEqual([check.verdict, check.findings.map((one) => one.code)], ['inconclusive', [code]], code)
  }
  assert.equal(judgeExecutions({ tasks: [], missing: [] }, FUEL).verdict, 'not-run')
})

test('what is known to be wrong outweighs what is not known', () => {
  const check = judge([failed('1.1.0', 'engine/no-answer'), failed('1.2.0', 'engine/died', 0)])
  assert.equal(check.verdict, 'fail')
  assert.match(check.reason, /2 findings, the first: tests: engine 1\.2\.0 on one fires: words of the engine/)
})

test('a weaker sandbox than elsewhere is a note', () => {
  const check = judge([{ ...ran('1.2.0'), sandbox: { active: ['seccomp'], missing: ['landlock'] } }])
  assert.deepEqual([check.verdict, check.findings[0]?.code], ['pass', 'gate/weak-sandbox'])
})

test('an engine that the pack is too new for has to say so', () => {
  assert.equal(judge([failed('1.0.0', 'detect/engine-too-old'), ran('1.1.0')]).verdict, 'pass')
  const rows: readonly (readonly [run: EngineRun, verdict: string, code: ExecutionCode])[] = [
    [ran('1.0.0', () => []), 'fail', 'gate/old-engine-took-it'],
    [failed('1.0.0', 'content/image-header'), 'fail', 'gate/old-engine-took-it'],
    [failed('1.0.0', 'engine/died', 0), 'fail', 'gate/old-engine-took-it'],
    [failed('1.0.0', 'engine/load-timeout'), 'inconclusive', 'gate/engine-silent'],
    [failed('1.0.0', 'engine/not-started'), 'inconclusive', 'gate/engine-not-started'],
  ]
  for (const [old, verdict, code] of rows) {
    const check = judge([old, ran('1.1.0')])
    assert.deepEqual([check.verdict, check.findings.map((one) => one.code)], [verdict, [code]])
  }
})

test('a death shows the event that it was of', () => {
  const [found] = judge([failed('1.2.0', 'engine/died', 6)]).findings
  assert.match(
    found?.message ?? '',
    /engine 1\.2\.0 on event 1 of the attack corpus: words of the engine \(engine\/died\)/,
  )
  assert.equal(found?.input, JSON.stringify(event('a longer event')))
  const [loading] = judge([failed('1.2.0', 'engine/died')]).findings
  assert.deepEqual([loading?.code, loading?.input], ['gate/engine-trapped', null])
})

test('of verdicts that differ, one finding for each rule and engine, with the smallest event', () => {
  const check = judge([ran('1.1.0', (all) => fires(7)([...fires(6)(all)])), ran('1.2.0'), ran('1.3.0')])
  assert.deepEqual(
    check.findings.map(({ code, message, input }) => [code, message, input]),
    [
      [
        'gate/verdicts-differ',
        `tests: engines 1.1.0 and 1.3.0 differ about rule ${ONE} on 2 events, such as event 2 of the attack corpus.`,
        JSON.stringify(event('nc')),
      ],
      [
        'gate/verdicts-differ',
        'tests: engines 1.1.0 and 1.3.0 differ about rule indicator/domain on one event, such as event 2 of the attack corpus.',
        JSON.stringify(event('nc')),
      ],
    ],
  )
})

test('correlations may fire in one engine and not in another: they count over many events', () => {
  assert.equal(judge([ran('1.1.0', fires(2, TWO)), ran('1.2.0')]).verdict, 'pass')
})

test('every rule of the image has to be executed', () => {
  const check = judge([ran('1.2.0')], {}, { ...TASK, ruleIds: [...TASK.ruleIds, ruleId(4)] })
  assert.deepEqual(
    check.findings.map(({ code }) => code),
    ['gate/rule-not-executed'],
  )
})

test('every code has a reason, and notes decide nothing', () => {
  for (const { reason } of Object.values(EXECUTION_CODES)) assert.match(reason, /^[A-Z].*\.$/)
})

test('what both engines say of an event that is none differs without an event to show', () => {
  const more = (firedRuleIds: readonly string[]) => (all: CaseVerdict[]) => [...all, { caseIndex: 8, firedRuleIds }]
  const { findings } = judge([ran('1.1.0', more([ONE])), ran('1.2.0', more([]))])
  const [found] = findings.filter(({ code }) => code === 'gate/verdicts-differ')
  assert.equal(found?.message, `tests: engines 1.1.0 and 1.2.0 differ about rule ${ONE} on one event.`)
  assert.equal(found.input, null)
})

test('the newest engine is the one that others are held against, in whatever order they ran', () => {
  const [found] = judge([ran('1.10.0'), ran('1.2.0'), ran('1.9.0', fires(7))]).findings
  assert.match(found?.message ?? '', /engines 1\.9\.0 and 1\.10\.0 differ/)
})

test('one engine that is missing is said once, with its reason, and is the reason of the check', () => {
  const missing = [{ version: '1.0.0', reason: 'its digest is another' }]
  const { reason, findings } = judge([], { missing })
  assert.equal(reason, 'Engine none gave 0 answers about tests: There is no engine 1.0.0: its digest is another')
  assert.equal(findings.length, 1)
})

test('one task without an engine is no pass, whatever the others say', () => {
  const tasks = [
    { task: TASK, runs: [ran('1.2.0')] },
    { task: { ...TASK, name: 'field sweep' }, runs: [] },
  ]
  const { verdict, reason } = judgeExecutions({ tasks, missing: [] }, FUEL)
  assert.equal(verdict, 'inconclusive')
  assert.equal(reason, 'Engine 1.2.0 gave 8 answers about tests and field sweep: The policy names no engine.')
})

test('what an engine lacks of the sandbox is said once for all that it ran, and of each engine', () => {
  const weak = (version: string) => ({
    ...ran(version),
    sandbox: { active: ['seccomp'], missing: ['landlock', 'uts'] },
  })
  const tasks = ['tests', 'field sweep'].map((name) => {
    return { task: { ...TASK, name }, runs: [weak('1.1.0'), weak('1.2.0')] }
  })
  assert.deepEqual(
    judgeExecutions({ tasks, missing: [] }, FUEL).findings.map(({ message }) => message),
    ['Engine 1.1.0 ran without landlock, uts.', 'Engine 1.2.0 ran without landlock, uts.'],
  )
})

test('an engine that did not run had no sandbox to lack', () => {
  const { findings } = judge([{ ...failed('1.2.0', 'engine/no-answer'), sandbox: null }])
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['gate/engine-silent'],
  )
})

test('what an older engine did instead of refusing is said; one that was not asked did nothing', () => {
  const rows: readonly (readonly [run: EngineRun, message: string])[] = [
    [ran('1.0.0', () => []), 'tests: engine 1.0.0 must refuse what needs 1.1.0, and took it.'],
    [failed('1.0.0', 'engine/died'), 'tests: engine 1.0.0 must refuse what needs 1.1.0, and ended with engine/died.'],
    [run('1.0.0', { kind: 'not-run' }), 'tests: Engine 1.0.0 was not asked.'],
  ]
  for (const [old, message] of rows) {
    assert.deepEqual(
      judge([old, ran('1.1.0')]).findings.map((one) => one.message),
      [message],
    )
  }
})

test('an event is none unless it is a whole number from 0 on', () => {
  for (const caseIndex of [-1, 0.5, 8, Number.NaN]) {
    const { findings } = judge([ran('1.2.0', (all) => [...all, { caseIndex, firedRuleIds: [] }])])
    assert.ok(
      findings.some(({ code }) => code === 'gate/unknown-case'),
      String(caseIndex),
    )
  }
})

test('a rule of whose events none was answered was not executed', () => {
  const { findings } = judge([ran('1.2.0', (all) => all.filter(({ caseIndex }) => caseIndex !== 2 && caseIndex !== 3))])
  assert.deepEqual(
    findings.map(({ code }) => code),
    ['gate/no-answer', 'gate/no-answer', 'gate/rule-not-executed'],
  )
})

test('an answer about an event that is none, and dear, has no event to show', () => {
  const work = { nodeVisits: 6, predicateEvaluations: 5 }
  const { findings } = judge([ran('1.2.0', (all) => [...all, { caseIndex: 8, firedRuleIds: [], work }])])
  const [found] = findings.filter(({ code }) => code === 'gate/over-fuel')
  assert.match(found?.message ?? '', /1 events take more than 10 nodes and predicates, an event the most: 11\./)
  assert.equal(found?.input, null)
})
