import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VerifiedImage } from '@firebreak/content'
import * as fc from 'fast-check'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import { imageOf } from '../diff/diff-fixture.ts'
import { rule } from '../gate-fixture.ts'
import { checkCost, costSummary, fuelRatio, memoryRatio } from './check-cost.ts'
import { REPORT_LIST_MAX } from '../report/read-parts.ts'
import { COST_CODES } from './codes.ts'
import type { CostEvidence, CostMeasure } from './evidence.ts'

const IMAGE = imageOf([rule(1, { 'Image|endswith': '/nc' })])
const POLICY = { ...GATE_POLICY_DEFAULT, costRatioPpmMax: 1_500_000, fuelPerEventMax: 100 }
const MIB = 1024 * 1024
const MEASURE: CostMeasure = {
  fuel: 30_000,
  fuelPeak: 8,
  peakEvent: '{"a":1}',
  memoryBytes: 5 * MIB,
  cpuNsPerEvent: 10_000,
}

function evidenceOf(more: Partial<CostMeasure>, ratio = 1, running: CostMeasure | null = MEASURE): CostEvidence {
  const pairs = Array.from({ length: 12 }, (_, i) => ({
    candidateNs: Math.round(1_000_000 * ratio) + i,
    runningNs: 1_000_000,
  }))
  return { events: 1_000, candidate: { ...MEASURE, ...more }, running, pairs: running ? pairs : [] }
}

const slow = { cpuNsPerEvent: 20_000 }
const rows: readonly (readonly [name: string, evidence: CostEvidence | null, expected: string])[] = [
  ['the same', evidenceOf({}), 'pass:'],
  ['exactly what the policy allows', evidenceOf({ fuel: 45_000 }), 'pass:'],
  ['more work than allowed', evidenceOf({ fuel: 45_001 }), 'fail: gate/cost-fuel'],
  ['one dear event', evidenceOf({ fuelPeak: 101 }), 'fail: gate/cost-peak gate/cost-undeclared'],
  ['more than declared, and yet within the policy', evidenceOf({ fuelPeak: 99 }), 'fail: gate/cost-undeclared'],
  ['surely slower', evidenceOf(slow, 1.6), 'fail: gate/cost-cpu'],
  ['a ratio of next to nothing', evidenceOf({ cpuNsPerEvent: 10_500 }, 1.6), 'pass:'],
  ['slower within the policy', evidenceOf(slow, 1.4), 'pass:'],
  ['more memory', evidenceOf({ memoryBytes: 8 * MIB }), 'fail: gate/cost-memory'],
  ['more of next to no memory', evidenceOf({ memoryBytes: 4 * MIB }, 1, { ...MEASURE, memoryBytes: 10 }), 'pass:'],
  [
    'more memory than declared',
    evidenceOf({ memoryBytes: 9 * MIB }, 1, { ...MEASURE, memoryBytes: 9 * MIB }),
    'fail: gate/cost-undeclared',
  ],
  ['a first release', evidenceOf({}, 1, null), 'pass:'],
  [
    'a first release with a dear event',
    evidenceOf({ fuelPeak: 101 }, 1, null),
    'fail: gate/cost-peak gate/cost-undeclared',
  ],
  ['nothing measured', null, 'inconclusive:'],
  ['no events', { ...evidenceOf({}), events: 0 }, 'inconclusive:'],
  ['too few pairs', { ...evidenceOf({}), pairs: evidenceOf({}).pairs.slice(7) }, 'inconclusive:'],
  ['too few pairs, and more work than allowed', { ...evidenceOf({ fuel: 90_000 }), pairs: [] }, 'fail: gate/cost-fuel'],
  [
    'numbers that are none',
    evidenceOf({ fuel: Number.NaN, fuelPeak: Number.NaN, memoryBytes: Number.NaN }),
    'fail: gate/cost-peak gate/cost-undeclared gate/cost-undeclared gate/cost-fuel gate/cost-memory',
  ],
]
for (const [name, evidence, expected] of rows) {
  test(`${name}: ${expected}`, () => {
    const { verdict, findings } = checkCost(IMAGE, evidence, POLICY)
    assert.equal(`${verdict}: ${findings.map(({ code }) => code).join(' ')}`.trimEnd(), expected)
  })
}

test('a noisy ratio fails nothing, however high its median', () => {
  const evidence = evidenceOf(slow, 2)
  const pairs = evidence.pairs.map((pair, i) => (i < 3 ? { ...pair, candidateNs: 1_000_000 } : pair))
  assert.equal(checkCost(IMAGE, { ...evidence, pairs }, POLICY).verdict, 'pass')
})

test('more of anything is never judged better', () => {
  const order = ['pass', 'fail']
  const measure = fc.record({
    fuel: fc.integer({ min: 0, max: 60_000 }),
    fuelPeak: fc.integer({ min: 0, max: 120 }),
    memoryBytes: fc.integer({ min: 0, max: 12 * MIB }),
  })
  fc.assert(
    fc.property(measure, measure, (a, b) => {
      const more = {
        fuel: Math.max(a.fuel, b.fuel),
        fuelPeak: Math.max(a.fuelPeak, b.fuelPeak),
        memoryBytes: Math.max(a.memoryBytes, b.memoryBytes),
      }
      const rank = (of: Partial<CostMeasure>) => order.indexOf(checkCost(IMAGE, evidenceOf(of), POLICY).verdict)
      assert.ok(rank(a) <= rank(more))
    }),
  )
})

test('regular expressions are proved once more: the worst is named, and one that the proof refuses fails', () => {
  const image = imageOf([rule(1, { 'CommandLine|re': ['ab+c', 'x[0-9]{1,40}y'] })])
  const { verdict, findings } = checkCost(image, evidenceOf({}), POLICY)
  const [note] = findings
  assert.equal(verdict, 'pass')
  assert.deepEqual([note?.code, note?.severity], ['gate/cost-regexes', 'note'])
  assert.match(
    note?.message ?? '',
    /^All 2 regular expressions run in linear time: the worst takes at most [1-9]\d* steps/,
  )
  const [first = new Uint32Array(), ...rest] = image.tables.regexes
  const broken = { ...image, tables: { ...image.tables, regexes: [first.subarray(0, 3), ...rest] } } as VerifiedImage
  const check = checkCost(broken, evidenceOf({}), POLICY)
  assert.deepEqual([check.verdict, check.findings.map(({ code }) => code)], ['fail', ['gate/cost-regex']])
  assert.match(check.reason, /^Regular expression 1 of the image: /)
  const bug = { ...image, tables: { ...image.tables, regexes: [null] } } as unknown as VerifiedImage
  assert.throws(() => checkCost(bug, evidenceOf({}), POLICY), TypeError)
})

test('findings have the severity of their code', () => {
  const severities = new Map(Object.entries(COST_CODES).map(([code, { severity }]) => [code, severity as string]))
  for (const [, evidence] of rows) {
    for (const { code, severity } of checkCost(IMAGE, evidence, POLICY).findings)
      assert.equal(severity, severities.get(code))
  }
})

test('a pass says what it rests on', () => {
  assert.equal(
    checkCost(IMAGE, evidenceOf({ fuel: 33_000 }, 1.02), POLICY).reason,
    'An event sets off 33.0 nodes and predicates, 8 at most: 1.10 times the running release, with 1.02 times the CPU time (1.02 to 1.02) and 1.00 times the memory.',
  )
  const { ratioPpm, candidate, running } = costSummary(evidenceOf({ fuel: 33_000 }, 1.5))
  assert.deepEqual([ratioPpm, candidate.fuelPerEvent, running?.fuelPerEvent], [1_500_005, 33, 30])
})

test('just what is allowed is allowed', () => {
  const { stepsPerByte, memoryBytes } = IMAGE.costBound
  const codes = (evidence: CostEvidence, policy = POLICY) =>
    checkCost(IMAGE, evidence, policy).findings.map(({ code }) => code)
  const held = evidenceOf({ fuelPeak: stepsPerByte, memoryBytes: memoryBytes + 8 * MIB }, 1, {
    ...MEASURE,
    memoryBytes: 8 * MIB,
  })
  assert.deepEqual(codes(held), [])
  assert.deepEqual(codes(held, { ...POLICY, fuelPerEventMax: stepsPerByte }), [])
  assert.deepEqual(codes(held, { ...POLICY, fuelPerEventMax: stepsPerByte - 1 }), ['gate/cost-peak'])
  assert.deepEqual(codes(evidenceOf({ memoryBytes: 7.5 * MIB })), [])
  const pairs = Array.from({ length: 12 }, () => ({ candidateNs: 1_500_000, runningNs: 1_000_000 }))
  assert.deepEqual(codes({ ...evidenceOf(slow), pairs }), [])
  assert.deepEqual(codes(evidenceOf({ cpuNsPerEvent: 12_000 }, 1.6)), [])
  assert.deepEqual(codes(evidenceOf({ cpuNsPerEvent: 12_001 }, 1.6)), ['gate/cost-cpu'])
})

test('a finding says how much more it is, with the event that shows it', () => {
  const said = (more: Partial<CostMeasure>) => {
    return checkCost(IMAGE, evidenceOf(more), POLICY).findings.map(({ message, fix, input }) => [message, fix, input])
  }
  assert.deepEqual(said({ fuel: 60_000, peakEvent: '{"b":2}' }), [
    [
      'An event sets off 60.0 nodes and predicates, with the running release 30.0: 2.00 times; the policy allows 1.50 times.',
      null,
      '{"b":2}',
    ],
  ])
  const declared = IMAGE.costBound.stepsPerByte
  assert.deepEqual(said({ fuelPeak: 1_000, peakEvent: '{"b":2}' }), [
    [
      'One event sets off 1,000 nodes and predicates; the policy allows 100.',
      'Give rules a literal that most events lack.',
      '{"b":2}',
    ],
    [`One event sets off 1,000 nodes and predicates; the image declares ${declared} steps at most.`, null, '{"b":2}'],
  ])
})

test('next to nothing is held against next to nothing, for each event and of memory', () => {
  const few = { ...MEASURE, fuel: 1_000, memoryBytes: 10 }
  assert.equal(fuelRatio(evidenceOf({ fuel: 15_999 }, 1, few)), 1)
  assert.equal(fuelRatio(evidenceOf({ fuel: 32_000 }, 1, few)), 2)
  assert.equal(memoryRatio(evidenceOf({ memoryBytes: 8 * MIB }, 1, few)), 2)
  assert.deepEqual([fuelRatio(evidenceOf({}, 1, null)), memoryRatio(evidenceOf({}, 1, null))], [1, 1])
})

test('a report has as many pairs as it can hold', () => {
  const pairs = Array.from({ length: 65 }, (_, i) => ({ candidateNs: i, runningNs: 1 }))
  assert.equal(costSummary({ ...evidenceOf({}), pairs }).pairs.length, REPORT_LIST_MAX.costPairs)
})
