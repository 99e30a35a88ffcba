import type { Check } from '../exact/checks.ts'

/** What one policy made of the scenario. */
export interface PolicyFigures {
  readonly name: string
  readonly title: string
  /** Hosts that may have had the release, at the end. */
  readonly exposed: number
  readonly harmed: number
  /** From the first beginning that harmed to the stop; null: not stopped, or nobody was harmed before. */
  readonly haltSeconds: number | null
  readonly stopped: boolean
  /** Both numbers at times that grow, in seconds after publication. */
  readonly series: readonly SeriesPoint[]
}

export interface SeriesPoint {
  readonly tS: number
  readonly exposed: number
  readonly harmed: number
}

/** All that a simulation has to say, for a table, for JSON and for the page. */
export interface Report {
  readonly scenario: string
  readonly title: string
  readonly story: string
  readonly seed: number
  readonly hosts: number
  readonly simulatedSeconds: number
  readonly outcome: 'rolling' | 'halted' | 'complete'
  readonly ours: PolicyFigures
  readonly peers: readonly PolicyFigures[]
  readonly verdicts: readonly {
    readonly tS: number
    readonly kind: string
    readonly reason: string
    readonly explanation: string
  }[]
  readonly checks: readonly Check[]
}

/** What depends on the machine, not on the seed. */
export interface Expense {
  readonly wallSeconds: number
  readonly peakMiB: number
}

/** The one object of `--json`. */
export function jsonOf(report: Report, { wallSeconds, peakMiB }: Expense): Readonly<Record<string, unknown>> {
  const { ours, peers } = report
  return {
    scenario: report.scenario,
    seed: report.seed,
    hosts: report.hosts,
    verdict: report.outcome,
    exposed: ours.exposed,
    harmed: ours.harmed,
    haltSeconds: ours.haltSeconds,
    simulatedSeconds: report.simulatedSeconds,
    wallSeconds,
    peakMiB,
    peers: peers.map(({ name, exposed, harmed, haltSeconds }) => ({ name, exposed, harmed, haltSeconds })),
    checks: report.checks,
    ok: report.checks.every(({ ok }) => ok),
  }
}
