import assert from 'node:assert/strict'
import { test } from 'node:test'
import { simulate } from '../exact/simulate.ts'
import { ours } from '../peers/ours.ts'
import { runGate } from './run-gate.ts'
import { readSuite, QUICK } from './suite.ts'
import { Trace } from './trace.ts'
import { World } from '@firebreak/world'

const { scenarios } = readSuite(QUICK)

/**
 * The exact simulator sends every beacon to the production fleet table; a trace counts by formula, in another order of exposure. They agree on what
 * comes of a rollout, and on how many are harmed up to chance: which hosts come first.
 */
const rows: readonly (readonly [string, number, 'halted' | 'complete', harmed: readonly [number, number]])[] = [
  ['crash-at-once', 4_000, 'halted', [3, 15]],
  ['crash-first-event', 4_000, 'halted', [3, 15]],
  ['heisenbug-fallback-10', 4_000, 'halted', [1, 12]],
  ['cpu-10', 4_000, 'halted', [4, 110]],
  ['healthy', 2_000, 'complete', [0, 0]],
]
for (const [name, hosts, outcome, [least, most]] of rows) {
  test(`${name}: the exact simulator and a trace agree: ${outcome}`, () => {
    const scenario = scenarios.get(name)
    assert.ok(scenario)
    // A morning: else there are few of the small fleet's canaries to compare.
    const morning = { ...scenario, startsAtMs: scenario.startsAtMs + 33 * 3_600_000 }
    const exact = simulate(morning, { hosts, seed: 3 })
    const run = runGate(ours, new Trace(new World(morning, hosts, 3)))
    assert.deepEqual([exact.status, run.stoppedAtS === null ? 'complete' : 'halted'], [outcome, outcome])
    for (const harmed of [exact.journal.harms.length, run.harmed]) {
      assert.ok(harmed >= least && harmed <= most, `${exact.journal.harms.length} and ${run.harmed}`)
    }
    if (outcome === 'complete') assert.equal(run.exposed, hosts)
  })
}
