import type { CaseVerdict, ExecutionResult } from '@firebreak/gate'

/** What a build says of some events, each time in a new process. */
export type Evaluate<E> = (events: readonly E[]) => Promise<ExecutionResult>

/**
 * Builds before 1.3.0 give up ten seconds after they began, however many events they have answered: they get this many, which take one
 * second of CPU, and half as many again and again when this machine was too busy for that. Correlations, which count over events, see
 * less of them then.
 */
export const EVENTS_AT_ONCE = 5_000
/** So few are not too many for any machine that is alive. */
export const EVENTS_AT_ONCE_MIN = 300

/** What `evaluate` says of all events, for a build that neither waits for many nor tells on which one it ended. */
export async function inParts<E>(
  events: readonly E[],
  evaluate: Evaluate<E>,
  size: number = EVENTS_AT_ONCE,
): Promise<ExecutionResult> {
  const verdicts: CaseVerdict[] = []
  for (let from = 0; ; from += size) {
    const part = await evaluatePart(events.slice(from, from + size), evaluate)
    if (part.kind === 'failed' && part.answered !== undefined) return { ...part, answered: from + part.answered }
    if (part.kind !== 'ran') return part
    verdicts.push(...part.verdicts.map((one) => ({ ...one, caseIndex: from + one.caseIndex })))
    if (from + size >= events.length) return { ...part, verdicts }
  }
}

async function evaluatePart<E>(events: readonly E[], evaluate: Evaluate<E>): Promise<ExecutionResult> {
  const result = await evaluate(events)
  if (result.kind !== 'failed') return result
  if (result.code === 'engine/no-answer' && events.length > EVENTS_AT_ONCE_MIN) {
    return await inParts(events, evaluate, Math.ceil(events.length / 2))
  }
  if (result.code !== 'engine/died' || result.answered !== undefined) return result
  const answered = await survived(events, evaluate)
  return answered === null ? result : { ...result, answered }
}

/** How many of `events`, from the first on, it survives, by halves: it dies on the next one. Null when it can't be found out. */
async function survived<E>(events: readonly E[], evaluate: Evaluate<E>): Promise<number | null> {
  let alive = -1
  let dead = events.length
  while (dead - alive > 1) {
    const middle = (alive + dead) >> 1
    const { kind } = await evaluate(events.slice(0, middle))
    if (kind === 'not-run') return null
    if (kind === 'ran') alive = middle
    else dead = middle
  }
  return alive < 0 ? null : alive // without any event: the image alone kills it
}
