import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parseJson } from '@firebreak/kernel'
import { type Plain, type PlainMap, rule, ruleId } from '../gate-fixture.ts'
import { REPORT_LIST_MAX } from '../report/read-parts.ts'
import { imageOf, judgedTwice, ORDINARY } from './diff-fixture.ts'
import { diffSummary } from './diff-summary.ts'
import { diffIndicators } from './indicator-diff.ts'
import { howText, renderSemanticDiff } from './render-diff.ts'
import {
  type ClassifiedChange,
  encodeSemanticDiff,
  FIELDS_LISTED_MAX,
  type SemanticDiff,
  semanticDiff,
} from './semantic-diff.ts'
import { diffVerdicts, type JudgedTwice } from './verdict-diff.ts'

const NC = { 'Image|endswith': '/nc' }
const COUNTED = { type: 'event_count', rules: [ruleId(1)], timespan: '1m', condition: { gte: 2 }, generate: true }

function correlation(more: PlainMap, counted: PlainMap = {}): PlainMap {
  return { title: 'Many', id: ruleId(3), level: 'high', correlation: { ...COUNTED, ...counted }, ...more }
}

function changesOf(next: readonly Plain[], old: readonly Plain[], yara: readonly [string, string] = ['', '']) {
  const [candidate, running] = [imageOf(next, { yara: yara[0] }), imageOf(old, { yara: yara[1] })]
  const { changes, same } = semanticDiff(candidate, running, [])
  return [...changes.map(({ what, id, change, parts }) => [what, id, change, ...parts].join(' ')), `${same} the same`]
}

test('what of a correlation is another is said', () => {
  const rows: readonly (readonly [next: PlainMap, parts: string])[] = [
    [correlation({}, { condition: { gte: 3 } }), ' logic'],
    [correlation({ title: 'More' }), ' metadata'],
    [correlation({ tags: ['attack.t1059'] }), ' metadata'],
    [correlation({ level: 'low' }), ' level'],
  ]
  for (const [next, parts] of rows) {
    const expected = [`correlation ${ruleId(3)} changed${parts}`, '1 the same']
    assert.deepEqual(changesOf([rule(1, NC), next], [rule(1, NC), correlation({})]), expected)
  }
})

test('a YARA file is a piece by its name', () => {
  const [one, other] = ['rule one { condition: false }', 'rule one { condition: true }']
  const rows: readonly (readonly [next: string, old: string, said: readonly string[]])[] = [
    [one, one, ['2 the same']],
    [one, other, ['yara y.yar changed logic', '1 the same']],
    [one, '', ['yara y.yar added', '1 the same']],
    ['', one, ['yara y.yar removed', '1 the same']],
  ]
  for (const [next, old, said] of rows) {
    assert.deepEqual(changesOf([rule(1, NC)], [rule(1, NC)], [next, old]), said)
  }
  const [candidate, running] = [imageOf([rule(1, NC)], { yara: one }), imageOf([rule(1, NC)])]
  const [added] = semanticDiff(candidate, running, []).changes
  assert.deepEqual([added?.title, added?.level, added?.class], ['y.yar', '', 'newly-enabled'])
})

test('another regular expression is another logic, and a feature that is no longer needed is named', () => {
  const [two, three] = [rule(1, { 'Image|re': 'x{2}' }), rule(1, { 'Image|re': 'x{3}' })]
  assert.deepEqual(changesOf([two], [three]), [`rule ${ruleId(1)} changed logic`, '0 the same'])
  assert.deepEqual(changesOf([two], [two]), ['1 the same'])
  const { featuresAdded, featuresRemoved } = semanticDiff(imageOf([rule(1, NC)]), imageOf([two]), [])
  assert.deepEqual([featuresAdded, featuresRemoved], [[], ['regex']])
})

test('of one class those come first that fire for more ordinary events, then for more at all, then by id', () => {
  const ids = [1, 2, 3, 4].map(ruleId)
  const rules = ids.map((_, i) => rule(i + 1, { Image: `/${i}` }))
  const fired: readonly (readonly [kind: JudgedTwice['kind'], rules: readonly number[]])[] = [
    ['benign', [3]],
    ['benign', [1, 3]],
    ['tests', [4, 2, 1]],
    ['attack', [4]],
  ]
  const corpora = fired.map(([kind, of]): JudgedTwice => {
    const verdict = { caseIndex: 0, firedRuleIds: of.map((n) => ids[n - 1] ?? '') }
    const events = ORDINARY.slice(0, 1)
    return { name: kind, kind, events, candidate: [verdict], running: [{ caseIndex: 0, firedRuleIds: [] }] }
  })
  const old = ids.map((_, i) => rule(i + 1, { Image: `/${i}/old` }))
  const { changes } = semanticDiff(imageOf(rules), imageOf(old), corpora)
  assert.deepEqual(
    changes.map(({ id }) => ids.indexOf(id) + 1),
    [3, 1, 4, 2],
  )
  const [some, others] = [
    [rule(1, NC), rule(2, NC), correlation({})],
    [{ ...rule(1, NC), title: 'A' }, { ...rule(2, NC), title: 'B' }, correlation({ title: 'C', id: ruleId(3) })],
  ]
  assert.deepEqual(
    semanticDiff(imageOf(some), imageOf(others), []).changes.map(({ id }) => ids.indexOf(id) + 1),
    [1, 2, 3],
  )
})

test('of each change two events are shown for what is gained and two for what is lost', () => {
  const verdicts = (ids: readonly string[]) => ORDINARY.map((_, caseIndex) => ({ caseIndex, firedRuleIds: ids }))
  const twice = (candidate: readonly string[], running: readonly string[]): JudgedTwice => {
    return { name: 'c', kind: 'tests', events: ORDINARY, candidate: verdicts(candidate), running: verdicts(running) }
  }
  const { firing, newlyMatched } = diffVerdicts([twice(['b', 'a'], []), twice(['b'], ['a', 'b'])], true)
  assert.deepEqual(
    firing.map(({ id, gained, lost, samples }) => [id, gained.tests, lost.tests, samples.map(({ change }) => change)]),
    [
      ['a', 6, 6, ['gained', 'gained', 'lost', 'lost']],
      ['b', 6, 0, ['gained', 'gained']],
    ],
  )
  assert.deepEqual(newlyMatched, { benign: 0, attack: 0, tests: 6 })
})

test('an event that the running release did not answer is not compared', () => {
  const image = imageOf([rule(1, NC)])
  const judged = judgedTwice('attack', ORDINARY, image, image)
  const { compared, unanswered } = diffVerdicts([{ ...judged, running: judged.running.slice(1) }], true)
  assert.deepEqual([compared.attack, unanswered.attack], [ORDINARY.length - 1, 1])
})

test('fields are listed up to a limit, and all of them counted', () => {
  const fields = (n: number) => Object.fromEntries(Array.from({ length: 260 }, (_, i) => [`F${n}_${i}`, 'x']))
  const next = imageOf([rule(1, NC), rule(2, fields(2)), rule(3, fields(3))])
  const { fieldsAdded, fieldsAddedCount } = semanticDiff(next, imageOf([rule(1, NC)]), [])
  assert.deepEqual([fieldsAdded.length, fieldsAddedCount], [FIELDS_LISTED_MAX, 520])
})

test('a description that changed is no change of the indicator', () => {
  const tables = (rows: string) => imageOf([rule(1, NC)], { indicators: rows }).tables.indicators
  const one = tables('ip,192.0.2.1,A\nip,192.0.2.2,B\nip,192.0.2.3,C\n')
  const other = tables('ip,192.0.2.1,C\nip,192.0.2.2,A\nip,192.0.2.3,B\n')
  assert.deepEqual(diffIndicators(one, other), [])
  const around = 'network,192.0.2.0/24,A\nip,192.0.2.7,A\n'
  assert.deepEqual(diffIndicators(tables(around), tables(`network,10.0.0.0/8,A\n${around}`)), [
    { kind: 'ipv4', added: 0, removed: 1 },
  ])
  assert.deepEqual(diffIndicators(tables('network,192.0.2.0/24,A\n'), tables('network,192.0.2.0/25,A\n')), [
    { kind: 'ipv4', added: 1, removed: 1 },
  ])
})

const IMAGE = imageOf([rule(1, NC)])
const SAME: SemanticDiff = semanticDiff(IMAGE, IMAGE, [])
const NONE = { benign: 0, attack: 0, tests: 0 }
const CHANGE: ClassifiedChange = {
  what: 'rule',
  change: 'changed',
  id: 'id',
  title: 'Title',
  level: 'high',
  levelBefore: null,
  parts: ['logic'],
  class: 'unresolved',
  gained: NONE,
  lost: NONE,
  samples: [],
}
const INDICATOR: ClassifiedChange = {
  ...CHANGE,
  what: 'indicator',
  change: 'fires-otherwise',
  title: 'id',
  level: '',
  parts: [],
  class: 'matches-more',
  gained: { benign: 1_000, attack: 0, tests: 1 },
  lost: { ...NONE, attack: 2 },
  samples: [{ change: 'lost', corpus: 'c.jsonl', event: '{}' }],
}

test('a diff of nothing says so in one line', () => {
  assert.equal(
    renderSemanticDiff(SAME),
    'Against fixture 1.2.3: rules, correlations and YARA files 0 added, 0 removed, 0 changed, 1 the same.\n',
  )
  assert.match(renderSemanticDiff({ ...SAME, against: null }), /^Nothing runs yet: rules/)
})

test('all that a diff can say, said', () => {
  const text = renderSemanticDiff({
    ...SAME,
    byChange: { added: 1_000, removed: 0, changed: 1, 'fires-otherwise': 1 },
    byClass: { ...SAME.byClass, unresolved: 1, 'matches-more': 3 },
    compared: { benign: 1, attack: 0, tests: 2_000 },
    newlyMatched: { ...NONE, benign: 1 },
    noLongerMatched: { ...NONE, tests: 3 },
    unanswered: { benign: 1, attack: 2, tests: 4 },
    fieldsAdded: [
      { source: 's', field: 'A' },
      { source: 's', field: 'B' },
      { source: 't', field: 'C' },
    ],
    fieldsAddedCount: 1_003,
    changes: [INDICATOR, CHANGE],
  })
  assert.equal(
    text,
    `Against fixture 1.2.3: rules, correlations and YARA files 1,000 added, 0 removed, 1 changed, 1 the same; 1 that did not change fire for other events.
By risk: matches more 3, unresolved 1.
Of 1 ordinary event, 1 newly matched, 0 no longer.
Of 2,000 test events, 0 newly matched, 3 no longer.
7 events without exactly one answer of each engine: nothing follows from them.
Fields that no rule read before: A, B (s); C (t); 1,000 more.

MATCHES MORE  indicator id: the same, fires otherwise
  fires for 1,000 ordinary events, 1 test event more; no longer fires for 2 attack events
    - c.jsonl  {}

UNRESOLVED  rule "Title" (id), high: changed, logic

And 2 more changes of lower risk that are not listed.
`,
  )
})

test('a change in one sentence', () => {
  assert.equal(howText(CHANGE), 'unresolved; changed, logic')
  assert.equal(
    howText(INDICATOR),
    'matches more; the same, fires otherwise; fires for 1,000 ordinary events, 1 test event more; no longer fires for 2 attack events',
  )
})

test('what a report has of it is bounded, and names the running image only where both are known', () => {
  const digest = 'a'.repeat(64)
  const against = { version: '1.2.3', imageDigest: digest }
  assert.deepEqual(diffSummary(SAME, digest).against, against)
  assert.equal(diffSummary(SAME, null).against, null)
  assert.equal(diffSummary({ ...SAME, against: null }, digest).against, null)
  const changes = Array.from({ length: 501 }, (_, i) => ({ ...INDICATOR, id: `${i}` }))
  const many = diffSummary(
    { ...SAME, changes, byChange: { added: 1, removed: 2, changed: 4, 'fires-otherwise': 8 } },
    digest,
  )
  assert.deepEqual([many.rulesAdded, many.rulesRemoved, many.rulesChanged], [1, 2, 12])
  assert.deepEqual([many.rules.length, many.samples.length], [REPORT_LIST_MAX.ruleChanges, REPORT_LIST_MAX.samples])
  assert.deepEqual(many.samples[0], { change: 'no-longer-matched', rule: '0', corpus: 'c.jsonl', event: '{}' })
  const { eventsCompared, eventsNewlyMatched, eventsNoLongerMatched } = diffSummary(
    {
      ...SAME,
      compared: { benign: 1, attack: 2, tests: 4 },
      newlyMatched: { benign: 8, attack: 16, tests: 32 },
      noLongerMatched: { benign: 64, attack: 128, tests: 256 },
    },
    null,
  )
  assert.deepEqual([eventsCompared, eventsNewlyMatched, eventsNoLongerMatched], [7, 56, 448])
  const { rules } = diffSummary({ ...SAME, changes: [INDICATOR, { ...CHANGE, change: 'added' }] }, null)
  assert.deepEqual(
    rules.map(({ change }) => change),
    ['changed', 'added'],
  )
})

test('the bytes of a diff say all of it', () => {
  const read = parseJson(encodeSemanticDiff({ ...SAME, changes: [CHANGE] }), 100_000, 'diff')
  assert.deepEqual(read, { ...SAME, changes: [CHANGE] })
})
