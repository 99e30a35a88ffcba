import {
  type CompiledPack,
  compilePack,
  ContentError,
  type PackSource,
  type ParsedPack,
  parsePack,
} from '@firebreak/content'
import type { SourceContext } from '../judge-source.ts'
import { sampleReport } from '../report/sample-report.ts'
import { signGateReport } from '../report/statement.ts'
import { CONTROL_PACK, ROUTED_RULE, withCompanions } from './companions.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import type { Subject } from './control.ts'
import type { CanaryResult, SelfTestEvidence } from './evidence.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { CONTROL_SIGNER } from './operators/report.ts'
import { SELF_TEST_THAT_PASSED } from './operators/self-test.ts'
import { gatePipeline } from './pipeline.ts'
import { SELF_TEST_PLAN } from './plan.ts'
import { runSelfTest, type SelfTestInput } from './run.ts'
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
 * Proves that the gate still works, on this very candidate. Pure: the same candidate, seed and code give the same evidence.
 *
 * @param candidate - null: there is none, so that the faults are seeded into the control pack
 * @param context - what the candidate is held against
 * @param canaries - planted bugs, as the fuzzer of this very run found them or did not
 */
export function selfTestGate(
  candidate: SelfTestCandidate | null,
  context: SourceContext,
  canaries: readonly CanaryResult[],
  seed: number,
): SelfTestEvidence {
  return runSelfTest({ plan: SELF_TEST_PLAN, ...subjectsOf(candidate, context, seed), canaries, seed })
}

/** What faults are seeded into: parameters as of `selfTestGate`. */
export function subjectsOf(
  candidate: SelfTestCandidate | null,
  context: SourceContext,
  seed: number,
): Pick<SelfTestInput<JudgedEvidence>, 'control' | 'candidate'> {
  // Engines of the fleet may be missing, or lack what the control pack needs: that is not what it shows.
  const control = subjectOf({ source: CONTROL_PACK, evidence: null }, { engines: [THIS_ENGINE], inputs: [] }, [])
  if (control === null) throw new Error('Cannot test the gate: its control pack does not compile')
  const slice = candidate && { ...candidate, source: withCompanions(sliceOf(candidate.source, seed)) }
  return { control, candidate: slice && subjectOf(slice, context, control.evidence.execution.tasks) }
}

type Tasks = JudgedEvidence['execution']['tasks']

/** Null when it does not compile. @param spare - for a candidate of which engines were asked about no case */
function subjectOf(
  { source, evidence }: SelfTestCandidate,
  context: SourceContext,
  spare: Tasks,
): Subject<JudgedEvidence> | null {
  const pack = parsePack(source)
  try {
    const compiled = compilePack(pack)
    return {
      pipeline: gatePipeline({ ...context, keys: [CONTROL_SIGNER.publicKey] }),
      source,
      pack,
      compiled: compilePack(parseRouted(source)),
      evidence: evidence ? ready(evidence, spare) : controlEvidence(pack, compiled),
      report: signGateReport(sampleReport(releaseOf(compiled)), CONTROL_SIGNER),
    }
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return null
  }
}

/** What a report says about the candidate itself; all else in it is made up, as the real one is not written yet. */
function releaseOf({ manifest, digest, costBound }: CompiledPack): Parameters<typeof sampleReport>[0] {
  const { name, version, category, minimumEngine } = manifest
  return { pack: name, version, category, minimumEngine, imageDigest: digest, costBound }
}

/** A pack without rules had engines asked about no case: then the control pack's come along. */
function ready(evidence: Omit<JudgedEvidence, 'selfTest'>, spare: Tasks): JudgedEvidence {
  const { tasks, ...rest } = shortened(evidence.execution)
  const isAsked = tasks.some(({ task }) => task.cases.length > 0)
  const all = isAsked ? tasks : [...tasks, ...spare]
  return { ...evidence, execution: { ...rest, tasks: all }, selfTest: SELF_TEST_THAT_PASSED }
}

/** With a rule for events of Windows, so that its image has routes and aliases too. */
function parseRouted(source: PackSource): ParsedPack {
  return parsePack(withDocuments(source, [ROUTED_RULE], []))
}
