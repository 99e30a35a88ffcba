import type { Sha256Hex } from '@firebreak/kernel'

/** Every parser that the gate fuzzes. Closed: evidence without one of them is incomplete. */
export const FUZZ_TARGETS = [
  'manifest',
  'sigma',
  'yaml',
  'condition',
  'regex',
  'indicators',
  'image',
  'event',
  'batch',
  'tuf',
  'beacon',
  'plan',
  'policy',
  'report',
  'frames',
] as const
export type FuzzTarget = (typeof FUZZ_TARGETS)[number]

/** Something that must never happen, and the smallest input that is known to bring it about. */
export interface FuzzFinding {
  /** Equal for what is taken for the same bug. */
  readonly bucket: string
  /** The oracle that spoke, and more where that tells kinds apart: `undeclared-error:bug/TypeError`. */
  readonly code: string
  readonly message: string
  /** `function:line` of the bundled script; null where that is not known. */
  readonly place: string | null
  readonly input: Uint8Array
  /** How many executions had been done when it was first found; 0: an old one, found again. */
  readonly foundAt: number
}

export interface FuzzPoint {
  readonly executions: number
  readonly blocks: number
  readonly corpus: number
}

/** What became of one target. */
export interface FuzzedTarget {
  readonly target: FuzzTarget
  /** Of the script that was fuzzed, before it was instrumented. */
  readonly scriptDigest: Sha256Hex
  /** What this target was given: its share of the executions that the policy asks for. */
  readonly executionsAsked: number
  readonly executions: number
  readonly accepted: number
  readonly blocks: number
  readonly blocksTotal: number
  readonly corpus: number
  /** Inputs that once showed a bug, run first. */
  readonly regressions: number
  readonly progress: readonly FuzzPoint[]
  readonly findings: readonly FuzzFinding[]
  /** Why it did not run to its end, when that is nobody's finding; null: it did. */
  readonly fault: string | null
}

/** A bug that was planted into a parser, to see that the fuzzer finds bugs. */
export interface FuzzedCanary {
  readonly canary: string
  readonly target: FuzzTarget
  readonly what: string
  /** The code of the finding; null: not found. */
  readonly found: string | null
  readonly executions: number
  /** Why it was not tried to the end; null: it was. */
  readonly fault: string | null
}

/** What the fuzzer did and found. Equal for equal candidate, policy, seed and code. */
export interface FuzzEvidence {
  readonly seed: number
  /** Of the fuzzing engine and the instrumentation. */
  readonly toolDigest: Sha256Hex
  readonly targets: readonly FuzzedTarget[]
  readonly canaries: readonly FuzzedCanary[]
}
