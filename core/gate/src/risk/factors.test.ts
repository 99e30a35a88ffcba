import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CostEvidence } from '../cost/evidence.ts'
import { finding, passed } from '../check/check.ts'
import { imageOf, judgedTwice, ORDINARY } from '../diff/diff-fixture.ts'
import { type SemanticDiff, semanticDiff } from '../diff/semantic-diff.ts'
import { rule } from '../gate-fixture.ts'
import { RISK_FACTORS, type RiskCode, type RiskInput } from './factors.ts'

const IMAGE = imageOf([rule(1, { 'Image|endswith': '/nc' })])
const SAME: SemanticDiff = semanticDiff(IMAGE, IMAGE, [judgedTwice('benign', ORDINARY, IMAGE, IMAGE)])
const MEASURE = { fuel: 100_000, fuelPeak: 9, peakEvent: '', memoryBytes: 10_000_000, cpuNsPerEvent: 9_000 }
const pairsOf = (ratio: number, count = 12) =>
  Array.from({ length: count }, () => ({ candidateNs: 1_000 * ratio, runningNs: 1_000 }))
const COST: CostEvidence = { events: 1_000, candidate: MEASURE, running: MEASURE, pairs: pairsOf(1) }
const CALM: RiskInput = {
  diff: SAME,
  novelty: { firstUses: [], hasHistory: true },
  cost: COST,
  replay: passed('replay', 'Fine.'),
  author: { releases: 50, harmed: 0 },
}

const diff = (more: Partial<SemanticDiff>): RiskInput => ({ ...CALM, diff: { ...SAME, ...more } })
const classes = (more: Partial<SemanticDiff['byClass']>) => diff({ byClass: { ...SAME.byClass, ...more } })
const ordinary = (benign: number) =>
  diff({
    compared: { benign: 1_000_000, attack: 0, tests: 0 },
    newlyMatched: { benign, attack: 900_000, tests: 900_000 },
  })
const indicators = (...added: readonly number[]) =>
  diff({ indicators: added.map((one) => ({ kind: 'domain', added: one, removed: 50_000 })) })
const uses = (count: number): RiskInput => ({
  ...CALM,
  novelty: {
    firstUses: Array.from({ length: count }, (_, i) => ({ source: 's', field: `F${i}`, matcher: 'glob' })),
    hasHistory: true,
  },
})
const cost = (candidate: Partial<typeof MEASURE>, pairs = COST.pairs): RiskInput => ({
  ...CALM,
  cost: { ...COST, candidate: { ...MEASURE, ...candidate }, pairs },
})
const replay = (...codes: readonly string[]): RiskInput => ({
  ...CALM,
  replay: passed(
    'replay',
    'Fine.',
    codes.map((code) => finding(code, 'x', null, { severity: 'note' })),
  ),
})
const author = (releases: number, harmed = 0): RiskInput => ({ ...CALM, author: { releases, harmed } })

/** What each factor gives just below and just at each of its steps. */
const rows: readonly (readonly [code: RiskCode, input: RiskInput, points: number, words?: string])[] = [
  ['other-changes', classes({ 'level-raised': 1, removed: 1, 'matches-less': 1 }), 4],
  ['other-changes', classes({ 'level-lowered': 1 }), 2, '1 rule of another level, removed, or firing for less.'],
  ['other-changes', classes({ 'level-raised': 1, removed: 2, 'matches-less': 4, 'level-lowered': 8 }), 8],
  ['ordinary-events', ordinary(0), 0],
  ['ordinary-events', ordinary(1), 6, 'It fires for 1 ordinary event for which nothing fired: 1 ppm.'],
  ['ordinary-events', ordinary(100), 6],
  ['ordinary-events', ordinary(101), 10],
  ['ordinary-events', ordinary(1_000), 10],
  ['ordinary-events', ordinary(1_001), 16],
  ['not-compared', diff({ unanswered: { benign: 0, attack: 9, tests: 9 } }), 0],
  ['not-compared', diff({ unanswered: { benign: 1, attack: 0, tests: 0 } }), 10],
  ['indicators', indicators(0), 0],
  ['indicators', indicators(1), 1, '1 indicator added.'],
  ['indicators', indicators(500, 499), 1],
  ['indicators', indicators(500, 500), 3, '1,000 indicators added.'],
  ['indicators', indicators(9_999), 3],
  ['indicators', indicators(10_000), 5],
  ['fields', diff({ fieldsAddedCount: 0 }), 0],
  ['fields', diff({ fieldsAddedCount: 3 }), 4, '3 fields read that the running release does not read.'],
  ['fields', diff({ fieldsAddedCount: 15 }), 8],
  ['features', diff({ featuresAdded: ['a', 'b'] }), 16],
  ['features', diff({ featuresAdded: ['a', 'b', 'c'] }), 16],
  ['first-uses', uses(0), 0, '0 ways of reading a field that no release ever used.'],
  ['first-uses', uses(1), 7, '1 way of reading a field that no release ever used, as F0 (glob) of s.'],
  ['first-uses', uses(3), 14],
  ['first-uses', uses(7), 20],
  ['cost', cost({ fuel: 104_999 }), 0],
  ['cost', cost({ fuel: 105_000 }), 2],
  ['cost', cost({ fuel: 119_999 }), 2],
  ['cost', cost({ fuel: 120_000 }), 4],
  ['cost', cost({ fuel: 139_999 }), 4],
  ['cost', cost({ fuel: 140_000 }), 6],
  ['cost', cost({ memoryBytes: 10_999_999 }), 0],
  ['cost', cost({ memoryBytes: 11_000_000 }), 1],
  ['cost', cost({ memoryBytes: 12_999_999 }), 1],
  ['cost', cost({ memoryBytes: 13_000_000 }), 3],
  ['cost', cost({}, pairsOf(2)), 0],
  ['cost', cost({ cpuNsPerEvent: 11_000 }, pairsOf(2)), 0],
  ['cost', cost({ cpuNsPerEvent: 11_001 }, pairsOf(2)), 3],
  ['cost', cost({ cpuNsPerEvent: 11_001 }, pairsOf(1.1)), 3],
  ['cost', cost({ cpuNsPerEvent: 11_001 }, pairsOf(1.099)), 0],
  ['cost', cost({ cpuNsPerEvent: 11_001 }, pairsOf(1, 3)), 3],
  ['cost', cost({ fuel: 140_000, memoryBytes: 13_000_000, cpuNsPerEvent: 11_001 }, pairsOf(2)), 12],
  ['cost', { ...CALM, cost: { ...COST, running: null, pairs: [] } }, 0],
  ['replay', replay('gate/corpus-small'), 2],
  ['replay', replay('gate/source-not-replayed', 'gate/corpus-small', 'gate/source-not-replayed'), 4],
  ['replay', replay('gate/ordinary-match', 'gate/ordinary-match', 'gate/ordinary-match'), 6],
  ['replay', replay('gate/ordinary-part'), 0, '0 rules firing for ordinary activity; 0 gaps in what was replayed.'],
  ['author-new', author(0), 12, 'No earlier release of this pack is known.'],
  ['author-new', author(1), 8, 'Only 1 earlier release of this pack.'],
  ['author-new', author(2), 8],
  ['author-new', author(3), 4],
  ['author-new', author(9), 4],
  ['author-new', author(10), 0],
  ['author-harmed', author(10, 3), 12, '3 earlier releases of this pack halted or recalled.'],
  ['author-harmed', author(50, 50), 20],
]
for (const [i, [code, input, points, words]] of rows.entries()) {
  test(`${i}: ${code} has ${points} points`, () => {
    const judged = RISK_FACTORS.find((one) => one.code === code)?.judge(input)
    assert.equal(judged?.points, points)
    if (words !== undefined) assert.equal(judged.message, words)
  })
}

test('what is not known is said, and counts in full', () => {
  const unknown: readonly (readonly [code: RiskCode, input: RiskInput, points: number, words: RegExp])[] = [
    ['cost', { ...CALM, cost: null }, 12, /^What events cost was not measured\.$/],
    ['replay', { ...CALM, replay: { ...CALM.replay, verdict: 'fail' } }, 12, /^Ordinary activity was not replayed/],
    ['first-uses', { ...CALM, novelty: { firstUses: [], hasHistory: false } }, 20, /^Nothing is known of earlier/],
  ]
  for (const [code, input, points, words] of unknown) {
    const judged = RISK_FACTORS.find((one) => one.code === code)?.judge(input)
    assert.equal(judged?.points, points)
    assert.match(judged.message, words)
  }
})

test('the cost is said as ratios', () => {
  const judged = RISK_FACTORS.find(({ code }) => code === 'cost')?.judge(
    cost({ fuel: 150_000, memoryBytes: 9_000_000 }),
  )
  assert.equal(judged?.message, 'Events set off 1.50 times the work of the running release, in 0.90 times the memory.')
})
