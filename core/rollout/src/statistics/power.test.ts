import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Fault, observationsAgainstRate, observationsCompared } from './power.fixture.ts'

const HALT = 1_000_000
const RUNS = 401

/** Median exposed hosts until the evidence is a million, and what we promise at most. */
const compared: readonly (readonly [name: string, fault: Fault, atMost: number])[] = [
  ['every host crashes, where 1 in 100,000 does', { usual: 1e-5, bad: 1 }, 20],
  ['10 % crash', { usual: 1e-5, bad: 0.1 }, 150],
  ['1 % crash', { usual: 1e-5, bad: 0.01 }, 1_000],
  ['0.1 % crash', { usual: 1e-5, bad: 0.001 }, 10_000],
  ['every host falls silent, where 1 % do', { usual: 0.01, bad: 1 }, 20],
  ['half fall silent', { usual: 0.01, bad: 0.5 }, 40],
  ['10 % fall silent', { usual: 0.01, bad: 0.1 }, 200],
]
for (const [name, fault, atMost] of compared) {
  test(`next to a control, ${name}: found within ${atMost}`, (t) => {
    const median = observationsCompared(fault, HALT, RUNS)
    t.diagnostic(`median ${median}`)
    assert.ok(median <= atMost, `${median}`)
    assert.ok(median >= 6, `${median}: six losses can't be a millionth of chance next to ten times as many hosts`)
  })
}

const stated: readonly (readonly [name: string, fault: Fault, atMost: number])[] = [
  ['every host fails, where 1 in 100,000 may', { usual: 1e-5, bad: 1 }, 3],
  ['10 % fail', { usual: 1e-5, bad: 0.1 }, 50],
  ['1 % fail', { usual: 1e-5, bad: 0.01 }, 500],
  ['0.1 % fail', { usual: 1e-5, bad: 0.001 }, 6_000],
]
for (const [name, fault, atMost] of stated) {
  test(`against a stated rate, ${name}: found within ${atMost}`, (t) => {
    const median = observationsAgainstRate(fault, HALT, RUNS)
    t.diagnostic(`median ${median}`)
    assert.ok(median <= atMost, `${median}`)
  })
}

test('a small excess is found too, by more hosts', (t) => {
  const median = observationsCompared({ usual: 0.01, bad: 0.02 }, HALT, 41)
  t.diagnostic(`1 % to 2 %: median ${median}`)
  assert.ok(median < 10_000)
})
