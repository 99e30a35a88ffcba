import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { VerifiedImage } from '@firebreak/content'
import * as fc from 'fast-check'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import { imageOf } from '../diff/diff-fixture.ts'
import { rule } from '../gate-fixture.ts'
import { checkCost, costSummary } from './check-cost.ts'
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
  const [note] = checkCost(image, evidenceOf({}), POLICY).findings
  assert.deepEqual([note?.code, note?.severity], ['gate/cost-regexes', 'note'])
  assert.match(note?.message ?? '', /^All 2 regular expressions run in linear time: the worst takes at most \d+ steps/)
  const [first = new Uint32Array(), ...rest] = image.tables.regexes
  const broken = { ...image, tables: { ...image.tables, regexes: [first.subarray(0, 3), ...rest] } } as VerifiedImage
  const check = checkCost(broken, evidenceOf({}), POLICY)
  assert.deepEqual([check.verdict, check.findings.map(({ code }) => code)], ['fail', ['gate/cost-regex']])
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
