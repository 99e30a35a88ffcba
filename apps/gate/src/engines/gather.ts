import { availableParallelism } from 'node:os'
import type { EngineRun, ExecutionEvidence, ExecutionTask } from '@firebreak/gate'
import { compareVersions } from '@firebreak/kernel'
import type { OpenedEngine, OpenedEngines } from './open-engines.ts'
import { runEngine, type RunOptions } from './run-engine.ts'

/** Runs every task in every engine, as many at once as there are CPUs. @param onRun - how many of them all are done */
export async function gatherExecutions(
  { engines, missing }: OpenedEngines,
  tasks: readonly ExecutionTask[],
  options: RunOptions,
  onRun: (done: number, of: number) => void = () => {},
): Promise<ExecutionEvidence> {
  const jobs = tasks.flatMap((task) => engines.map((engine) => ({ task, engine })))
  const runs = new Map<ExecutionTask, EngineRun[]>(tasks.map((task) => [task, []]))
  let next = 0
  let done = 0
  const worker = async (): Promise<void> => {
    for (let job = jobs[next++]; job !== undefined; job = jobs[next++]) {
      const run = await runTask(job.engine, job.task, options)
      runs.get(job.task)?.push(run)
      onRun(++done, jobs.length)
    }
  }
  await Promise.all(Array.from({ length: Math.min(availableParallelism(), jobs.length) }, worker))
  return { tasks: tasks.map((task) => ({ task, runs: inOrder(runs.get(task) ?? []) })), missing }
}

/** An engine older than the pack asks for has to say no: it is given nothing to judge. */
async function runTask(engine: OpenedEngine, task: ExecutionTask, options: RunOptions): Promise<EngineRun> {
  const isOld = compareVersions(task.minimumEngine, engine.build.version) > 0
  const events = isOld ? [] : [...task.cases.map(({ event }) => event), ...task.corpora.flatMap((one) => one.events)]
  return await runEngine(engine, task.image, events, options)
}

/** Whichever ended first. */
function inOrder(runs: readonly EngineRun[]): readonly EngineRun[] {
  return runs.toSorted((a, b) => compareVersions(a.engine.version, b.engine.version))
}
