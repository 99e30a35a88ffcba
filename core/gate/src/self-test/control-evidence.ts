import { type CompiledPack, type ParsedPack, type VerifiedImage, verifyImage } from '@firebreak/content'
import { createEngine, ENGINE_CONTRACT, ENGINE_VERSION, type HostEvent } from '@firebreak/detect'
import { GATE_POLICY_DEFAULT } from '../check/policy.ts'
import type { EngineBuild } from '../contract/engine-build.ts'
import type { EngineRun, ExecutionTask } from '../execution/evidence.ts'
import { type CaseVerdict, executionCases } from '../execution/execution.ts'
import { CANARIES_MIN } from '../fuzz/check-fuzz.ts'
import { FUZZ_TARGETS, type FuzzEvidence } from '../fuzz/evidence.ts'
import type { Replay } from '../replay/check-replay.ts'
import type { JudgedEvidence } from './judged-evidence.ts'
import { evenly } from './operators/cost.ts'
import { SELF_TEST_THAT_PASSED } from './operators/self-test.ts'

const NO_DIGEST = '00'.repeat(32)
/** Events of the corpus that is made up: few enough to be judged often, and enough for a rate. */
const ORDINARY_EVENTS = 1_000

/** The engine of this very code, as builds are described. */
export const THIS_ENGINE: EngineBuild = {
  version: ENGINE_VERSION,
  digest: NO_DIGEST,
  commit: null,
  supplies: { features: ENGINE_CONTRACT.features, fields: ENGINE_CONTRACT.fields },
  takesInputs: true,
  tellsWork: false,
}

/**
 * Evidence about a pack that nobody had to gather: the engine of this very code is asked within the process, everything else is made up as it
 * would be if all went well. What the gate judges when its own working is all that is in question.
 */
export function controlEvidence(pack: ParsedPack, compiled: CompiledPack): JudgedEvidence {
  const image = verifyImage(compiled.image)
  return {
    policy: GATE_POLICY_DEFAULT,
    image,
    engines: [THIS_ENGINE],
    inputs: [],
    execution: { tasks: [executed(pack, compiled, image)], missing: [] },
    replay: { pack, replays: [quiet()] },
    cost: evenly(null),
    fuzz: fuzzed(),
    selfTest: SELF_TEST_THAT_PASSED,
  }
}

function executed(
  pack: ParsedPack,
  compiled: CompiledPack,
  image: VerifiedImage,
): { readonly task: ExecutionTask; readonly runs: readonly EngineRun[] } {
  const cases = executionCases(pack)
  const engine = createEngine(image, ENGINE_CONTRACT)
  const verdicts = cases.map(({ event }, caseIndex): CaseVerdict => {
    const fired = engine.evaluate(event, 'every-match').map(({ ruleId }) => ruleId)
    return { caseIndex, firedRuleIds: fired, work: { nodeVisits: 1, predicateEvaluations: 1 } }
  })
  const task: ExecutionTask = {
    name: 'tests',
    image: compiled.image,
    minimumEngine: compiled.manifest.minimumEngine,
    cases,
    corpora: [],
    ruleIds: pack.rules.map(({ id }) => id),
    correlationIds: pack.correlations.map(({ id }) => id),
  }
  const run: EngineRun = {
    engine: { version: ENGINE_VERSION, digest: NO_DIGEST },
    sandbox: { active: ['made up'], missing: [] },
    result: { kind: 'ran', engineVersion: ENGINE_VERSION, verdicts },
  }
  return { task, runs: [run] }
}

function quiet(): Replay {
  const event: HostEvent = {
    category: 'process_creation',
    product: 'linux',
    service: null,
    timeMs: 0,
    fields: { Image: '/usr/bin/ls', CommandLine: 'ls' },
  }
  const events = Array.from({ length: ORDINARY_EVENTS }, () => event)
  return {
    corpus: { name: 'made up', digest: NO_DIGEST, kind: 'benign', events, techniques: events.map(() => []) },
    result: {
      kind: 'ran',
      engineVersion: ENGINE_VERSION,
      verdicts: events.map((_, caseIndex) => ({ caseIndex, firedRuleIds: [] })),
    },
  }
}

function fuzzed(): FuzzEvidence {
  const executions = GATE_POLICY_DEFAULT.fuzzExecutions
  const [target] = FUZZ_TARGETS
  return {
    seed: 1,
    toolDigest: NO_DIGEST,
    targets: FUZZ_TARGETS.map((one) => ({
      target: one,
      scriptDigest: NO_DIGEST,
      executionsAsked: executions,
      executions,
      accepted: 1,
      blocks: 1,
      blocksTotal: 1,
      corpus: 1,
      regressions: 0,
      progress: [],
      findings: [],
      fault: null,
    })),
    canaries: Array.from({ length: CANARIES_MIN }, (_, i) => ({
      canary: `canary-${i}`,
      target,
      what: 'Made up.',
      found: 'undeclared-error',
      executions: 1,
      fault: null,
    })),
  }
}
