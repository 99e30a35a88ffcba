import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import type { VerifiedImage } from '@firebreak/content'
import * as fc from 'fast-check'
import { type Plain, type PlainMap, rule, ruleId } from '../gate-fixture.ts'
import { imageOf, judgedBy, judgedTwice, ORDINARY, start } from './diff-fixture.ts'
import { diffSummary } from './diff-summary.ts'
import { renderSemanticDiff } from './render-diff.ts'
import { CHANGES_MAX, encodeSemanticDiff, semanticDiff } from './semantic-diff.ts'

const NC = { 'Image|endswith': '/nc' }
const ATTACKS = [
  start({ Image: '/tmp/nc', CommandLine: 'nc -e /bin/sh' }),
  start({ Image: '/tmp/x', CommandLine: 'x' }),
]

function diffOf(next: readonly Plain[], old: readonly Plain[]) {
  const [candidate, running] = [imageOf(next), imageOf(old)]
  const corpora = [
    judgedTwice('benign', ORDINARY, candidate, running),
    judgedTwice('attack', ATTACKS, candidate, running),
  ]
  return semanticDiff(candidate, running, corpora)
}

const titled = (n: number, selection: PlainMap, more: PlainMap) => ({ ...rule(n, selection), ...more })
/** Beside the rule that changes, so that an image is never empty. */
const OTHER = rule(9, { Image: '/never' })

const classes: readonly (readonly [name: string, next: readonly Plain[], old: readonly Plain[], expected: string])[] = [
  ['nothing', [rule(1, NC)], [rule(1, NC)], ''],
  ['a new rule', [rule(1, NC)], [], 'newly-enabled added  benign 1/0 attack 1/0'],
  ['a rule less', [], [rule(1, NC)], 'removed removed  benign 0/1 attack 0/1'],
  [
    'one more value',
    [rule(1, { 'Image|endswith': ['/nc', '/curl'] })],
    [rule(1, NC)],
    'matches-more changed logic benign 1/0 attack 0/0',
  ],
  [
    'one more condition',
    [rule(1, { ...NC, User: 'ada' })],
    [rule(1, NC)],
    'matches-less changed logic benign 0/0 attack 0/1',
  ],
  [
    'more here and less there is the riskier of both',
    [rule(1, { 'Image|startswith': '/usr/bin/c' })],
    [rule(1, NC)],
    'matches-more changed logic benign 2/1 attack 0/1',
  ],
  [
    'a change that no event shows',
    [rule(1, { 'Image|endswith': ['/nc', '/unseen'] })],
    [rule(1, NC)],
    'unresolved changed logic benign 0/0 attack 0/0',
  ],
  [
    'another log source',
    [rule(1, NC, { category: 'file_event', product: 'linux' })],
    [rule(1, NC)],
    'newly-enabled changed log-source benign 0/1 attack 0/1',
  ],
  [
    'a higher level',
    [titled(1, NC, { level: 'critical' })],
    [rule(1, NC)],
    'level-raised changed level benign 0/0 attack 0/0',
  ],
  [
    'a lower level and another title',
    [titled(1, NC, { level: 'low', title: 'Renamed' })],
    [rule(1, NC)],
    'level-lowered changed level,metadata benign 0/0 attack 0/0',
  ],
  [
    'tags',
    [titled(1, NC, { tags: ['attack.t1059'] })],
    [rule(1, NC)],
    'metadata changed metadata benign 0/0 attack 0/0',
  ],
]
for (const [name, next, old, expected] of classes) {
  test(`${name}: ${expected || 'no change'}`, () => {
    const { changes, same } = diffOf([...next, OTHER], [...old, OTHER])
    const shown = changes.map(({ class: is, change, parts, gained, lost }) => {
      return `${is} ${change} ${parts.join()} benign ${gained.benign}/${lost.benign} attack ${gained.attack}/${lost.attack}`
    })
    assert.equal(shown.join('; '), expected)
    assert.equal(same, expected === '' ? 2 : 1)
  })
}

test('the name of a selection is for people', () => {
  const renamed = { ...rule(1, NC), detection: { chosen: NC, condition: 'chosen' } }
  assert.deepEqual(
    diffOf([renamed], [rule(1, NC)]).changes.map(({ parts }) => parts),
    [['metadata']],
  )
})

test('a correlation that did not change fires otherwise when its rule does', () => {
  const correlation = {
    title: 'Many',
    id: ruleId(5),
    correlation: { type: 'event_count', rules: [ruleId(1)], timespan: '1m', condition: { gte: 2 }, generate: true },
  }
  const wide = rule(1, { 'Image|startswith': '/usr/bin' })
  const { changes } = diffOf([wide, correlation], [rule(1, NC), correlation])
  assert.deepEqual(
    changes.map(({ what, change, title, class: is }) => [what, change, title, is]),
    [
      ['rule', 'changed', 'Rule 1', 'matches-more'],
      ['correlation', 'fires-otherwise', 'Many', 'matches-more'],
    ],
  )
})

test('indicators, fields and features that are new are named, and a new indicator that fires is seen to', () => {
  const next = imageOf([rule(1, { ...NC, 'CommandLine|re': 'x{2}' })], { indicators: 'filename,curl,Bad\n' })
  const old = imageOf([rule(1, NC)], { indicators: 'ip,192.0.2.1,Bad\n' })
  const diff = semanticDiff(next, old, [judgedTwice('benign', ORDINARY, next, old)])
  assert.deepEqual(diff.indicators, [
    { kind: 'ipv4', added: 0, removed: 1 },
    { kind: 'filename', added: 1, removed: 0 },
  ])
  const source = 'category: process_creation, product: linux'
  assert.deepEqual(diff.fieldsAdded, [{ source, field: 'CommandLine' }])
  assert.deepEqual([diff.featuresAdded, diff.featuresRemoved], [['regex'], []])
  const fired = diff.changes.find(({ what }) => what === 'indicator')
  assert.deepEqual([fired?.change, fired?.class, fired?.gained.benign], ['fires-otherwise', 'matches-more', 1])
})

test('against nothing everything is new', () => {
  const candidate = imageOf([rule(1, NC), OTHER])
  const diff = semanticDiff(candidate, null, [judgedTwice('benign', ORDINARY, candidate, null)])
  assert.equal(diff.against, null)
  assert.deepEqual(diff.byChange, { added: 2, removed: 0, changed: 0, 'fires-otherwise': 0 })
  assert.deepEqual([diff.newlyMatched.benign, diff.fieldsAddedCount], [1, 1])
})

test('an event without exactly one answer of each is not compared, and counted', () => {
  const image = imageOf([rule(1, NC)])
  const judged = judgedTwice('benign', ORDINARY, image, image)
  const half = { ...judged, candidate: judged.candidate.slice(2) }
  const { compared, unanswered, changes } = semanticDiff(image, image, [half])
  assert.deepEqual([compared.benign, unanswered.benign, changes], [ORDINARY.length - 2, 2, []])
})

/** Packs whose rules are chosen by a few bits each. */
const packs = fc.array(fc.constantFrom(null, 'nc', 'curl', 'ls', 'unseen'), { minLength: 4, maxLength: 4 })
const rulesOf = (choice: readonly (string | null)[]): readonly Plain[] => [
  OTHER,
  ...choice.flatMap((name, n) => (name === null ? [] : [rule(n + 1, { 'Image|endswith': `/${name}` })])),
]

test('the way back is the same way: what one direction adds and gains, the other removes and loses', () => {
  const mirror = {
    added: 'removed',
    removed: 'added',
    changed: 'changed',
    'fires-otherwise': 'fires-otherwise',
  } as const
  fc.assert(
    fc.property(packs, packs, (a, b) => {
      const [there, back] = [diffOf(rulesOf(a), rulesOf(b)), diffOf(rulesOf(b), rulesOf(a))]
      const byId = (changes: typeof there.changes) => changes.toSorted((x, y) => (x.id < y.id ? -1 : 1))
      assert.deepEqual(
        byId(there.changes).map(({ id, change, gained, lost }) => [id, mirror[change], gained, lost]),
        byId(back.changes).map(({ id, change, gained, lost }) => [id, change, lost, gained]),
      )
      assert.deepEqual([there.newlyMatched, there.same], [back.noLongerMatched, back.same])
      assert.equal(there.changes.length, a.filter((name, n) => name !== b[n]).length)
    }),
    { numRuns: 40 },
  )
})

/** By asking each engine about each event, one rule at a time. */
function gainedByHand(next: VerifiedImage, old: VerifiedImage, id: string): number {
  const fires = (image: VerifiedImage) => judgedBy(image, ORDINARY).map(({ firedRuleIds }) => firedRuleIds.includes(id))
  const [now, then] = [fires(next), fires(old)]
  return now.filter((hit, i) => hit && !(then[i] ?? false)).length
}

test('gains are what the engines say, counted by hand', () => {
  fc.assert(
    fc.property(packs, packs, (a, b) => {
      const [next, old] = [imageOf(rulesOf(a)), imageOf(rulesOf(b))]
      const { changes } = semanticDiff(next, old, [judgedTwice('benign', ORDINARY, next, old)])
      for (const n of [1, 2, 3, 4]) {
        const change = changes.find(({ id }) => id === ruleId(n))
        assert.equal(change?.gained.benign ?? 0, gainedByHand(next, old, ruleId(n)))
      }
    }),
    { numRuns: 25 },
  )
})

test('it is bounded, and what is not listed is counted', () => {
  const many = Array.from({ length: CHANGES_MAX + 7 }, (_, n) => rule(n + 10, { Image: `/${n}` }))
  const diff = diffOf([...many, OTHER], [OTHER])
  assert.equal(diff.changes.length, CHANGES_MAX)
  assert.equal(diff.byClass['newly-enabled'], CHANGES_MAX + 7)
  assert.match(renderSemanticDiff(diff), /\nAnd 7 more changes of lower risk that are not listed\.\n$/)
})

test('the same diff is the same bytes', () => {
  const make = () => encodeSemanticDiff(diffOf([rule(1, { 'Image|endswith': '/curl' }), OTHER], [rule(1, NC)]))
  assert.deepEqual(make(), make())
})

test('what approvers read', () => {
  const [next, old] = [
    imageOf(
      [
        rule(1, { 'Image|endswith': ['/nc', '/curl'] }),
        titled(2, { 'CommandLine|contains': 'git' }, { title: 'Newly \u202e here', level: 'low' }),
        titled(3, NC, { level: 'critical' }),
        titled(4, { ...NC, User: 'root' }, {}),
      ],
      { version: '1.3.0', indicators: 'domain,bad.example,Bad\nip,192.0.2.7,Bad\n' },
    ),
    imageOf([rule(1, NC), rule(3, NC), rule(4, NC), rule(5, NC)]),
  ]
  const corpora = [judgedTwice('benign', ORDINARY, next, old), judgedTwice('attack', ATTACKS, next, old)]
  const text = renderSemanticDiff(semanticDiff(next, old, corpora))
  assert.equal(text, readFileSync(new URL('approvers.golden.txt', import.meta.url), 'utf8'))
})

test('a report has it in short', () => {
  const next = rule(1, { 'Image|endswith': ['/nc', '/curl'] })
  const summary = diffSummary(diffOf([next, OTHER], [rule(1, NC), OTHER]), 'a'.repeat(64))
  assert.deepEqual(summary.against, { version: '1.2.3', imageDigest: 'a'.repeat(64) })
  assert.deepEqual([summary.rulesChanged, summary.rulesSame, summary.eventsNewlyMatched], [1, 1, 1])
  assert.deepEqual(
    summary.rules.map(({ what }) => what),
    ['matches more; changed, logic; fires for 1 ordinary event more'],
  )
  assert.deepEqual(
    summary.samples.map(({ change, corpus }) => [change, corpus]),
    [['newly-matched', 'benign.jsonl']],
  )
})
