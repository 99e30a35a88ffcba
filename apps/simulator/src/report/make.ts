import type { Scenario } from '@firebreak/world'
import { comparePeers } from '../compare.ts'
import { checkSimulation, outcomeOf } from '../exact/checks.ts'
import { simulate, type SimulationOptions, WARM_UP_SECONDS } from '../exact/simulate.ts'
import type { Report } from './figures.ts'
import { seriesOf } from './series.ts'

/** Runs a scenario, holds it to its promises, and sets other policies beside ours. */
export function makeReport(name: string, scenario: Scenario, options: SimulationOptions): Report {
  const run = simulate(scenario, options)
  const stopped = run.status === 'halted'
  return {
    scenario: name,
    title: scenario.title,
    story: scenario.story,
    seed: options.seed,
    hosts: options.hosts,
    simulatedSeconds: run.endedAtS - WARM_UP_SECONDS,
    outcome: run.status,
    ours: { name: 'firebreak', title: 'Firebreak', ...outcomeOf(run), stopped, series: seriesOf(run) },
    peers: comparePeers(run.world),
    verdicts: run.journal.verdicts.map(({ atS, kind, reason, explanation }) => {
      return { tS: atS - WARM_UP_SECONDS, kind, reason, explanation }
    }),
    checks: checkSimulation(run),
  }
}
