import { sha256Hex } from '@firebreak/crypto'
import {
  type CheckRecord,
  composeReport,
  costSummary,
  coverageOf,
  diffSummary,
  type GateReport,
  type JudgedSource,
  noveltyOf,
  riskSummary,
  scoreRisk,
  semanticDiff,
  summariseCoverage,
  summariseEngines,
  summariseFuzz,
  summariseNovelty,
  usesOf,
} from '@firebreak/gate'
import { assert, jsonBytes } from '@firebreak/kernel'
import type { GateInputs } from './inputs.ts'
import type { Proved } from './run.ts'
import { gateTool } from './tool.ts'

/** What a run found out before anything was executed, and what all checks said. */
interface Facts {
  readonly given: GateInputs
  readonly judged: JudgedSource
  readonly seed: number
  readonly nowMs: number
  readonly checks: readonly CheckRecord[]
}

const NO_PARTS = { coverage: null, diff: null, novelty: null, cost: null, fuzz: null, selfTest: null, risk: null }

/** The report of a run. @param proved - null: there is no image, and so nothing that was run */
export function composed({ given, judged, seed, nowMs, checks }: Facts, proved: Proved | null): GateReport {
  const { pack, compiled } = judged.candidate
  const { manifest } = pack
  return composeReport({
    tool: gateTool(),
    pack: manifest?.name ?? '',
    version: manifest?.version ?? '',
    category: manifest?.category ?? '',
    minimumEngine: manifest?.minimumEngine ?? '',
    sourceDigest: sha256Hex(jsonBytes(given.source)),
    imageDigest: compiled?.digest ?? null,
    engines: proved ? summariseEngines(proved.gathered.execution.value.tasks.flatMap(({ runs }) => runs)) : [],
    atMs: nowMs,
    policy: given.policy,
    seed,
    checks,
    rules: pack.rules.length,
    cases: pack.tests.reduce((sum, { match, ignore }) => sum + match.length + ignore.length, 0),
    costBound: compiled?.costBound ?? null,
    ...(proved ? partsOf(given, judged, proved) : NO_PARTS),
  })
}

function partsOf(
  { running, history, author }: GateInputs,
  { candidate: { pack, source } }: JudgedSource,
  proved: Proved,
) {
  const { candidate, gathered, selfTest } = proved
  const { image } = candidate
  const diff = semanticDiff(image, running?.image ?? null, gathered.compared)
  const novelty = noveltyOf(image, history)
  const cost = gathered.cost.value
  return {
    coverage: summariseCoverage(coverageOf(pack, source)),
    diff: diffSummary(diff, running?.digest ?? null),
    novelty: summariseNovelty(novelty, usesOf(image)),
    cost: cost && costSummary(cost),
    fuzz: summariseFuzz(gathered.fuzz.value),
    selfTest,
    risk: riskSummary(scoreRisk({ diff, novelty, cost, replay: replayOf(proved), author })),
  }
}

function replayOf({ checks }: Proved) {
  const replay = checks.find(({ id }) => id === 'replay')
  assert(replay !== undefined, 'whatever was run was replayed')
  return replay
}
