import type { Canary } from '@firebreak/gate-app/fuzz'
import type { ContractAnswer } from '@firebreak/reference-parser'
import type { Json } from '@firebreak/kernel'
import { type Figures, median, rounded } from '../measure.ts'
import type { PeerFigures } from './peer.ts'
import type { ReferenceResult, VariantSearch } from './reference-task.ts'
import type { Search } from './suite-search.ts'

interface Searched {
  readonly executions: number | null
  readonly cpuSeconds: number
}

/**
 * A planted bug counts as found if every seed found it within the limit. One that a seed did not find is censored: it takes longer than
 * was searched, and nobody knows by how much.
 */
export function suiteFigures(canaries: readonly Canary[], searches: readonly Search[], cpuSecondsMax: number): Figures {
  const bugs = canaries.flatMap(({ id, target }) => {
    const own = searches.filter(({ canary }) => canary === id)
    return own.length === 0 ? [] : [{ id, target, own }]
  })
  const isFound = ({ own }: (typeof bugs)[number]): boolean =>
    own.every(({ executions, cpuSeconds }) => executions !== null && cpuSeconds <= cpuSecondsMax)
  return {
    planted: bugs.length,
    found: bugs.filter(isFound).length,
    seeds: Math.min(...bugs.map(({ own }) => own.length)),
    worstCpuSeconds: rounded(Math.max(0, ...searches.map(({ cpuSeconds }) => cpuSeconds))),
    searches: searches.length,
    censored: searches.filter(({ executions }) => executions === null).length,
    suitePeakMiB: Math.max(0, ...searches.map(({ peakMiB }) => peakMiB)),
    bugs: bugs.map(({ id, target, own }) => ({ id, target, ...summary(own) })),
  }
}

/** Of all seeds: in how many it was found, and how late. The median of executions counts what was not found as later than everything. */
export function summary(searches: readonly Searched[]): Figures {
  const executions = median(searches.map((one) => one.executions ?? Number.POSITIVE_INFINITY))
  return {
    found: searches.filter((one) => one.executions !== null).length,
    seeds: searches.length,
    medianExecutions: Number.isFinite(executions) ? Math.round(executions) : null,
    worstCpuSeconds: rounded(Math.max(0, ...searches.map(({ cpuSeconds }) => cpuSeconds))),
  }
}

export function variantsOf(searches: readonly VariantSearch[]): Figures {
  return byName(searches.filter(({ omitted }) => omitted.length === 0))
}

/** What is lost without a part of the engine. */
export function ablationsOf(searches: readonly VariantSearch[]): Json {
  const ablated = searches.filter(({ omitted }) => omitted.length > 0)
  return [...Map.groupBy(ablated, ({ omitted, variant }) => `${omitted.join()} ${variant}`)].map(([, own]) => ({
    without: own[0]?.omitted.join() ?? '',
    variant: own[0]?.variant ?? '',
    ...summary(own),
  }))
}

/** The ways to find July 2024, by what they cost. */
export function replicaOf({ searches, sweepProbes }: ReferenceResult, answer: ContractAnswer): Figures {
  const of = (id: string): Figures =>
    summary(searches.filter(({ variant, omitted }) => variant === id && omitted.length === 0))
  return {
    byContract: { found: !answer.compatible, executions: answer.executions },
    bySweep: { found: sweepProbes !== null, executions: sweepProbes },
    byFuzzer: of('july-2024'),
    byFuzzerEvaluatingAll: of('july-2024-evaluate-all'),
  }
}

export function peerFigures(peer: PeerFigures): Figures {
  if ('absent' in peer) return { absent: peer.absent }
  const { version, execsPerCpuSecond, peakMiB, executionsMax, searches } = peer
  return { version, execsPerCpuSecond, peakMiB, executionsMax, reference: byName(searches) }
}

function byName(searches: readonly (Searched & { readonly variant: string })[]): Figures {
  const groups = Map.groupBy(searches, ({ variant }) => variant)
  return Object.fromEntries([...groups].map(([variant, own]) => [variant, summary(own)]))
}
