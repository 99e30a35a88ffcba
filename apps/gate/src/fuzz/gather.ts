import { glob, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  FUZZ_TARGETS,
  type FuzzedCanary,
  type FuzzedTarget,
  type FuzzEvidence,
  type FuzzTarget,
  type GatePolicy,
} from '@firebreak/gate'
import type { Sha256Hex } from '@firebreak/kernel'
import { CANARIES, numberOf } from './canaries/all.ts'
import type { Canary } from './canaries/canary.ts'
import { CATALOGUE } from './catalogue.ts'
import type { Job } from './jobs.ts'
import { seedsOf, type SeedSource } from './seeds/seeds.ts'
import { SMALL_RULES, smallPack } from './seeds/small-pack.ts'
import { toolDigestOf } from './tool-digest.ts'
import { type JobOutcome, WorkerProcess } from './worker-process.ts'

/** What is going on, for whoever watches. */
export interface FuzzProgress {
  readonly target: FuzzTarget
  readonly canary: string | null
  readonly executions: number
  /** Of all jobs together, over what is to be done: from 0 to 1. */
  readonly share: number
}

/** Planted bugs that every run has to find: of different oracles and formats, each found in 30 of 30 seeds with a quarter of CANARY_EXECUTIONS. */
export const GATE_CANARIES = [
  'condition-of-operand',
  'manifest-name',
  'regex-cache',
  'batch-source-bound',
  'frame-length',
  'beacon-lenient-end',
  'plan-fraction',
  'tuf-state',
  'tuf-error-class',
] as const
/** Inputs in which one of those has to be found. */
export const CANARY_EXECUTIONS = 4_000
const WORKERS = 2
const MINIMISE_EXECUTIONS = 1_000
const REGRESSIONS = join(import.meta.dirname, 'regressions')
const NOTHING: Pick<
  FuzzedTarget,
  'executions' | 'accepted' | 'blocks' | 'blocksTotal' | 'corpus' | 'progress' | 'findings'
> = { executions: 0, accepted: 0, blocks: 0, blocksTotal: 0, corpus: 0, progress: [], findings: [] }

/** Of one of our parsers. */
export type OurJob = Job & { readonly target: FuzzTarget }

interface Task {
  readonly job: OurJob
  readonly canary: Canary | null
}

/**
 * Fuzzes every parser with inputs that begin with those of the candidate, and looks whether the fuzzer still finds what is planted. Two
 * processes side by side; equal arguments and sources give equal evidence.
 *
 * @param seed - of everything; a whole number from 0 to 2^32 - 1
 */
export async function gatherFuzz(
  candidate: SeedSource,
  policy: Pick<GatePolicy, 'fuzzExecutions'>,
  seed: number,
  onProgress: (progress: FuzzProgress) => void = () => {},
): Promise<FuzzEvidence> {
  const toolDigest = await toolDigestOf()
  const tasks = await tasksOf(candidate, policy.fuzzExecutions, seed, toolDigest)
  const outcomes = await runAll(tasks, onProgress)
  const of = (isWanted: (task: Task) => boolean): readonly (readonly [Task, JobOutcome])[] =>
    tasks.flatMap((task, i) => (isWanted(task) && outcomes[i] ? [[task, outcomes[i]] as const] : []))
  return {
    seed,
    toolDigest,
    targets: of(({ canary }) => canary === null).map(([task, outcome]) => fuzzedTarget(task.job, outcome)),
    canaries: of(({ canary }) => canary !== null).map(([task, outcome]) => fuzzedCanary(task, outcome)),
  }
}

async function tasksOf(
  candidate: SeedSource,
  executions: number,
  seed: number,
  toolDigest: Sha256Hex,
): Promise<readonly Task[]> {
  const seeds = seedsOf(candidate)
  const image = imageForEvents()
  const jobOf = async (target: FuzzTarget, changes: Pick<Job, 'executions' | 'planted'>): Promise<OurJob> => ({
    target,
    seed,
    seeds: seeds[target],
    regressions: await regressionsOf(target),
    image,
    minimise: MINIMISE_EXECUTIONS,
    recordInputs: null,
    toolDigest,
    ...changes,
  })
  const targets = FUZZ_TARGETS.map(async (target): Promise<Task> => {
    const share = Math.ceil(executions / CATALOGUE[target].oneIn)
    return { canary: null, job: await jobOf(target, { executions: share, planted: 0 }) }
  })
  const canaries = CANARIES.filter(({ id }) => (GATE_CANARIES as readonly string[]).includes(id)).map(
    async (canary): Promise<Task> => {
      const planted = numberOf(canary)
      return { canary, job: { ...(await jobOf(canary.target, { executions: CANARY_EXECUTIONS, planted })) } }
    },
  )
  return Promise.all([...targets, ...canaries])
}

/** One without correlations, which remember. */
export function imageForEvents(): Uint8Array {
  return smallPack(SMALL_RULES).image
}

/** Smallest inputs that once showed a bug of ours. */
export async function regressionsOf(target: FuzzTarget): Promise<readonly Uint8Array[]> {
  const files: string[] = []
  for await (const file of glob(`${target}/*.bin`, { cwd: REGRESSIONS })) files.push(file)
  return Promise.all(files.toSorted().map((file) => readFile(join(REGRESSIONS, file))))
}

async function runAll(
  tasks: readonly Task[],
  onProgress: (progress: FuzzProgress) => void,
): Promise<readonly (JobOutcome | undefined)[]> {
  const outcomes: (JobOutcome | undefined)[] = Array.from({ length: tasks.length })
  const total = tasks.reduce((sum, { job }) => sum + job.executions, 0)
  const done = new Map<Task, number>()
  const tell = (task: Task, executions: number): void => {
    done.set(task, executions)
    const all = [...done.values()].reduce((sum, one) => sum + one, 0)
    onProgress({ target: task.job.target, canary: task.canary?.id ?? null, executions, share: all / total })
  }
  let next = 0
  const work = async (): Promise<void> => {
    const worker = new WorkerProcess()
    try {
      for (let i = next++; i < tasks.length; i = next++) {
        const task = tasks[i] as Task
        outcomes[i] = await worker.run(task.job, ({ executions }) => tell(task, executions))
        tell(task, task.job.executions)
      }
    } finally {
      worker.end()
    }
  }
  await Promise.all(Array.from({ length: WORKERS }, work))
  return outcomes
}

function fuzzedTarget({ target, executions, regressions }: OurJob, outcome: JobOutcome): FuzzedTarget {
  const about = { target, executionsAsked: executions, regressions: regressions.length }
  if (outcome.kind === 'done') return { ...about, ...outcome.result, fault: null }
  if (outcome.kind === 'fault') return { ...about, ...NOTHING, scriptDigest: '', fault: outcome.message }
  const { how, input } = outcome
  const message = `the process that reads it ends with ${how}`
  const died = { bucket: `died@${how}`, code: 'died', message, place: null, input, foundAt: 0 }
  return { ...about, ...NOTHING, scriptDigest: '', findings: [died], fault: null }
}

function fuzzedCanary({ canary, job }: Task, outcome: JobOutcome): FuzzedCanary {
  const about = { canary: canary?.id ?? '', target: job.target, what: canary?.what ?? '' }
  if (outcome.kind === 'fault') return { ...about, found: null, executions: 0, fault: outcome.message }
  if (outcome.kind === 'died') return { ...about, found: 'died', executions: 0, fault: null }
  const [found] = outcome.result.findings
  return { ...about, found: found?.code ?? null, executions: outcome.result.executions, fault: null }
}
