import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ControlResult } from '../self-test/evidence.ts'
import { sampleFound, sampleReport } from './sample-report.ts'
import {
  costWords,
  countOf,
  diffWords,
  durationOf,
  fuzzWords,
  nameOf,
  percentOf,
  plural,
  riskWords,
  selfTestWords,
  timesOf,
} from './words.ts'

const MINUTE = 60_000
const HOUR = 60 * MINUTE

const rows: readonly (readonly [say: () => string, expected: string])[] = [
  [() => nameOf(sampleReport()), 'linux-baseline 1.1.0 (behavioural)'],
  [() => nameOf(sampleReport({ pack: '' })), 'A pack whose manifest cannot be read'],
  [() => countOf(0), '0'],
  [() => countOf(999), '999'],
  [() => countOf(1_000), '1,000'],
  [() => countOf(1_234_567), '1,234,567'],
  [() => plural(0, 'rule'), '0 rules'],
  [() => plural(1, 'rule'), '1 rule'],
  [() => plural(1_000, 'rule'), '1,000 rules'],
  [() => percentOf(0), '0 %'],
  [() => percentOf(1), '0.0001 %'],
  [() => percentOf(100), '0.01 %'],
  [() => percentOf(10_000), '1 %'],
  [() => percentOf(125_000), '12.5 %'],
  [() => percentOf(1_000_000), '100 %'],
  [() => percentOf(10_000_000), '1,000 %'],
  [() => timesOf(1_050_000), '1.05'],
  [() => timesOf(500_000), '0.50'],
  [() => durationOf(0), '0 ms'],
  [() => durationOf(1), '1 ms'],
  [() => durationOf(1_500), '1,500 ms'],
  [() => durationOf(1_000), '1 second'],
  [() => durationOf(59_000), '59 seconds'],
  [() => durationOf(MINUTE), '1 minute'],
  [() => durationOf(90_000), '90 seconds'],
  [() => durationOf(HOUR), '1 hour'],
  [() => durationOf(25 * HOUR), '25 hours'],
  [() => durationOf(24 * HOUR), '1 day'],
  [() => durationOf(48 * HOUR), '2 days'],
]
for (const [say, expected] of rows) test(`says ${expected}`, () => assert.equal(say(), expected))

const { diff, cost, risk, fuzz, selfTest } = sampleFound()
assert.ok(diff && cost && risk && fuzz && selfTest)

test('what changed, what it costs, how risky it is', () => {
  assert.equal(
    diffWords(diff),
    '1 rule added, 1 removed, 1 changed, 41 the same; of 20,000 events 5 match newly, 2 no longer',
  )
  assert.equal(diffWords({ ...diff, against: null, rulesAdded: 2 }), 'the first release: 2 rules, all of them new')
  const took = '2,100 ns of CPU time and 41 steps for each of 20,000 events'
  assert.equal(costWords(cost), `${took}, 1.05 times the running release`)
  assert.equal(costWords({ ...cost, ratioPpm: null }), took)
  assert.equal(riskWords(risk), '35 of 100: a first wave of at most 1 %, watched for at least 1 hour')
})

test('what was fuzzed, and whether anything was found', () => {
  const [first] = fuzz.targets
  assert.ok(first)
  assert.equal(fuzzWords(fuzz), '3 parsers, 60,000 executions, nothing found')
  const found = [first, { ...first, executions: 1, findings: 1 }, { ...first, executions: 2, findings: 2 }]
  assert.equal(fuzzWords({ targets: found }), '3 parsers, 20,003 executions, 3 findings')
})

test('of a self-test how much was as it must be', () => {
  assert.equal(
    selfTestWords(selfTest),
    '1 of 1 good case passed, 6 of 6 seeded faults rejected, 2 of 2 incidents rejected, 2 of 2 ablations noticed, 1 of 1 planted bug found',
  )
  const missed = (all: readonly ControlResult[]) => all.map((one, i) => (i === 0 ? { ...one, missed: 'why' } : one))
  const broken = {
    ...selfTest,
    good: missed(selfTest.good),
    faults: missed(selfTest.faults),
    museum: missed(selfTest.museum),
    ablations: selfTest.ablations.map((one, i) => ({ ...one, noticed: i > 0 })),
    canaries: selfTest.canaries.map((one) => ({ ...one, found: false })),
  }
  assert.equal(
    selfTestWords(broken),
    '0 of 1 good case passed, 5 of 6 seeded faults rejected, 1 of 2 incidents rejected, 1 of 2 ablations noticed, 0 of 1 planted bug found',
  )
})
