import type { EngineRun, ExecutionEvidence, ExecutionTask } from '../execution/evidence.ts'

/** Events of each corpus that stay: what keeps a self-test short, which judges the same evidence many times. */
const CORPUS_EVENTS_KEPT = 100

/** What engines made of every case, and of the first events of each corpus. */
export function shortened({ tasks, ...rest }: ExecutionEvidence): ExecutionEvidence {
  return {
    ...rest,
    tasks: tasks.map(({ task, runs }) => {
      const places = keptPlaces(task)
      const corpora = task.corpora.map((one) => ({ ...one, events: one.events.slice(0, CORPUS_EVENTS_KEPT) }))
      return { task: { ...task, corpora }, runs: runs.map((run) => withPlaces(run, places)) }
    }),
  }
}

/** Where each event is that stays, by where it was. */
function keptPlaces({ cases, corpora }: ExecutionTask): ReadonlyMap<number, number> {
  const places = new Map([...cases.keys()].map((i) => [i, i]))
  let from = cases.length
  for (const { events } of corpora) {
    const kept = Math.min(events.length, CORPUS_EVENTS_KEPT)
    for (let i = 0; i < kept; i++) places.set(from + i, places.size)
    from += events.length
  }
  return places
}

function withPlaces(run: EngineRun, places: ReadonlyMap<number, number>): EngineRun {
  if (run.result.kind !== 'ran') return run
  const verdicts = run.result.verdicts.flatMap((one) => {
    const caseIndex = places.get(one.caseIndex)
    return caseIndex === undefined ? [] : [{ ...one, caseIndex }]
  })
  return { ...run, result: { ...run.result, verdicts } }
}
