import type { Version, WallMs } from '@firebreak/kernel'
import { decideVerdict } from './check/check.ts'
import { checkExecution, type ExecutionResult } from './execution/execution.ts'
import type { PreparedGate } from './prepare.ts'
import type { GateReport } from './report/report.ts'

/** What the report has to say about when, and for which engine. */
export interface GateContext {
  /** Of the engine that the contract is of. */
  readonly engineVersion: Version
  readonly nowMs: WallMs
}

/** The gate's decision: pass only when every check passed, the engine's answers included. */
export function judgeGate(prepared: PreparedGate, execution: ExecutionResult, context: GateContext): GateReport {
  const { compiled, manifest, ruleIds } = prepared
  const checks = [...prepared.checks, checkExecution(prepared, execution, context.engineVersion)]
  return {
    format: 1,
    pack: manifest?.name ?? '',
    version: manifest?.version ?? '',
    category: manifest?.category ?? '',
    imageDigest: compiled?.digest ?? null,
    engineVersion: context.engineVersion,
    atMs: context.nowMs,
    verdict: decideVerdict(checks),
    checks,
    rules: ruleIds.length,
    cases: prepared.execution.length,
    costBound: compiled?.costBound ?? null,
  }
}
