import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type FleetState, type RuleTicks, waitOf } from './fleet-state.ts'
import { RULES } from './fleet-table.fixture.ts'
import { HostColumns } from './host-columns.ts'
import { isSteady } from './strata.ts'
import { durationTicks, ticksOfHour } from './time-scale.ts'

test('a host is steady again when its last silence is seven days ago, and from the beginning', () => {
  const columns = new HostColumns(2)
  columns.unsteadyAt[1] = 5
  const steady = (host: number, now: number) => isSteady({ columns } as FleetState, host, now)
  const weekAfter = ticksOfHour(5) + durationTicks(7 * 86_400_000)
  assert.deepEqual([steady(0, 0), steady(1, ticksOfHour(5))], [true, false])
  assert.deepEqual([steady(1, weekAfter - 1), steady(1, weekAfter)], [false, true])
})

test('a host may be quiet for two of its intervals, for a second at least, and as the policy says where it states none', () => {
  const rules: RuleTicks = { ...RULES, silenceAfter: 900, silenceMin: 16, absenceAfter: 0, applyWithin: 0, watch: 0 }
  const waits = [0, 1, 7, 8, 9, 600].map((interval) => waitOf(rules, interval))
  assert.deepEqual(waits, [900, 16, 16, 16, 18, 1_200])
})
