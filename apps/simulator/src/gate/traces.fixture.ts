import { type Json, jsonBytes } from '@firebreak/kernel'
import { parseScenario, World } from '@firebreak/world'
import { Trace } from './trace.ts'

/** A Tuesday morning: most of the world's offices are open or about to. */
const BASE = {
  title: 'a test',
  story: 'made up',
  hosts: 20_000,
  startsAt: '2026-03-03T08:00:00Z',
  horizonSeconds: 108_000,
  expected: { outcome: 'complete', harmedMax: 0 },
}

export function traceOf(change: Readonly<Record<string, Json>> = {}, seed = 1, hosts = BASE.hosts): Trace {
  return new Trace(new World(parseScenario(jsonBytes({ ...BASE, ...change })), hosts, seed))
}
