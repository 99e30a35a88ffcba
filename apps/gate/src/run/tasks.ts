import type { CompiledPack } from '@firebreak/content'
import { type Candidate, type Corpus, executionCases, type ExecutionTask, type Sweep } from '@firebreak/gate'

/** Names of tasks, as reports say them. */
export const TESTS_TASK = 'tests'
export const SWEEP_TASK = 'field sweep'

/** What every engine is asked: the candidate over its tests and all corpora, and the sweep's probes. */
export function tasksOf(
  { pack }: Candidate,
  { image, manifest }: CompiledPack,
  sweep: Sweep,
  corpora: readonly Corpus[],
): readonly ExecutionTask[] {
  const { minimumEngine } = manifest
  const correlationIds = pack.correlations.map(({ id }) => id)
  const tests: ExecutionTask = {
    name: TESTS_TASK,
    image,
    minimumEngine,
    cases: executionCases(pack),
    corpora,
    ruleIds: pack.rules.map(({ id }) => id),
    correlationIds,
  }
  const probes: ExecutionTask = {
    name: SWEEP_TASK,
    image: sweep.image,
    minimumEngine,
    cases: sweep.cases,
    corpora: [],
    ruleIds: sweep.probes.map(({ id }) => id),
    correlationIds: [],
  }
  return sweep.probes.length === 0 ? [tests] : [tests, probes]
}
