import type { FuzzFinding, FuzzPoint, FuzzTarget } from '@firebreak/gate'
import type { Sha256Hex } from '@firebreak/kernel'

/** A module that is none of ours: its entry exports `createTarget`. */
export interface Foreign {
  readonly entry: string
}

/** What a worker is told to do. Buffers travel as they are: its channel serialises like structuredClone. */
export interface Job {
  readonly target: FuzzTarget | Foreign
  /** 0, or the number of the planted bug that is switched on: then the first finding ends the job. */
  readonly planted: number
  readonly seed: number
  readonly executions: number
  readonly seeds: readonly Uint8Array[]
  /** Run before all else. */
  readonly regressions: readonly Uint8Array[]
  /** For targets that read events with one. */
  readonly image: Uint8Array
  /** Executions for making each finding smaller. */
  readonly minimise: number
  /** A file that gets each input before it is run; null: none. For finding out what ends a worker. */
  readonly recordInputs: string | null
  readonly toolDigest: Sha256Hex
}

/** What a worker says, as it goes and at the end. */
export type Said =
  | { readonly kind: 'progress'; readonly executions: number; readonly blocks: number; readonly findings: number }
  | { readonly kind: 'done'; readonly result: JobResult }
  | { readonly kind: 'failed'; readonly message: string }

export interface JobResult {
  readonly scriptDigest: Sha256Hex
  readonly executions: number
  readonly accepted: number
  readonly blocks: number
  readonly blocksTotal: number
  readonly corpus: number
  readonly progress: readonly FuzzPoint[]
  readonly findings: readonly FuzzFinding[]
}
