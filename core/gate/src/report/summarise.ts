import type { Novelty, Use } from '../contract/novelty.ts'
import type { EngineRun, SandboxTier } from '../execution/evidence.ts'
import type { FuzzedTarget, FuzzEvidence } from '../fuzz/evidence.ts'
import { isDecided, type TestCoverage, totalsOf } from '../tests/coverage.ts'
import type { CoverageSummary, EngineUse, FuzzedParser, FuzzProgress, FuzzSummary, NoveltySummary } from './parts.ts'
import { REPORT_LIST_MAX } from './read-parts.ts'

/** What checks found out, as a report says it: counted whole, listed as far as a report lists. */

export function summariseCoverage(coverage: TestCoverage): CoverageSummary {
  const { tests, decided } = totalsOf(coverage)
  const undecided = coverage.rules.flatMap(({ rule, tests: ofRule }) =>
    ofRule
      .filter((one) => !isDecided(one))
      .map(({ selection, field, kinds }) => ({
        rule: rule.title,
        what: `${selection}: ${[field ?? 'keywords', ...kinds].join('|')}`,
      })),
  )
  return { total: tests, decided, undecided: undecided.slice(0, REPORT_LIST_MAX.undecided) }
}

/** Each engine once, also when it ran several images. */
export function summariseEngines(runs: readonly EngineRun[]): readonly EngineUse[] {
  const ran = runs.filter(({ result }) => result.kind === 'ran')
  const uses = ran.map(({ engine: { version, digest }, sandbox }): EngineUse => {
    return { version, digest, sandboxTier: sandbox === null ? 'not known' : tierWords(sandbox) }
  })
  return [...new Map(uses.map((one) => [`${one.version} ${one.digest} ${one.sandboxTier}`, one])).values()]
}

function tierWords({ active, missing }: SandboxTier): string {
  const has = active.length === 0 ? 'none' : active.join(', ')
  return missing.length === 0 ? has : `${has}, without ${missing.join(', ')}`
}

export function summariseNovelty({ firstUses, hasHistory }: Novelty, uses: readonly Use[]): NoveltySummary {
  return { uses, firstUses, hasHistory }
}

export function summariseFuzz({ targets }: FuzzEvidence): FuzzSummary {
  return { targets: targets.map(summariseTarget) }
}

function summariseTarget(one: FuzzedTarget): FuzzedParser {
  const { target, executionsAsked, executions, blocks, blocksTotal, corpus, findings, progress } = one
  const points = thinned(
    progress.map((point): FuzzProgress => ({ executions: point.executions, blocks: point.blocks })),
  )
  return {
    name: target,
    executionsAsked,
    executions,
    blocks,
    blocksTotal,
    corpus,
    findings: findings.length,
    progress: points,
  }
}

/** As many points as a report shows, the first and the last among them. */
function thinned<T>(points: readonly T[]): readonly T[] {
  const most = REPORT_LIST_MAX.fuzzProgress
  const step = (points.length - 1) / (most - 1)
  const shown = new Set(Array.from({ length: most }, (_, i) => Math.round(i * step)))
  return points.filter((_, i) => shown.has(i))
}
