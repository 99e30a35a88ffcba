import type { CostBound, Position } from '@firebreak/content'
import {
  boolean,
  digest,
  integer,
  list,
  literal,
  nullable,
  object,
  PPM_ALL,
  type Reader,
  text,
  version,
} from '@firebreak/kernel'
import { RISK_BAKE_MS_MAX, RISK_SCORE_MAX } from '@firebreak/rollout'
import {
  CHECK_VERDICTS,
  type CheckId,
  CODE_CHARS_MAX,
  FILE_CHARS_MAX,
  type Finding,
  FINDINGS_MAX,
  MESSAGE_CHARS_MAX,
  PRINTABLE,
  SEVERITIES,
} from '../check/check.ts'
import type { GatePolicy } from '../check/policy.ts'
import { readHistory } from '../contract/novelty.ts'
import type { AblationResult, CanaryResult, ControlResult, SelfTestEvidence } from '../self-test/evidence.ts'
import {
  type CheckRecord,
  type CostFigures,
  type CostPair,
  type CostSummary,
  type CoverageSummary,
  type DiffSummary,
  type EngineUse,
  type Figure,
  type FuzzedParser,
  type FuzzProgress,
  type FuzzSummary,
  type GateTool,
  type NoveltySummary,
  type ReleaseName,
  type RiskReason,
  type RiskSummary,
  RULE_CHANGES,
  type RuleChange,
  type UndecidedTest,
  VERDICT_CHANGES,
  type VerdictChange,
} from './parts.ts'

/** Items of a list of a report; whoever writes one cuts it, and the counts beside it say how many there were. */
export const REPORT_LIST_MAX = {
  figures: 32,
  engines: 64,
  undecided: 500,
  ruleChanges: 500,
  samples: 50,
  costPairs: 64,
  riskReasons: 64,
  fuzzedParsers: 32,
  fuzzProgress: 64,
  controls: 1_000,
  ablations: 1_000,
  canaries: 100,
} as const
const MAX = REPORT_LIST_MAX

/** Every check that a report of any age may name. */
const CHECK_NAMES = [
  'source',
  'compile',
  'verify',
  'tests',
  'contract',
  'execution',
  'replay',
  'cost',
  'fuzz',
  'self-test',
] as const satisfies readonly CheckId[]

const words = text(MESSAGE_CHARS_MAX, PRINTABLE)
const count = integer(0, Number.MAX_SAFE_INTEGER)
const checkId = literal(...CHECK_NAMES)
const place = literal(...CHECK_NAMES, 'report')

const position = object<Position>({
  file: text(FILE_CHARS_MAX, PRINTABLE),
  line: integer(1, Number.MAX_SAFE_INTEGER),
  column: integer(1, Number.MAX_SAFE_INTEGER),
})

const finding = object<Finding>({
  code: text(CODE_CHARS_MAX, PRINTABLE),
  severity: literal(...SEVERITIES),
  message: words,
  at: nullable(position),
  fix: nullable(words),
  input: nullable(words),
})

export const checkRecords: Reader<readonly CheckRecord[]> = list(
  object<CheckRecord>({
    id: checkId,
    verdict: literal(...CHECK_VERDICTS),
    reason: words,
    findings: list(finding, FINDINGS_MAX),
    cpuMs: count,
    wallMs: count,
    figures: list(object<Figure>({ name: words, value: count, unit: words }), MAX.figures),
  }),
  CHECK_NAMES.length,
)

export const costBound: Reader<CostBound> = object<CostBound>({ stepsPerByte: count, memoryBytes: count })

export const tool: Reader<GateTool> = object<GateTool>({ name: words, version, digest })

export const engines: Reader<readonly EngineUse[]> = list(
  object<EngineUse>({ version, digest, sandboxTier: words }),
  MAX.engines,
)

/** Also of the file that says what a release is held to. */
export const gatePolicy: Reader<GatePolicy> = object<GatePolicy>({
  engines: (value, at) => (value === 'all' ? value : list(version, MAX.engines)(value, at)),
  falsePositivesPpmMax: integer(0, PPM_ALL),
  costRatioPpmMax: count,
  fuelPerEventMax: count,
  fuzzExecutions: count,
})

export const coverage: Reader<CoverageSummary> = object<CoverageSummary>({
  total: count,
  decided: count,
  undecided: list(object<UndecidedTest>({ rule: words, what: words }), MAX.undecided),
})

const releaseName = object<ReleaseName>({ version, imageDigest: digest })

export const diff: Reader<DiffSummary> = object<DiffSummary>({
  against: nullable(releaseName),
  rulesAdded: count,
  rulesRemoved: count,
  rulesChanged: count,
  rulesSame: count,
  rules: list(
    object<RuleChange>({ change: literal(...RULE_CHANGES), id: words, title: words, level: words, what: words }),
    MAX.ruleChanges,
  ),
  eventsCompared: count,
  eventsNewlyMatched: count,
  eventsNoLongerMatched: count,
  samples: list(
    object<VerdictChange>({ change: literal(...VERDICT_CHANGES), rule: words, corpus: words, event: words }),
    MAX.samples,
  ),
})

export const novelty: Reader<NoveltySummary> = object<NoveltySummary>({
  uses: readHistory,
  firstUses: readHistory,
  hasHistory: boolean,
})

const costFigures = object<CostFigures>({
  cpuNsPerEvent: count,
  fuelPerEvent: count,
  fuelPerEventPeak: count,
  memoryBytes: count,
})

export const cost: Reader<CostSummary> = object<CostSummary>({
  events: count,
  candidate: costFigures,
  running: nullable(costFigures),
  ratioPpm: nullable(count),
  pairs: list(object<CostPair>({ candidateNs: count, runningNs: count }), MAX.costPairs),
})

export const risk: Reader<RiskSummary> = object<RiskSummary>({
  score: integer(0, RISK_SCORE_MAX),
  reasons: list(object<RiskReason>({ points: integer(-100, 100), reason: words }), MAX.riskReasons),
  firstWavePpmMax: integer(1, PPM_ALL),
  bakeMsMin: integer(0, RISK_BAKE_MS_MAX),
})

export const fuzz: Reader<FuzzSummary> = object<FuzzSummary>({
  targets: list(
    object<FuzzedParser>({
      name: words,
      executionsAsked: count,
      executions: count,
      blocks: count,
      blocksTotal: count,
      corpus: count,
      findings: count,
      progress: list(object<FuzzProgress>({ executions: count, blocks: count }), MAX.fuzzProgress),
    }),
    MAX.fuzzedParsers,
  ),
})

const control = object<ControlResult>({
  id: words,
  check: place,
  code: words,
  missed: nullable(words),
  rejectedBy: list(place, CHECK_NAMES.length + 1),
})
const controls = list(control, MAX.controls)

export const selfTest: Reader<SelfTestEvidence> = object<SelfTestEvidence>({
  seed: count,
  subject: literal('candidate', 'control'),
  rules: count,
  good: controls,
  faults: controls,
  museum: controls,
  ablations: list(object<AblationResult>({ leftOut: words, noticed: boolean }), MAX.ablations),
  canaries: list(object<CanaryResult>({ name: words, found: boolean, executions: count }), MAX.canaries),
})
