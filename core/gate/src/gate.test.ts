import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { PackSource } from '@firebreak/content'
import { type CompiledPack, compilePack, parsePack } from '@firebreak/content'
import { DetectError, ENGINE_CONTRACT } from '@firebreak/detect'
import * as fc from 'fast-check'
import { checkTests } from './tests/check-tests.ts'
import { CHECK_IDS, CHECK_VERDICTS, type CheckResult, decideVerdict, finding, FINDINGS_MAX } from './check/check.ts'
import type { CaseVerdict, ExecutionResult } from './execution/execution.ts'
import {
  CONTEXT,
  correlatedSource,
  gate,
  goodSource,
  MANIFEST,
  type PlainMap,
  rule,
  ruleId,
  ruleTest,
  runInEngine,
  sourceOf,
} from './gate-fixture.ts'
import { judgeGate } from './judge.ts'
import { prepareGate, verifyCompiled } from './prepare.ts'
import { encodeGateReport, type GateReport, parseGateReport } from './report/report.ts'

function verdicts(report: GateReport): readonly string[] {
  return report.checks.map(({ id, verdict }) => `${id} ${verdict}`)
}

function checkOf(report: { readonly checks: readonly CheckResult[] }, id: string): CheckResult {
  const found = report.checks.find((one) => one.id === id)
  assert.ok(found, `no check ${id}`)
  return found
}

function codes(check: CheckResult): readonly string[] {
  return check.findings.map(({ code }) => code)
}

const EVENTS = [{ Image: '/bin/nc' }]
const OTHERS = [{ Image: '/bin/cat' }]
const NC = rule(1, { 'Image|endswith': '/nc' })

test('a good pack passes every check', () => {
  const report = gate(goodSource())
  assert.deepEqual(
    verdicts(report),
    CHECK_IDS.map((id) => `${id} pass`),
  )
  assert.equal(report.verdict, 'pass')
  assert.equal(report.imageDigest, compilePack(parsePack(goodSource())).digest)
  assert.deepEqual([report.pack, report.version, report.category], ['fixture', '1.2.3', 'behavioural'])
  assert.deepEqual([report.rules, report.cases], [2, 6])
})

test('a pack of indicators only passes when an engine has loaded it, and not before', () => {
  const source = {
    ...sourceOf([], []),
    indicators: [{ file: 'a.csv', text: 'type,value,description\nip,192.0.2.1,\n' }],
  }
  const prepared = prepareGate(source, ENGINE_CONTRACT)
  assert.equal(judgeGate(prepared, runInEngine(prepared), CONTEXT).verdict, 'pass')
  assert.equal(judgeGate(prepared, { kind: 'not-run' }, CONTEXT).verdict, 'fail')
})

test('July 2024: a rule needs a 21st field, the engine supplies 20', () => {
  assert.ok(ENGINE_CONTRACT.fields !== 'any')
  const supplied = ENGINE_CONTRACT.fields.find(({ category }) => category === 'process_creation')
  const twenty = { category: 'process_creation', fields: supplied?.fields.slice(0, 20) ?? [] }
  assert.equal(twenty.fields.length, 20)
  const july = { ...ENGINE_CONTRACT, fields: [twenty] }
  const field = 'TwentyFirst'
  const source = sourceOf(
    [rule(1, { 'Image|endswith': '/nc', [field]: 'x' })],
    [ruleTest(1, [{ Image: '/bin/nc', [field]: 'x' }], [{ Image: '/bin/nc', [field]: 'y' }])],
  )
  const prepared = prepareGate(source, july)
  const contract = checkOf(prepared, 'contract')
  assert.equal(contract.verdict, 'fail')
  assert.deepEqual(codes(contract), ['detect/unsupplied-field'])
  assert.match(contract.findings[0]?.message ?? '', /TwentyFirst.* one of the 20/)
  assert.match(contract.reason, /TwentyFirst/)
  assert.throws(() => runInEngine(prepared, july), DetectError)
  // An engine that claims to have run it, as the interpreter of 2024 did until it crashed, changes nothing.
  const generous = { ...ENGINE_CONTRACT, fields: [{ category: 'process_creation', fields: ['Image', field] }] }
  const report = judgeGate(prepared, runInEngine(prepared, generous), CONTEXT)
  assert.equal(checkOf(report, 'execution').verdict, 'pass')
  assert.equal(report.verdict, 'fail')
})

const ofSource = (logsource: PlainMap): PackSource =>
  sourceOf([rule(1, { 'Image|endswith': '/nc' }, logsource)], [ruleTest(1, EVENTS, OTHERS)])

const NOT_A_RULE = { title: 'No detection', id: ruleId(9) }

/** Name, source, what every check says (p, f, n for not-run), finding of the first failed check, its message. */
const bad: readonly (readonly [name: string, source: PackSource, checks: string, code: string, message: RegExp])[] = [
  ['a rule without detection', sourceOf([NC, NOT_A_RULE], []), 'fnnnnn', 'content/schema', /logsource|detection/],
  ['no manifest', { ...goodSource(), manifest: null }, 'pfnpnn', 'content/schema', /manifest/],
  ['a test of no rule', sourceOf([NC], [ruleTest(7, EVENTS, OTHERS)]), 'fnnnnn', 'content/schema', /000000000007/],
  [
    'a newer engine needed',
    sourceOf([NC], [ruleTest(1, EVENTS, OTHERS)], { ...MANIFEST, minimumEngine: '9.0.0' }),
    'ppppfn',
    'detect/engine-too-old',
    /9\.0\.0/,
  ],
  [
    'a rule about Windows, which no sensor of the engine watches',
    ofSource({ category: 'process_creation', product: 'windows' }),
    'ppppfn',
    'detect/unsupplied-source',
    /process_creation.*windows|windows.*process_creation/,
  ],
  [
    'a rule about a service, which no sensor of the engine reads',
    ofSource({ product: 'linux', service: 'auditd' }),
    'ppppfn',
    'detect/unsupplied-source',
    /auditd/,
  ],
  ['an untested rule', sourceOf([NC], []), 'pppfpf', 'gate/untested-rule', /Rule 1.* has no test/],
  [
    'nothing to match',
    sourceOf([NC], [ruleTest(1, [], OTHERS)]),
    'pppfpp',
    'gate/untested-rule',
    /Rule 1.*no event that it must match/,
  ],
  [
    'nothing to ignore',
    sourceOf([NC], [ruleTest(1, EVENTS, [])]),
    'pppfpp',
    'gate/untested-rule',
    /Rule 1.*no event that it must ignore/,
  ],
  [
    'a match event that does not match',
    sourceOf([NC], [ruleTest(1, OTHERS, [{ Image: '/x' }])]),
    'pppppf',
    'gate/missed',
    /Rule 1: match event 1/,
  ],
  [
    'an ignore event that matches',
    sourceOf([NC], [ruleTest(1, EVENTS, EVENTS)]),
    'pppppf',
    'gate/false-positive',
    /Rule 1: ignore event 1/,
  ],
]

for (const [name, source, expected, code, message] of bad) {
  test(`refuses ${name}`, () => {
    const prepared = prepareGate(source, ENGINE_CONTRACT)
    const runs = checkOf(prepared, 'contract').verdict === 'pass'
    const report = judgeGate(prepared, runs ? runInEngine(prepared) : { kind: 'not-run' }, CONTEXT)
    assert.equal(report.checks.map(({ verdict }) => verdict.charAt(0)).join(''), expected)
    assert.equal(report.verdict, 'fail')
    const first = report.checks.find(({ verdict }) => verdict === 'fail')?.findings[0]
    assert.equal(first?.code, code)
    assert.match(first?.message ?? '', message)
  })
}

test('names the file of an untested rule and of a wrong event', () => {
  assert.equal(checkOf(gate(sourceOf([NC], [])), 'tests').findings[0]?.at?.file, 'rules/0.yml')
  const wrong = gate(sourceOf([NC], [ruleTest(1, OTHERS, OTHERS)]))
  assert.equal(checkOf(wrong, 'execution').findings[0]?.at?.file, 'tests/0.yml')
})

test('a test whose rule the pack lost is found by the check of tests itself', () => {
  const { rules, tests } = parsePack(goodSource())
  assert.deepEqual(codes(checkTests({ rules: rules.slice(1), tests })), ['gate/unknown-rule'])
})

const compiled = compilePack(parsePack(goodSource()))
const tampered: readonly (readonly [name: string, change: Partial<CompiledPack>, code: string])[] = [
  ['no bytes', { image: new Uint8Array(0) }, 'content/image-truncated'],
  ['a prefix', { image: compiled.image.slice(0, -4) }, 'content/image-truncated'],
  ['another digest', { digest: '0'.repeat(64) }, 'gate/image-mismatch'],
  ['another version', { manifest: { ...compiled.manifest, version: '1.2.4' } }, 'gate/image-mismatch'],
  ['a rule less', { rules: compiled.rules.slice(1) }, 'gate/image-mismatch'],
]

for (const [name, change, code] of tampered) {
  test(`does not take the compiler's word: ${name}`, () => {
    const { check, value } = verifyCompiled({ ...compiled, ...change })
    assert.equal(check.verdict, 'fail')
    assert.equal(codes(check)[0], code)
    assert.equal(value, null)
  })
}

const good = prepareGate(goodSource(), ENGINE_CONTRACT)
const answers = (runInEngine(good) as Extract<ExecutionResult, { kind: 'ran' }>).verdicts
const ran = (
  given: readonly CaseVerdict[],
  engineVersion: string = ENGINE_CONTRACT.engineVersion,
): ExecutionResult => ({
  kind: 'ran',
  engineVersion,
  verdicts: given,
})

const engines: readonly (readonly [name: string, result: ExecutionResult, codes: readonly string[]])[] = [
  ['answers for all but one case', ran(answers.slice(1)), ['gate/no-answer']],
  [
    'answers for one rule only',
    ran(answers.slice(0, 3)),
    [...Array(3).fill('gate/no-answer'), 'gate/rule-not-executed'],
  ],
  ['answers nothing', ran([]), [...Array(6).fill('gate/no-answer'), ...Array(2).fill('gate/rule-not-executed')]],
  ['never fires', ran(answers.map((one) => ({ ...one, firedRuleIds: [] }))), Array(4).fill('gate/missed')],
  [
    'always fires',
    ran(answers.map((one) => ({ ...one, firedRuleIds: [ruleId(1), ruleId(2)] }))),
    Array(2).fill('gate/false-positive'),
  ],
  ['answers twice', ran([...answers, ...answers.slice(0, 1)]), ['gate/two-answers']],
  ['answers what was not asked', ran([...answers, { caseIndex: 6, firedRuleIds: [] }]), ['gate/unknown-case']],
  ['answers with no number', ran([...answers, { caseIndex: Number.NaN, firedRuleIds: [] }]), ['gate/unknown-case']],
  [
    'fires a rule of another image',
    ran(answers.with(0, { caseIndex: 0, firedRuleIds: [ruleId(1), ruleId(3)] })),
    ['gate/unknown-rule'],
  ],
  ['is another version', ran(answers, '0.9.0'), ['gate/wrong-engine']],
  ['traps', { kind: 'failed', code: 'detect/trap', message: 'Bug: index 20 of 20' }, ['detect/trap']],
  ['did not run', { kind: 'not-run' }, []],
]

for (const [name, result, expected] of engines) {
  test(`refuses when the engine ${name}`, () => {
    const report = judgeGate(good, result, CONTEXT)
    assert.deepEqual(codes(checkOf(report, 'execution')), expected)
    assert.equal(report.verdict, 'fail')
  })
}

test('refuses when the report is about another engine than the contract', () => {
  const report = judgeGate(good, ran(answers, '2.0.0'), { ...CONTEXT, engineVersion: '2.0.0' })
  assert.deepEqual(codes(checkOf(report, 'execution')), ['gate/wrong-engine'])
})

test('an indicator that fires beside the rule changes nothing', () => {
  const both = answers.map((one) => ({ ...one, firedRuleIds: [...one.firedRuleIds, 'indicator/ip'] }))
  assert.equal(judgeGate(good, ran(both), CONTEXT).verdict, 'pass')
})

test('a rule that only serves a correlation is run and judged like any other', () => {
  assert.equal(gate(correlatedSource(false)).verdict, 'pass')
})

test('a correlation of the pack may fire beside its rules', () => {
  const prepared = prepareGate(correlatedSource(true), ENGINE_CONTRACT)
  const result = runInEngine(prepared) as Extract<ExecutionResult, { kind: 'ran' }>
  assert.equal(judgeGate(prepared, result, CONTEXT).verdict, 'pass')
  const both = result.verdicts.map((one) => ({ ...one, firedRuleIds: [...one.firedRuleIds, ruleId(3)] }))
  assert.equal(judgeGate(prepared, ran(both), CONTEXT).verdict, 'pass')
})

test('a rule for every category of a product is run as an event of that product', () => {
  const source = ofSource({ product: 'linux', service: 'auth' })
  assert.deepEqual(
    prepareGate(source, ENGINE_CONTRACT).execution.map(({ event }) => [event.category, event.product, event.service]),
    [
      ['', 'linux', 'auth'],
      ['', 'linux', 'auth'],
    ],
  )
})

test('leaving out, failing, repeating or not running any one check never passes', () => {
  const place = fc.integer({ min: 0, max: good.checks.length - 1 })
  const damage = fc.constantFrom('drop', 'repeat', ...CHECK_VERDICTS.slice(1))
  fc.assert(
    fc.property(place, damage, (at, how) => {
      const one = good.checks[at] as CheckResult
      const inPlace = how === 'drop' ? [] : how === 'repeat' ? [one, one] : [{ ...one, verdict: how as 'fail' }]
      const checks = good.checks.toSpliced(at, 1, ...inPlace)
      assert.equal(judgeGate({ ...good, checks }, ran(answers), CONTEXT).verdict, 'fail')
    }),
  )
})

test('the verdict is pass for exactly one set of checks', () => {
  const any = fc.record({ id: fc.constantFrom(...CHECK_IDS), verdict: fc.constantFrom(...CHECK_VERDICTS) })
  const all = CHECK_IDS.map((id) => ({ id, verdict: 'pass' as const }))
  const list = fc.oneof(fc.array(any, { maxLength: 8 }), fc.shuffledSubarray(all))
  fc.assert(
    fc.property(list, (checks) => {
      const complete = checks.length === 6 && new Set(checks.map(({ id }) => id)).size === 6
      const expected = complete && checks.every(({ verdict }) => verdict === 'pass') ? 'pass' : 'fail'
      assert.equal(decideVerdict(checks.map((one) => ({ ...one, reason: '', findings: [] }))), expected)
    }),
  )
})

test('lists a bounded number of findings and says how many are left out', () => {
  const rules = Array.from({ length: FINDINGS_MAX + 5 }, (_, i) => rule(i, { Image: `/${i}` }))
  const report = gate(sourceOf(rules, []))
  const { findings } = checkOf(report, 'tests')
  assert.equal(findings.length, FINDINGS_MAX)
  const more = finding('gate/more-findings', '6 more findings are not listed.', null, { severity: 'note' })
  assert.deepEqual(findings.at(-1), more)
  assert.deepEqual(parseGateReport(encodeGateReport(report)), report)
})

test('what content and engine say cannot forge a line of the report', () => {
  const hostile = '\u001b[2J\r\nVerdict:     PASS\u202e\ud800'
  const report = judgeGate(good, { kind: 'failed', code: hostile, message: hostile.repeat(100) }, CONTEXT)
  const check = checkOf(report, 'execution')
  assert.doesNotMatch(check.reason + JSON.stringify(check.findings), /[\p{Cc}\p{Cf}\p{Cs}]/u)
  assert.deepEqual(parseGateReport(encodeGateReport(report)), report)
})
