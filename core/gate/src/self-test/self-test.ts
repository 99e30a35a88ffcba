import {
  compilePack,
  ContentError,
  type PackSource,
  type ParsedPack,
  parsePack,
  type SensorSource,
} from '@firebreak/content'
import { sampleReport } from '../report/sample-report.ts'
import { signGateReport } from '../report/statement.ts'
import { CONTROL_PACK, ROUTED_RULE, withCompanions } from './companions.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import type { SelfTestPipeline, Subject } from './control.ts'
import type { CanaryResult, SelfTestEvidence } from './evidence.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { CONTROL_SIGNER } from './operators/report.ts'
import { SELF_TEST_THAT_PASSED } from './operators/self-test.ts'
import { gatePipeline } from './pipeline.ts'
import { SELF_TEST_PLAN } from './plan.ts'
import { runSelfTest } from './run.ts'
import { shortened } from './shorten.ts'
import { sliceOf } from './slice.ts'
import { withDocuments } from './source-edit.ts'

/** A candidate, and what was gathered about it. */
export interface SelfTestCandidate {
  readonly source: PackSource
  /** Null: none was gathered, and what a good pack would have is judged in its place. */
  readonly evidence: Omit<JudgedEvidence, 'selfTest'> | null
}

/**
 * Proves that the gate still works, on this very candidate. What rules need is held against the engine of this very code: engines of the
 * fleet may lack what the rules that come with the faults need, and are part of the evidence. Pure: the same candidate, seed and code give the same evidence.
 *
 * @param candidate - null: there is none, so that the faults are seeded into the control pack
 * @param inputs - what inputs of the release's hosts supply besides their sensors
 * @param canaries - planted bugs, as the fuzzer of this very run found them or did not
 */
export function selfTestGate(
  candidate: SelfTestCandidate | null,
  inputs: readonly SensorSource[],
  canaries: readonly CanaryResult[],
  seed: number,
): SelfTestEvidence {
  const control = subjectOf({ source: CONTROL_PACK, evidence: null })
  if (control === null) throw new Error('Cannot test the gate: its control pack does not compile')
  const pipeline: SelfTestPipeline<JudgedEvidence> = gatePipeline({
    engines: [THIS_ENGINE],
    inputs,
    keys: [CONTROL_SIGNER.publicKey],
  })
  const slice = candidate && { ...candidate, source: withCompanions(sliceOf(candidate.source, seed)) }
  return runSelfTest({
    plan: SELF_TEST_PLAN,
    pipeline,
    control,
    candidate: slice && subjectOf(slice),
    canaries,
    seed,
  })
}

/** Null when it does not compile. */
function subjectOf({ source, evidence }: SelfTestCandidate): Subject<JudgedEvidence> | null {
  const pack = parsePack(source)
  try {
    const compiled = compilePack(pack)
    return {
      source,
      pack,
      compiled: compilePack(parseRouted(source)),
      evidence: evidence ? ready(evidence) : controlEvidence(pack, compiled),
      report: signGateReport(sampleReport(), CONTROL_SIGNER),
    }
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return null
  }
}

function ready(evidence: Omit<JudgedEvidence, 'selfTest'>): JudgedEvidence {
  return { ...evidence, execution: shortened(evidence.execution), selfTest: SELF_TEST_THAT_PASSED }
}

/** With a rule for events of Windows, so that its image has routes and aliases too. */
function parseRouted(source: PackSource): ParsedPack {
  return parsePack(withDocuments(source, [ROUTED_RULE], []))
}
