import type { Ppm, Sha256Hex, Version, WallMs } from '@firebreak/kernel'
import type { CheckResult } from '../check/check.ts'
import type { Use } from '../contract/novelty.ts'

/**
 * What the parts of a gate report say. They are words of the report and of nothing else: a check may change how it works without
 * changing what a report of last year means.
 */

/** A number that a check wants seen beside its reason. */
export interface Figure {
  readonly name: string
  readonly value: number
  /** 'events', 'ms', 'bytes', ...; empty for a plain number. */
  readonly unit: string
}

/** What a check said, and what it took to say it. */
export interface CheckRecord extends CheckResult {
  readonly cpuMs: number
  readonly wallMs: number
  readonly figures: readonly Figure[]
}

/** The gate that made the report. */
export interface GateTool {
  readonly name: string
  readonly version: Version
  /** Of its code. */
  readonly digest: Sha256Hex
}

/** A build of the engine that loaded and ran the image. */
export interface EngineUse {
  readonly version: Version
  readonly digest: Sha256Hex
  /** Of the process that it ran in, on the machine of the gate. */
  readonly sandboxTier: string
}

/** The release that hosts ran when the candidate was judged. */
export interface ReleaseName {
  readonly version: Version
  readonly imageDigest: Sha256Hex
}

/** Whether the pack's own tests decide what its rules ask. */
export interface CoverageSummary {
  /** Selections and field tests of all rules. */
  readonly total: number
  readonly decided: number
  readonly undecided: readonly UndecidedTest[]
}

export interface UndecidedTest {
  readonly rule: string
  /** A selection, or a field with its matcher. */
  readonly what: string
}

/** What the candidate changes for those who run the release before it. */
export interface DiffSummary {
  /** Null for a first release: everything is new. */
  readonly against: ReleaseName | null
  readonly rulesAdded: number
  readonly rulesRemoved: number
  readonly rulesChanged: number
  readonly rulesSame: number
  readonly rules: readonly RuleChange[]
  /** Events that both releases judged. */
  readonly eventsCompared: number
  readonly eventsNewlyMatched: number
  readonly eventsNoLongerMatched: number
  readonly samples: readonly VerdictChange[]
}

export const RULE_CHANGES = ['added', 'removed', 'changed'] as const
export interface RuleChange {
  readonly change: (typeof RULE_CHANGES)[number]
  readonly id: string
  readonly title: string
  readonly level: string
  /** In words: what is different, and for how many events. */
  readonly what: string
}

export const VERDICT_CHANGES = ['newly-matched', 'no-longer-matched'] as const
export interface VerdictChange {
  readonly change: (typeof VERDICT_CHANGES)[number]
  readonly rule: string
  readonly corpus: string
  /** The event as text, cut where it is long. */
  readonly event: string
}

export interface NoveltySummary {
  /** All that this image uses, for the gates of later releases. */
  readonly uses: readonly Use[]
  /** Of these, the ones that no release before this one made. */
  readonly firstUses: readonly Use[]
  /** False: nothing is known of earlier releases, so that every use counts as a first one. */
  readonly hasHistory: boolean
}

/** What events cost with the candidate, and with the running release in the same run. */
export interface CostSummary {
  readonly events: number
  readonly candidate: CostFigures
  /** Null for a first release. */
  readonly running: CostFigures | null
  /** 1,000,000 is the same; null for a first release. */
  readonly ratioPpm: Ppm | null
  /** CPU time of each block of events, both releases in turns. */
  readonly pairs: readonly CostPair[]
}

export interface CostFigures {
  readonly cpuNsPerEvent: number
  /** Nodes and predicates: the same on every machine. */
  readonly fuelPerEvent: number
  readonly fuelPerEventPeak: number
  readonly memoryBytes: number
}

export interface CostPair {
  readonly candidateNs: number
  readonly runningNs: number
}

/** How careful the rollout has to be, and why. */
export interface RiskSummary {
  /** 0 to 100. */
  readonly score: number
  readonly reasons: readonly RiskReason[]
  readonly firstWavePpmMax: Ppm
  readonly bakeMsMin: WallMs
}

export interface RiskReason {
  readonly points: number
  readonly reason: string
}

export interface FuzzSummary {
  readonly targets: readonly FuzzedParser[]
}

export interface FuzzedParser {
  readonly name: string
  /** Its share of what the policy asks for. */
  readonly executionsAsked: number
  readonly executions: number
  /** Of its code, reached and in all. */
  readonly blocks: number
  readonly blocksTotal: number
  readonly corpus: number
  readonly findings: number
  /** Never falling, in both. */
  readonly progress: readonly FuzzProgress[]
}

export interface FuzzProgress {
  readonly executions: number
  readonly blocks: number
}
