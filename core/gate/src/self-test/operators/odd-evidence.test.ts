import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, type PackSource, parsePack } from '@firebreak/content'
import { Random } from '@firebreak/fuzz'
import type { EngineRun } from '../../execution/evidence.ts'
import { correlatedSource, goodSource, rule, ruleId, ruleTest, sourceOf } from '../../gate-fixture.ts'
import type { Replay } from '../../replay/check-replay.ts'
import { companionId } from '../companions.ts'
import { controlEvidence } from '../control-evidence.ts'
import type { EvidenceFault, Operator } from '../control.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'
import { SELF_TEST_PLAN } from '../plan.ts'
import { textOf } from '../source-edit.ts'
import { evenly, SMALL } from './cost.ts'

/** Evidence in which some engines did not run, and some corpora are not ordinary: nothing of them is to be altered. */
const PACK = parsePack(goodSource())
const GOOD = controlEvidence(PACK, compilePack(PACK))
const SEEDS = Array.from({ length: 12 }, (_, i) => i)

const ALL: readonly Operator<JudgedEvidence>[] = [...SELF_TEST_PLAN.operators, ...SELF_TEST_PLAN.good]

function evidenceFault(id: string): EvidenceFault<JudgedEvidence> {
  const found = [...ALL, ...SELF_TEST_PLAN.museum].find((one) => one.id === id && one.kind === 'evidence')
  assert.ok(found?.kind === 'evidence', id)
  return found
}

function sourceFault(id: string, source: PackSource, seed: number): PackSource {
  const found = ALL.find((one) => one.id === id)
  assert.ok(found?.kind === 'source', id)
  return found.apply(source, new Random(seed))
}

const [pair] = GOOD.execution.tasks
const [ran] = pair?.runs ?? []
assert.ok(pair && ran)
const NOT_RUN: EngineRun = { ...ran, engine: { ...ran.engine, version: '0.9.0' }, result: { kind: 'not-run' } }

test('only what an engine made of a task that it ran is altered', () => {
  const idle = { ...pair, runs: [NOT_RUN] }
  const caseless = { ...pair, task: { ...pair.task, cases: [] } }
  const mixed = { ...pair, runs: [NOT_RUN, ran] }
  const execution = { ...GOOD.execution, tasks: [idle, caseless, mixed] }
  const inAnswers = ['rule-does-not-fire', 'rule-fires-wrongly', 'event-not-answered', 'event-answered-twice']
  for (const id of [
    ...inAnswers,
    'foreign-rule-fires',
    'too-much-work',
    'stray-answer',
    'engine-traps',
    'engines-disagree',
  ]) {
    for (const seed of SEEDS) {
      const { tasks } = evidenceFault(id).apply({ ...GOOD, execution }, new Random(seed)).execution
      assert.equal(tasks[0], idle)
      assert.deepEqual(tasks[2]?.runs[0], NOT_RUN)
      if (inAnswers.includes(id)) assert.equal(tasks[1], caseless)
      assert.notDeepEqual(tasks, execution.tasks)
    }
  }
  const onlyMixed = { ...GOOD, execution: { ...GOOD.execution, tasks: [mixed] } }
  for (const id of ['too-old-engine-takes-it', 'engines-disagree', 'engine-traps']) {
    assert.notDeepEqual(evidenceFault(id).apply(onlyMixed, new Random(1)).execution.tasks, [mixed])
  }
  const disagreed = evidenceFault('engines-disagree').apply(onlyMixed, new Random(1)).execution.tasks[0]
  assert.deepEqual(
    disagreed?.runs.map(({ engine, result }) => [engine.version, result.kind]),
    [
      ['0.9.0', 'not-run'],
      [ran.engine.version, 'ran'],
      ['0.0.1', 'ran'],
    ],
  )
  const besides = evidenceFault('indicator-besides').apply(onlyMixed, new Random(1)).execution.tasks[0]
  assert.deepEqual(besides?.runs[0], NOT_RUN)
})

test('a rule that is to fire is the only one that does not', () => {
  assert.ok(ran.result.kind === 'ran')
  const verdicts = ran.result.verdicts.map((one) => ({ ...one, firedRuleIds: [...one.firedRuleIds, 'indicator/x'] }))
  const tasks = [{ ...pair, runs: [{ ...ran, result: { ...ran.result, verdicts } }] }]
  const altered = evidenceFault('rule-does-not-fire').apply(
    { ...GOOD, execution: { tasks, missing: [] } },
    new Random(1),
  )
  const after = altered.execution.tasks[0]?.runs[0]?.result
  assert.ok(after?.kind === 'ran')
  assert.ok(after.verdicts.every(({ firedRuleIds }) => firedRuleIds.includes('indicator/x')))
})

test('only ordinary activity that was run is altered', () => {
  const [quiet] = GOOD.replay.replays
  assert.ok(quiet)
  const attack: Replay = { ...quiet, corpus: { ...quiet.corpus, kind: 'attack' } }
  const empty: Replay = { ...quiet, corpus: { ...quiet.corpus, events: [], techniques: [] } }
  const idle: Replay = { ...quiet, result: { kind: 'not-run' } }
  const replays = [attack, empty, idle, quiet]
  for (const id of ['rule-floods', 'indicator-floods', 'replay-left-out', 'replay-twice', 'as-often-as-allowed']) {
    for (const seed of SEEDS) {
      const altered = evidenceFault(id).apply({ ...GOOD, replay: { ...GOOD.replay, replays } }, new Random(seed)).replay
      assert.deepEqual(altered.replays.slice(0, 3), [attack, empty, idle])
      assert.notDeepEqual(altered.replays[3], quiet)
    }
  }
})

test('the rule that floods is one that alerts by itself', () => {
  const floods = (source: PackSource, seed: number): string | undefined => {
    const pack = parsePack(source)
    const { result } = evidenceFault('rule-floods').apply(
      { ...GOOD, replay: { ...GOOD.replay, pack } },
      new Random(seed),
    ).replay.replays[0] as Replay
    return result.kind === 'ran' ? result.verdicts[0]?.firedRuleIds[0] : undefined
  }
  const correlated = correlatedSource(false)
  const more = { ...correlated, rules: [...correlated.rules, ...sourceOf([rule(7, { Image: 'x' })], []).rules] }
  for (const seed of SEEDS) {
    assert.equal(floods(correlated, seed), 'indicator/self-test')
    assert.equal(floods(more, seed), ruleId(7))
  }
})

test('a field is taken from an engine that reads it, or the image reads one more', () => {
  const apply = evidenceFault('sensor-supplies-less')
  const [build] = GOOD.engines
  const { fields } = build?.supplies ?? {}
  assert.ok(build && fields)
  const processes = { category: 'process_creation', product: 'linux', service: null }
  const needing = (...needs: JudgedEvidence['image']['needs']) => ({ ...GOOD, image: { ...GOOD.image, needs } })
  const nothing = { ...processes, category: 'nothing_like_it' }
  for (const needs of [[], [{ logsource: processes, fields: [] }], [{ logsource: nothing, fields: ['A'] }]]) {
    const { image, engines } = apply.apply(needing(...needs), new Random(1))
    assert.deepEqual(image.needs, [...needs, { logsource: processes, fields: ['OneFieldMore'] }])
    assert.equal(engines, GOOD.engines)
  }
  const supplied = (altered: JudgedEvidence, at: number) =>
    altered.engines[at]?.supplies.fields.map(({ category, fields: all }) => [category, all.length])
  const before = fields.map(({ category, fields: all }) => [category, all.length])
  const reads = needing({ logsource: nothing, fields: ['A'] }, { logsource: processes, fields: ['User', 'Image'] })
  for (const seed of SEEDS) {
    const altered = apply.apply(reads, new Random(seed))
    assert.deepEqual(
      supplied(altered, 0),
      before.map(([category, count]) => [category, category === 'process_creation' ? Number(count) - 1 : count]),
    )
    assert.ok(!altered.engines[0]?.supplies.fields[0]?.fields.includes('Image'))
  }
  // An engine without such events at all: no field of theirs can be what it alone lacks.
  const without = { ...build, supplies: { ...build.supplies, fields: [] } }
  const { image } = apply.apply({ ...reads, engines: [build, without] }, new Random(1))
  assert.deepEqual(image.needs.at(-1)?.fields, ['OneFieldMore'])
})

test('both sides of an even cost are what was measured, or next to nothing', () => {
  const candidate = { ...SMALL, fuel: 7 }
  const even = evenly({ events: 3, candidate, running: null, pairs: [] })
  assert.deepEqual([even.events, even.candidate, even.running, even.pairs.length], [3, candidate, candidate, 12])
  const none = evenly(null)
  assert.deepEqual([none.events, none.candidate, none.running], [1_000, SMALL, SMALL])
})

test('an engine of which nothing is known is left as it is by incidents too', () => {
  const { apply } = evidenceFault('database-test-passed')
  const empty = { ...GOOD, execution: { ...GOOD.execution, tasks: [] } }
  assert.deepEqual(apply(empty, new Random(1)).execution, empty.execution)
  const nobody = { ...GOOD, execution: { ...GOOD.execution, tasks: [{ ...pair, runs: [] }] } }
  assert.deepEqual(apply(nobody, new Random(1)).execution, nobody.execution)
})

test('of ordinary activity the rule of an incident takes what it names', () => {
  const [replay] = evidenceFault('pattern-5958').apply(GOOD, new Random(1)).replay.replays
  assert.ok(replay?.result.kind === 'ran')
  const fired = replay.result.verdicts.flatMap(({ caseIndex, firedRuleIds }) =>
    firedRuleIds.map((id) => [replay.corpus.events[caseIndex]?.fields['Image'], id].join(' ')),
  )
  assert.deepEqual([fired.length, new Set(fired)], [100, new Set([`/usr/lib/systemd/systemd ${companionId(70)}`])])
})

test('as few faults as suffice are kept of more', () => {
  const faults = [...GOOD.selfTest.faults, ...GOOD.selfTest.faults]
  const altered = evidenceFault('as-much-as-suffices').apply(
    { ...GOOD, selfTest: { ...GOOD.selfTest, faults } },
    new Random(1),
  )
  assert.equal(altered.selfTest.faults.length, 40)
})

const conditions = { a: { Image: '/a' }, b: { Image: '/b' }, condition: ['a', 'b'] }
const SEVERAL = sourceOf([{ ...rule(1, {}), detection: conditions }, rule(2, { Image: '/c' })], [])

test('rules with several conditions keep them, whatever the seed chooses, or get one of their own', () => {
  for (const seed of SEEDS) {
    for (const id of ['condition-never', 'condition-always', 'look-alike-field', 'dangling-detection']) {
      const { rules } = sourceFault(id, SEVERAL, seed)
      assert.deepEqual(rules[0], SEVERAL.rules[0], id)
      assert.notDeepEqual(rules[1], SEVERAL.rules[1], id)
    }
  }
  const only = { ...SEVERAL, rules: SEVERAL.rules.slice(0, 1) }
  const pack = parsePack(sourceFault('modifier-unknown', only, 1))
  assert.deepEqual(
    pack.diagnostics.map(({ code }) => code),
    ['content/modifier'],
  )
  assert.match(
    JSON.stringify(sourceFault('modifier-unknown', only, 1).rules[0]),
    /"key":"condition".*"value":"self_test"/,
  )
})

test('a rule gets the id of another one, and a file that is not read is lost at some line', () => {
  for (const seed of SEEDS) {
    const ids = sourceFault('duplicate-id', goodSource(), seed).rules.flatMap(({ nodes }) =>
      nodes.map((one) => textOf(one, 'id')),
    )
    assert.equal(new Set(ids).size, 1)
    const [lost] = sourceFault('file-not-yaml', goodSource(), seed).diagnostics ?? []
    assert.ok(lost && (lost.at?.line ?? 0) >= 1 && (lost.at?.line ?? 0) <= 40)
  }
})

test('an event changes sides only in a test that has both', () => {
  const tests = [
    ruleTest(1, [{ Image: '/a' }], []),
    ruleTest(1, [], [{ Image: '/a' }]),
    ruleTest(1, [{ Image: '/a' }], [{ Image: '/b' }]),
  ]
  const source = sourceOf([rule(1, { Image: '/a' })], tests)
  for (const seed of SEEDS) {
    for (const id of ['match-that-is-none', 'ignore-that-matches']) {
      const altered = sourceFault(id, source, seed)
      assert.deepEqual(altered.tests.slice(0, 2), source.tests.slice(0, 2))
      assert.notDeepEqual(altered.tests[2], source.tests[2])
    }
  }
})
