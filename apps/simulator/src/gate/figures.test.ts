import assert from 'node:assert/strict'
import { test } from 'node:test'
import { allAtOnce } from '../peers/all-at-once.ts'
import { bestPeer, figuresOf, kindsOf } from './figures.ts'
import type { Row } from './play.ts'
import { isFaulty, QUICK, readSuite, startsAtMs, strengthPpm } from './suite.ts'

function row(change: Partial<Row>): Row {
  return {
    kind: 'k',
    seed: 1,
    gate: allAtOnce.name,
    faulty: true,
    strengthPpm: 10_000,
    inTime: false,
    stopped: false,
    exposed: 100,
    harmed: 10,
    haltSeconds: null,
    hours: null,
    ...change,
  }
}

test('figures are what their names say', () => {
  const rows = [
    row({ inTime: true, stopped: true, harmed: 4, haltSeconds: 60 }),
    row({ inTime: true, stopped: true, harmed: 6, haltSeconds: 90, strengthPpm: 1_000 }),
    row({ stopped: true, harmed: 100 }),
    row({ harmed: 200, strengthPpm: 1_000 }),
    row({ faulty: false, strengthPpm: 0, harmed: 0, hours: 3 }),
    row({ faulty: false, strengthPpm: 0, harmed: 0, hours: 30 }),
    row({ faulty: false, strengthPpm: 0, harmed: 0, stopped: true, inTime: true }),
    row({ gate: 'another', harmed: 1_000_000 }),
  ]
  assert.deepEqual(figuresOf(allAtOnce, rows), {
    name: allAtOnce.name,
    title: allAtOnce.title,
    recall: 0.5,
    recallOnePercent: 0.5,
    recallTenthPercent: 0.5,
    recallLate: 0.75,
    precision: 0.75,
    falseHaltRate: 1 / 3,
    harmedMedian: 53,
    exposedMedian: 100,
    haltSecondsMedian: 75,
    rolloutHoursMedian: 30,
    rolloutHoursMax: null,
    within24Hours: 1 / 3,
  })
  assert.equal(kindsOf(allAtOnce.name, rows)[0]?.rollouts, 7)
})

test('with no rollout there is nothing to take a share of', () => {
  const { recall, precision, harmedMedian } = figuresOf(allAtOnce, [])
  assert.deepEqual([recall, precision, harmedMedian], [null, null, null])
})

test('the best peer catches nearly everything, and harms fewest', () => {
  const figures = figuresOf(allAtOnce, [row({})])
  const of = (name: string, recall: number, harmedMedian: number) => ({ ...figures, name, recall, harmedMedian })
  assert.equal(bestPeer([of('a', 0.94, 1), of('b', 0.96, 50), of('c', 1, 40)])?.name, 'c')
  assert.equal(bestPeer([of('a', 0.95, 1)]), null)
})

test('the suite has faulty and healthy scenarios, of which the start differs from seed to seed', () => {
  const { scenarios, rollouts } = readSuite(QUICK)
  const faulty = [...scenarios].filter(([, scenario]) => isFaulty(scenario))
  assert.ok(faulty.length >= 25 && scenarios.size - faulty.length >= 5)
  for (const [name, scenario] of scenarios) {
    assert.equal(scenario.expected.outcome === 'halted', isFaulty(scenario), name)
    assert.ok(scenario.hosts >= 100_000)
    assert.ok(rollouts.some(({ kind }) => kind === name))
    assert.equal(strengthPpm(scenario) > 0, isFaulty(scenario))
  }
  const [plain, weekend] = [scenarios.get('healthy'), scenarios.get('healthy-weekend')]
  assert.ok(plain && weekend)
  assert.equal(new Set(Array.from({ length: 120 }, (_, seed) => startsAtMs(plain, seed))).size, 120)
  assert.equal(startsAtMs(weekend, 5), weekend.startsAtMs)
})
