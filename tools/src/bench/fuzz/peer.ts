/** A search of another fuzzer for one variant of the reference parser. */
export interface PeerSearch {
  readonly variant: string
  readonly seed: number
  /** Null: not found. */
  readonly executions: number | null
  readonly cpuSeconds: number
}

/** What another fuzzer did on the same parser, or why it could not. */
export type PeerFigures =
  | { readonly absent: string }
  | {
      readonly version: string
      readonly execsPerCpuSecond: number
      readonly peakMiB: number
      readonly searches: readonly PeerSearch[]
      /** Executions after which it was stopped. */
      readonly executionsMax: number
    }
