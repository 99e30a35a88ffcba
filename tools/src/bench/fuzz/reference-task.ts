import type { Instrumented } from '@firebreak/instrument'
import type { Omission } from '@firebreak/fuzz'

/** What the process that fuzzes the reference parser is given, as JSON: programs that are instrumented already. */
export interface ReferenceTask {
  readonly counting: Instrumented
  readonly tracing: Instrumented
  readonly seeds: readonly number[]
  /** Executions of each measurement of the rate. */
  readonly rateExecutions: number
  /** Executions after which a variant counts as not found. */
  readonly executionsMax: number
}

/** How often a second of CPU time executes the parser. */
export interface Rate {
  readonly arms: string
  readonly executionsPerCpuSecond: number
  /** Bytes of an input of the corpus, at the median. */
  readonly inputBytes: number
}

/** One campaign against one variant. */
export interface VariantSearch {
  readonly variant: string
  readonly seed: number
  readonly omitted: readonly Omission[]
  /** Null: not found; what is known is only that it takes more than the limit. */
  readonly executions: number | null
  readonly cpuSeconds: number
}

export interface ReferenceResult {
  readonly rates: readonly Rate[]
  readonly searches: readonly VariantSearch[]
  /** How many probes the field sweep took to find July 2024; null: it did not. */
  readonly sweepProbes: number | null
  readonly peakMiB: number
  /** Memory before the first execution. */
  readonly baseMiB: number
}
