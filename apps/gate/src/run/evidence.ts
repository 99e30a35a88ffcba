import type { CompiledPack, VerifiedImage } from '@firebreak/content'
import {
  type Candidate,
  type CostEvidence,
  type ExecutionEvidence,
  type ExecutionTask,
  type FuzzEvidence,
  type JudgedTwice,
  type Replay,
  type Sweep,
} from '@firebreak/gate'
import { measureCost } from '../cost/measure-cost.ts'
import { gatherExecutions, type OpenedEngines, runEngine } from '../engines/index.ts'
import { gatherFuzz } from '../fuzz/index.ts'
import type { PartName } from './estimate.ts'
import type { GateInputs } from './inputs.ts'
import { judgedTwice, replaysOf } from './replays.ts'
import { type Taken, timed } from './stopwatch.ts'
import { tasksOf } from './tasks.ts'

/** A candidate that has an image. */
export interface Compiled extends Candidate {
  readonly compiled: CompiledPack
  readonly image: VerifiedImage
}

export interface Timed<T> {
  readonly value: T
  readonly taken: Taken
}

/** Everything that has to be run, measured or tried to judge a candidate. */
export interface Gathered {
  readonly execution: Timed<ExecutionEvidence>
  /** Of the newest engine. */
  readonly replays: readonly Replay[]
  readonly compared: readonly JudgedTwice[]
  readonly cost: Timed<CostEvidence | null>
  readonly fuzz: Timed<FuzzEvidence>
}

export interface GatherOptions {
  readonly given: GateInputs
  readonly engines: OpenedEngines
  readonly sweep: Sweep
  readonly seed: number
  readonly onProgress: (part: PartName, share: number) => void
}

/** Fuzzers and engines work side by side; cost is measured when they are done, on a machine that has nothing else to do for us. */
export async function gather(candidate: Compiled, options: GatherOptions): Promise<Gathered> {
  const { given, engines, sweep, seed, onProgress } = options
  const { corpora, running, policy, inputKinds } = given
  const tasks = tasksOf(candidate, candidate.compiled, sweep, corpora)
  const runs = { inputs: inputKinds }
  const [fuzz, execution] = await Promise.all([
    timed(() => gatherFuzz(candidate, policy, seed, ({ share }) => onProgress('fuzz', share))),
    timed(() => gatherExecutions(engines, tasks, runs, (done, of) => onProgress('execution', done / of))),
  ])
  const [asked] = tasks
  const newest = engines.engines.at(-1)
  const now = execution.value.tasks[0]?.runs.at(-1)?.result ?? { kind: 'not-run' as const }
  const before =
    running === null || newest === undefined
      ? { kind: 'not-run' as const }
      : (await runEngine(newest, running.bytes, eventsOf(asked), runs)).result
  const ordinary = corpora.filter(({ kind }) => kind === 'benign').flatMap(({ events }) => events)
  const images = { candidate: candidate.compiled.image, running: running?.bytes ?? null }
  const cost = await timed(() => measureCost(images, ordinary))
  onProgress('cost', 1)
  const cases = { cases: asked?.cases ?? [], corpora }
  return { execution, fuzz, cost, replays: replaysOf(cases, now), compared: judgedTwice(cases, now, before) }
}

function eventsOf(task: ExecutionTask | undefined) {
  return task === undefined
    ? []
    : [...task.cases.map(({ event }) => event), ...task.corpora.flatMap(({ events }) => events)]
}
