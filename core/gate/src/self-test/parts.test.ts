import assert from 'node:assert/strict'
import { test } from 'node:test'
import { toSourceNode } from '@firebreak/content'
import { Random } from '@firebreak/fuzz'
import { goodSource, rule, ruleId, ruleTest, sourceOf } from '../gate-fixture.ts'
import { ablate, type ReadyControl } from './ablation.ts'
import { checkSelfTest, EXHIBITS_MIN, FAULTS_MIN } from './check-self-test.ts'
import { CONTROL_PACK, withCompanions } from './companions.ts'
import { type Aim, type EvidenceFault, missed, type Operator, type Outcome, type SourceFault } from './control.ts'
import { type ControlResult, countsOf, type SelfTestEvidence } from './evidence.ts'
import { SELF_TEST_THAT_PASSED } from './operators/self-test.ts'
import { runSelfTest, type SelfTestPlan } from './run.ts'
import { type FakeEvidence, FLOOD, PIPELINE, subjectOf } from './self-test-fixture.ts'
import { sliceOf } from './slice.ts'
import {
  editRule,
  entryOf,
  itemsOf,
  ruleAt,
  textOf,
  withEntry,
  within,
  withItems,
  withoutEntry,
} from './source-edit.ts'

const NOTHING: Outcome = { failed: [], inconclusive: [], notRun: [], errors: new Set() }
const failing = (check: Aim['check'], ...codes: readonly string[]): Outcome => {
  return { ...NOTHING, failed: [check], errors: new Set(codes.map((code) => `${check} ${code}`)) }
}

/** A control that is rejected unless what it aims at, or its check, is left out. */
function control(check: Aim['check'], code: string, more: Partial<ReadyControl> = {}): ReadyControl {
  const outcome = failing(check, code)
  const judge: ReadyControl['judge'] = (omit) => (omit.has(check) || omit.has(code) ? NOTHING : outcome)
  return { operator: { id: `${check}-${code}`, aims: { check, code } }, judge, outcome, ...more }
}

const noticed = (controls: readonly ReadyControl[], codes: readonly (readonly [Aim['check'], string])[]) =>
  ablate(
    controls,
    codes.map(([check, code]) => ({ check, code })),
  )
    .filter((one) => one.noticed)
    .map(({ leftOut }) => leftOut)

test('a part is noticed missing only by a control that aims at it, and that is rejected now', () => {
  const codes = [
    ['source', 'a'],
    ['source', 'b'],
    ['tests', 'a'],
  ] as const
  assert.deepEqual(noticed([control('source', 'a')], codes), ['source', 'source a'])
  assert.deepEqual(noticed([control('tests', 'a')], codes), ['tests', 'tests a'])
  assert.deepEqual(noticed([control('source', 'a'), control('source', 'b')], codes), ['source', 'source a', 'source b'])
  // It is missed whatever is left out, so that it shows nothing.
  assert.deepEqual(noticed([control('source', 'a', { outcome: NOTHING })], codes), [])
  // It is rejected with the code of another control, which it does not aim at.
  const stranger = control('source', 'b', { judge: (omit) => (omit.has('a') ? NOTHING : failing('source', 'b')) })
  assert.deepEqual(noticed([stranger], codes), [])
  // It aims at another check than the one without which it is missed.
  const other = control('tests', 'b', { judge: (omit) => (omit.has('source') ? NOTHING : failing('tests', 'b')) })
  assert.deepEqual(noticed([other], codes), [])
  assert.deepEqual(noticed([], codes), [])
})

test('why a control was missed is said, with what was said instead', () => {
  const aims: Aim = { check: 'tests', code: 'a' }
  const other = failing('tests', 'b', 'c', 'd', 'e')
  assert.equal(missed(aims, other), 'tests does not say a; it was rejected with tests b, tests c, tests d')
  assert.equal(missed(aims, { ...failing('tests', 'a'), inconclusive: ['cost'] }), 'cost rejected it as well')
  assert.equal(missed({ ...aims, also: ['cost'] }, { ...failing('tests', 'a'), inconclusive: ['cost'] }), null)
  assert.equal(
    missed({ ...aims, also: ['cost'] }, { ...failing('tests', 'a'), failed: ['tests', 'fuzz'] }),
    'fuzz rejected it as well',
  )
})

const PASSED = SELF_TEST_THAT_PASSED
const wrong = (one: ControlResult): ControlResult => ({ ...one, missed: 'why' })

test('what did not end as it had to is counted and named', () => {
  const evidence: SelfTestEvidence = {
    ...PASSED,
    good: PASSED.good.map(wrong),
    faults: PASSED.faults.map((one, i) => (i < 2 ? wrong(one) : one)),
    museum: PASSED.museum.map((one, i) => (i === 3 ? wrong(one) : one)),
    ablations: PASSED.ablations.map((one, i) => ({ ...one, noticed: i !== 5 })),
    canaries: [...PASSED.canaries, { name: 'lost', found: false, executions: 1 }],
  }
  assert.deepEqual(countsOf(evidence), {
    seeded: 40,
    rejected: 38,
    museum: 10,
    ablations: 40,
    ablationsNoticed: 39,
    canaries: 2,
    missed: ['control-pack', 'fault-0', 'fault-1', 'exhibit-3', 'lost'],
    unnoticed: ['code-5'],
  })
})

test('a self-test shows enough with just so many, and too little with one less', () => {
  const { good, faults, museum, ablations, canaries } = PASSED
  assert.deepEqual(
    [good, faults, museum, ablations, canaries].map((all) => all.length),
    [1, FAULTS_MIN, EXHIBITS_MIN, FAULTS_MIN, 1],
  )
  assert.equal(checkSelfTest(PASSED).verdict, 'pass')
  const rows: readonly (readonly [less: Partial<SelfTestEvidence>, message: string])[] = [
    [{ good: [] }, 'There are 0 good cases, at least 1 have to be.'],
    [{ faults: faults.slice(1) }, 'There are 39 seeded faults, at least 40 have to be.'],
    [{ museum: museum.slice(1) }, 'There are 9 past incidents, at least 10 have to be.'],
    [{ ablations: ablations.slice(1) }, 'There are 39 ablations, at least 40 have to be.'],
    [{ canaries: [] }, 'There are 0 canaries, at least 1 have to be.'],
  ]
  for (const [less, message] of rows) {
    const { findings } = checkSelfTest({ ...PASSED, ...less })
    assert.deepEqual(
      findings.map((one) => [one.code, one.message]),
      [['self-test/too-little', message]],
    )
  }
})

const SUBJECT = subjectOf(CONTROL_PACK)
const PLAN: SelfTestPlan<FakeEvidence> = { operators: [], museum: [], good: [], codes: [] }

function results(operators: readonly Operator<FakeEvidence>[], seed = 7) {
  return runSelfTest({ plan: { ...PLAN, operators }, control: SUBJECT, candidate: null, canaries: [], seed }).faults
}

test('faults of every kind are seeded into what they are of, and the places that rejected them are named', () => {
  const at = { check: 'tests', code: 'gate/unknown-rule' } as const
  const stray: Operator<FakeEvidence> = {
    kind: 'pack',
    id: 'stray',
    aims: at,
    what: '',
    apply: (pack) => ({ ...pack, tests: pack.tests.map((one) => ({ ...one, rule: ruleId(404) })) }),
  }
  const waits: Aim = { check: 'verify', code: '', verdict: 'not-run', also: ['compile'] }
  const noManifest: SourceFault = {
    kind: 'source',
    id: 'no-manifest',
    aims: waits,
    what: '',
    apply: (source) => ({ ...source, manifest: null }),
  }
  assert.deepEqual(
    results([
      stray,
      noManifest,
      { ...noManifest, id: 'other', aims: { check: 'compile', code: 'content/schema' } },
    ]).map(({ id, missed: why, rejectedBy }) => [id, why, rejectedBy]),
    [
      ['stray', null, ['tests']],
      ['no-manifest', null, ['compile', 'verify']],
      ['other', null, ['compile']],
    ],
  )
  const fails: SourceFault = { ...noManifest, aims: { check: 'verify', code: 'x' } }
  assert.deepEqual(
    results([fails]).map(({ rejectedBy }) => rejectedBy),
    [['compile']],
  )
  const idle: SourceFault = { ...noManifest, id: 'idle', apply: (source) => source }
  assert.deepEqual(
    results([idle]).map(({ rejectedBy }) => rejectedBy),
    [[]],
  )
})

/** FNV-1a in numbers of any size. */
function fnv(text: string): number {
  let value = 0x811c9dc5n
  for (const byte of Buffer.from(text)) value = ((value ^ BigInt(byte)) * 0x01000193n) & 0xffffffffn
  return Number(value)
}

test('each operator draws numbers of its own, which follow from the seed and its id', () => {
  const drawn: number[] = []
  const draws = (id: string): EvidenceFault<FakeEvidence> => ({
    ...FLOOD,
    id,
    apply: (_, random) => {
      drawn.push(random.below(2 ** 32))
      return { floods: 9 }
    },
  })
  results([draws('one'), draws('two')], 5)
  assert.deepEqual(
    drawn,
    ['one', 'two'].map((id) => new Random(5 ^ fnv(id)).below(2 ** 32)),
  )
})

test('a report that is not believed keeps a candidate from being the subject, and a good case from passing', () => {
  const run = (candidate: typeof SUBJECT | null, good: readonly Operator<FakeEvidence>[] = []) =>
    runSelfTest({ plan: { ...PLAN, good }, control: SUBJECT, candidate, canaries: [], seed: 1 })
  assert.equal(run(SUBJECT).subject, 'candidate')
  assert.equal(run({ ...SUBJECT, report: new Uint8Array() }).subject, 'control')
  assert.deepEqual(run(null).good, [{ id: 'control-pack', check: 'self-test', code: '', missed: null, rejectedBy: [] }])
  const lost = { ...SUBJECT, pipeline: { ...PIPELINE, refuseReport: () => 'fake/empty' } }
  const { good } = runSelfTest({ plan: PLAN, control: lost, candidate: null, canaries: [], seed: 1 })
  assert.equal(good[0]?.missed, 'report: fake/empty')
  const flood = run(null, [FLOOD]).good[1]
  assert.equal(flood?.missed, 'refused by replay: replay fake/flood')
})

test('a report of which nobody says anything is as it has to be', () => {
  const same: Operator<FakeEvidence> = {
    kind: 'report',
    id: 'same',
    aims: { check: 'report', code: 'x' },
    what: '',
    apply: (one) => one,
  }
  const { good } = runSelfTest({
    plan: { ...PLAN, good: [same] },
    control: SUBJECT,
    candidate: null,
    canaries: [],
    seed: 1,
  })
  assert.deepEqual(good[1], { id: 'same', check: 'report', code: '', missed: null, rejectedBy: [] })
  assert.equal(results([same])[0]?.missed, 'report does not say fail; nothing rejected it')
  const cut: Operator<FakeEvidence> = { ...same, apply: () => new Uint8Array() }
  assert.equal(results([cut])[0]?.missed, 'report does not say x; it was rejected with report fake/empty')
})

test('a pack keeps its own lists when it gets ours', () => {
  const indicators = [{ file: 'mine.csv', text: 'type,value,description\n' }]
  const yara = [{ file: 'mine.yar', text: '' }]
  const all = withCompanions({ ...goodSource(), indicators, yara })
  assert.deepEqual(
    [all.indicators, all.yara ?? []].map((files) => files.map(({ file }) => file)),
    [
      ['mine.csv', 'indicators/self-test.csv'],
      ['mine.yar', 'yara/self-test.yar'],
    ],
  )
  assert.deepEqual(
    withCompanions(goodSource()).yara?.map(({ file }) => file),
    ['yara/self-test.yar'],
  )
})

test('a slice has whole files of lists, as long as they are short together', () => {
  const text = 'x'.repeat(32_768)
  const files = (...texts: readonly string[]) => texts.map((one, i) => ({ file: `${i}`, text: one }))
  const kept = (...texts: readonly string[]): number =>
    sliceOf({ ...goodSource(), indicators: files(...texts), yara: files('x') }, 1).indicators.length
  assert.deepEqual([kept(), kept(text, text), kept(text, text, 'x')], [0, 2, 0])
  assert.deepEqual(sliceOf({ ...goodSource(), yara: files('x') }, 1).yara, files('x'))
})

test('eight rules are no large pack; of a file with several the chosen ones stay', () => {
  const rules = (count: number) => Array.from({ length: count }, (_, i) => rule(i + 1, { Image: `/${i}` }))
  const eight = sourceOf(rules(8), [])
  assert.equal(sliceOf({ ...eight, yara: [] }, 1).rules, eight.rules)
  const nodes = rules(12).map((one) => toSourceNode(one, 'all.yml'))
  const stray = { file: 'stray.yml', node: toSourceNode({ match: [] }, 'stray.yml') }
  const tests = [
    ...sourceOf(
      [],
      rules(12).map((_, i) => ruleTest(i + 1, [], [])),
    ).tests,
    stray,
  ]
  const sliced = sliceOf(
    {
      ...eight,
      rules: [
        { file: 'all.yml', nodes },
        { file: 'none.yml', nodes: [] },
      ],
      tests,
    },
    1,
  )
  assert.deepEqual(
    sliced.rules.map(({ file, nodes: left }) => [file, left.length]),
    [['all.yml', 8]],
  )
  assert.equal(sliced.tests.length, 8)
  const chosen = new Set(sliced.rules.flatMap((one) => one.nodes.map((node) => textOf(node, 'id'))))
  assert.deepEqual(new Set(sliced.tests.map(({ node }) => textOf(node, 'rule'))), chosen)
})

test('a test of no rule goes with no rule that has no id', () => {
  const nodes = Array.from({ length: 9 }, () => toSourceNode({ detection: {} }, 'r.yml'))
  const tests = [{ file: 't.yml', node: toSourceNode({ match: [] }, 't.yml') }]
  const sliced = sliceOf({ ...sourceOf([], []), rules: [{ file: 'r.yml', nodes }], tests }, 1)
  assert.deepEqual([sliced.rules[0]?.nodes.length, sliced.tests], [8, []])
})

test('edits of what is no map make one, and of what is not there find nothing', () => {
  const at = { file: 'r.yml', line: 1, column: 1 }
  const list = toSourceNode(['x'], 'r.yml')
  const map = toSourceNode({ a: 'x', n: 7, l: ['y'], m: { b: 'z' } }, 'r.yml')
  assert.deepEqual(
    [textOf(map, 'a'), textOf(map, 'n'), textOf(map, 'l'), textOf(map, 'q'), textOf(null, 'a')],
    ['x', null, null, null, null],
  )
  assert.deepEqual([entryOf(list, 'a'), entryOf(map, 'q')], [null, null])
  assert.deepEqual([itemsOf(map, 'l').length, itemsOf(map, 'a'), itemsOf(map, 'q')], [1, [], []])
  assert.deepEqual(withoutEntry(list, 'a'), { kind: 'mapping', entries: [], at })
  assert.deepEqual(withEntry(list, 'a', 'x'), toSourceNode({ a: 'x' }, 'r.yml'))
  assert.deepEqual(withItems(list, 'l', []), toSourceNode({ l: [] }, 'r.yml'))
  assert.deepEqual(
    within(list, 'm', (one) => withEntry(one, 'b', 'z')),
    toSourceNode({ m: { b: 'z' } }, 'r.yml'),
  )
  const source = { ...sourceOf([], []), rules: [{ file: 'r.yml', nodes: [map, map] }] }
  assert.deepEqual(ruleAt(source, { file: 1, node: 0 }), null)
  const edited = editRule(source, { file: 0, node: 1 }, () => list)
  assert.deepEqual(edited.rules, [{ file: 'r.yml', nodes: [map, list] }])
})
