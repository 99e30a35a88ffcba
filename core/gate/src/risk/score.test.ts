import assert from 'node:assert/strict'
import { test } from 'node:test'
import { PPM_ALL } from '@firebreak/kernel'
import { parseReleaseDescription, releaseCustom } from '@firebreak/rollout'
import * as fc from 'fast-check'
import { failed, finding, inconclusive, passed } from '../check/check.ts'
import { imageOf, judgedTwice, ORDINARY } from '../diff/diff-fixture.ts'
import { CHANGE_CLASSES, type ChangeClass, type SemanticDiff, semanticDiff } from '../diff/semantic-diff.ts'
import { rule } from '../gate-fixture.ts'
import { RISK_CODES, RISK_FACTORS, type RiskInput } from './factors.ts'
import { releaseRisk, RISK_CLASSES, riskSummary, scoreRisk } from './score.ts'

const IMAGE = imageOf([rule(1, { 'Image|endswith': '/nc' })])
const SAME: SemanticDiff = semanticDiff(IMAGE, IMAGE, [judgedTwice('benign', ORDINARY, IMAGE, IMAGE)])
const MEASURE = { fuel: 30_000, fuelPeak: 9, peakEvent: '', memoryBytes: 5_000_000, cpuNsPerEvent: 9_000 }
const PAIRS = Array.from({ length: 12 }, () => ({ candidateNs: 1_000_000, runningNs: 1_000_000 }))
/** A release that changes nothing, of a pack with a long and good history. */
const CALM: RiskInput = {
  diff: SAME,
  novelty: { firstUses: [], hasHistory: true },
  cost: { events: 1_000, candidate: MEASURE, running: MEASURE, pairs: PAIRS },
  replay: passed('replay', 'Fine.'),
  author: { releases: 50, harmed: 0 },
}

const use = { source: 'process_creation linux *', field: 'Image', matcher: 'glob' }
const withClass = (is: ChangeClass, count: number): SemanticDiff => ({
  ...SAME,
  byClass: { ...SAME.byClass, [is]: count },
})
const withDiff = (more: Partial<SemanticDiff>): RiskInput => ({ ...CALM, diff: { ...SAME, ...more } })
const ordinary = (benign: number) =>
  withDiff({
    compared: { benign: 10_000, attack: 0, tests: 0 },
    newlyMatched: { benign, attack: 0, tests: 0 },
  })
const noted = (code: string, times: number) =>
  passed(
    'replay',
    'Fine.',
    Array.from({ length: times }, () => finding(code, 'x', null, { severity: 'note' })),
  )

/** Each factor by itself: what it says of a calm release with this one thing. */
const rows: readonly (readonly [name: string, input: RiskInput, expected: string])[] = [
  ['nothing', CALM, ''],
  ['a first release', withDiff({ against: null }), 'first-release 15'],
  ['one new rule', { ...CALM, diff: withClass('newly-enabled', 1) }, 'newly-enabled 4'],
  ['three new rules', { ...CALM, diff: withClass('newly-enabled', 3) }, 'newly-enabled 8'],
  ['a thousand new rules', { ...CALM, diff: withClass('newly-enabled', 1_000) }, 'newly-enabled 16'],
  ['a rule that matches more', { ...CALM, diff: withClass('matches-more', 1) }, 'matches-more 6'],
  ['a change that no event shows is as risky', { ...CALM, diff: withClass('unresolved', 1) }, 'unresolved 6'],
  [
    'a rule that matches less costs detections only',
    { ...CALM, diff: withClass('matches-less', 1) },
    'other-changes 2',
  ],
  ['a rule that is removed', { ...CALM, diff: withClass('removed', 1) }, 'other-changes 2'],
  ['metadata', { ...CALM, diff: withClass('metadata', 9) }, ''],
  ['one ordinary event', ordinary(1), 'ordinary-events 6'],
  ['many of them', ordinary(11), 'ordinary-events 16'],
  ['no ordinary events at all', withDiff({ compared: { benign: 0, attack: 5, tests: 5 } }), 'not-compared 10'],
  ['some without an answer', withDiff({ unanswered: { benign: 1, attack: 0, tests: 0 } }), 'not-compared 10'],
  ['indicators', withDiff({ indicators: [{ kind: 'ipv4', added: 1_000, removed: 0 }] }), 'indicators 3'],
  ['a field', withDiff({ fieldsAddedCount: 1 }), 'fields 2'],
  ['a feature', withDiff({ featuresAdded: ['regex'] }), 'features 8'],
  ['a first use ever', { ...CALM, novelty: { firstUses: [use], hasHistory: true } }, 'first-uses 7'],
  ['no history', { ...CALM, novelty: { firstUses: [], hasHistory: false } }, 'first-uses 20'],
  ['no measured cost', { ...CALM, cost: null }, 'cost 12'],
  [
    'a quarter more work',
    { ...CALM, cost: { events: 1_000, candidate: { ...MEASURE, fuel: 37_500 }, running: MEASURE, pairs: PAIRS } },
    'cost 4',
  ],
  [
    'work that is no number',
    { ...CALM, cost: { events: 1_000, candidate: { ...MEASURE, fuel: Number.NaN }, running: MEASURE, pairs: PAIRS } },
    'cost 12',
  ],
  ['a rule that fires for ordinary activity', { ...CALM, replay: noted('gate/ordinary-match', 1) }, 'replay 3'],
  ['a log source that was not replayed', { ...CALM, replay: noted('gate/source-not-replayed', 1) }, 'replay 2'],
  ['nothing replayed', { ...CALM, replay: inconclusive('replay', 'x') }, 'replay 12'],
  ['a flood', { ...CALM, replay: failed('replay', 'x', []) }, 'replay 12'],
  ['an unknown author', { ...CALM, author: null }, 'author-new 12'],
  ['a new author', { ...CALM, author: { releases: 0, harmed: 0 } }, 'author-new 12'],
  ['a young author', { ...CALM, author: { releases: 3, harmed: 0 } }, 'author-new 4'],
  ['one release that was recalled', { ...CALM, author: { releases: 50, harmed: 1 } }, 'author-harmed 6'],
]
for (const [name, input, expected] of rows) {
  test(`${name}: ${expected || 'no points'}`, () => {
    const { score, reasons } = scoreRisk(input)
    assert.equal(reasons.map(({ code, points }) => `${code} ${points}`).join(' '), expected)
    assert.equal(
      score,
      reasons.reduce((sum, { points }) => sum + points, 0),
    )
  })
}

test('every factor has a code of its own, is tried above and stays within its points', () => {
  assert.deepEqual(RISK_FACTORS.map(({ code }) => code).toSorted(), [...RISK_CODES].toSorted())
  const seen = new Set(rows.flatMap(([, input]) => scoreRisk(input).reasons.map(({ code }) => code)))
  assert.deepEqual([...seen].toSorted(), [...RISK_CODES].toSorted())
  for (const [, input] of rows) {
    for (const { judge, pointsMax } of RISK_FACTORS) assert.ok(judge(input).points <= pointsMax)
  }
})

const steps: readonly (readonly [input: RiskInput, shown: string])[] = [
  [CALM, '0 low 1000000 0'],
  [{ ...CALM, diff: withClass('matches-more', 1), author: null }, '18 low 1000000 0'],
  [{ ...CALM, novelty: { firstUses: [], hasHistory: false } }, '20 moderate 100000 15'],
  [{ ...CALM, novelty: { firstUses: [], hasHistory: false }, author: { releases: 50, harmed: 9 } }, '40 high 10000 45'],
  [
    {
      ...withDiff({ against: null }),
      novelty: { firstUses: [], hasHistory: false },
      author: { releases: 0, harmed: 9 },
      cost: null,
    },
    '79 extreme 1000 120',
  ],
]
for (const [input, expected] of steps) {
  test(`a score and what follows from it: ${expected}`, () => {
    const { score, class: is, firstWavePpmMax, bakeMsMin } = scoreRisk(input)
    assert.equal(`${score} ${is} ${firstWavePpmMax} ${bakeMsMin / 60_000}`, expected)
  })
}

/** Everything that the score counts, as numbers: the larger, the riskier. */
const risks = fc.record({
  classes: fc.array(fc.nat(9), { minLength: CHANGE_CLASSES.length, maxLength: CHANGE_CLASSES.length }),
  first: fc.boolean(),
  ordinary: fc.nat(40),
  unanswered: fc.nat(2),
  indicators: fc.nat(20_000),
  fields: fc.nat(20),
  features: fc.nat(3),
  uses: fc.nat(20),
  unknownHistory: fc.boolean(),
  work: fc.nat(30_000),
  memory: fc.nat(3_000_000),
  slow: fc.nat(1_000_000),
  firing: fc.nat(5),
  gaps: fc.nat(3),
  harmed: fc.nat(8),
  inexperience: fc.nat(20),
})
type Risks = typeof risks extends fc.Arbitrary<infer T> ? T : never

function inputOf(of: Risks): RiskInput {
  const byClass = Object.fromEntries(CHANGE_CLASSES.map((is, i) => [is, of.classes[i] ?? 0])) as SemanticDiff['byClass']
  const none = { attack: 0, tests: 0 }
  const candidate = {
    ...MEASURE,
    fuel: MEASURE.fuel + of.work,
    memoryBytes: MEASURE.memoryBytes + of.memory,
    cpuNsPerEvent: MEASURE.cpuNsPerEvent + of.slow / 100,
  }
  return {
    diff: {
      ...SAME,
      against: of.first ? null : SAME.against,
      byClass,
      compared: { benign: 10_000, ...none },
      newlyMatched: { benign: of.ordinary, ...none },
      unanswered: { benign: of.unanswered, ...none },
      indicators: [{ kind: 'domain', added: of.indicators, removed: 3 }],
      fieldsAddedCount: of.fields,
      featuresAdded: Array.from({ length: of.features }, (_, i) => `feature${i}`),
    },
    novelty: { firstUses: Array.from({ length: of.uses }, () => use), hasHistory: !of.unknownHistory },
    cost: {
      events: 1_000,
      candidate,
      running: MEASURE,
      pairs: PAIRS.map(({ runningNs }) => ({ candidateNs: 1_000_000 + of.slow, runningNs })),
    },
    replay: passed('replay', 'Fine.', [
      ...noted('gate/ordinary-match', of.firing).findings,
      ...noted('gate/corpus-small', of.gaps).findings,
    ]),
    author: { releases: 20 - of.inexperience, harmed: of.harmed },
  }
}

test('a further risk never lowers the score, and never asks for less care', () => {
  const keys = [
    'first',
    'ordinary',
    'unanswered',
    'indicators',
    'fields',
    'features',
    'uses',
    'unknownHistory',
  ] as const
  const more = ['work', 'memory', 'slow', 'firing', 'gaps', 'harmed', 'inexperience', 'classes'] as const
  const worst = (a: Risks, b: Risks, key: keyof Risks): Risks => {
    const [one, other] = [a[key], b[key]]
    if (Array.isArray(one) && Array.isArray(other))
      return { ...a, [key]: one.map((n, i) => Math.max(n, other[i] ?? 0)) }
    return { ...a, [key]: typeof one === 'boolean' ? one || Boolean(other) : Math.max(Number(one), Number(other)) }
  }
  fc.assert(
    fc.property(risks, risks, fc.constantFrom(...keys, ...more), (a, b, key) => {
      const [less, riskier] = [scoreRisk(inputOf(a)), scoreRisk(inputOf(worst(a, b, key)))]
      assert.ok(less.score <= riskier.score, key)
      assert.ok(less.firstWavePpmMax >= riskier.firstWavePpmMax)
      assert.ok(less.bakeMsMin <= riskier.bakeMsMin)
      assert.ok(RISK_CLASSES.indexOf(less.class) <= RISK_CLASSES.indexOf(riskier.class))
    }),
    { numRuns: 400 },
  )
})

test('whatever comes in, the score is a whole number from 0 to 100 that a release can carry', () => {
  fc.assert(
    fc.property(risks, (of) => {
      const risk = scoreRisk(inputOf(of))
      assert.ok(Number.isInteger(risk.score) && risk.score >= 0 && risk.score <= 100)
      const described = {
        pack: 'p',
        category: 'behavioural',
        version: '1.0.0',
        minimumEngine: '1.0.0',
        gateReportDigest: 'a'.repeat(64),
        emergency: false,
        risk: releaseRisk(risk),
      }
      assert.deepEqual(parseReleaseDescription(releaseCustom(described)), described)
    }),
  )
})

test('a report says each reason in a sentence', () => {
  const input: RiskInput = {
    ...CALM,
    diff: withClass('matches-more', 2),
    novelty: { firstUses: [use], hasHistory: true },
  }
  const { score, firstWavePpmMax, bakeMsMin, reasons } = riskSummary(scoreRisk(input))
  assert.deepEqual([score, firstWavePpmMax, bakeMsMin], [17, PPM_ALL, 0])
  assert.deepEqual(reasons, [
    { points: 10, reason: '2 rules now firing for events for which they did not.' },
    {
      points: 7,
      reason: '1 way of reading a field that no release ever used, as Image (glob) of process_creation linux *.',
    },
  ])
})

test('reasons come by their points, the most first', () => {
  const { reasons } = scoreRisk({ ...CALM, diff: withClass('newly-enabled', 1), author: { releases: 1, harmed: 1 } })
  assert.deepEqual(
    reasons.map(({ code, points }) => [code, points]),
    [
      ['author-new', 8],
      ['author-harmed', 6],
      ['newly-enabled', 4],
    ],
  )
})
