import type { HostEvent } from '@firebreak/detect'
import type { CaseVerdict, Corpus, ExecutionCase, ExecutionResult, JudgedTwice, Replay } from '@firebreak/gate'

/** What a task asked an engine, in this order. */
interface Asked {
  readonly cases: readonly ExecutionCase[]
  readonly corpora: readonly Corpus[]
}

const NOT_RUN: ExecutionResult = { kind: 'not-run' }

/** The answers of one run to each of its corpora by itself. */
export function replaysOf({ cases, corpora }: Asked, result: ExecutionResult = NOT_RUN): readonly Replay[] {
  let from = cases.length
  return corpora.map((corpus) => {
    const part = result.kind === 'ran' ? { ...result, verdicts: within(result.verdicts, from, corpus.events) } : result
    from += corpus.events.length
    return { corpus, result: part }
  })
}

/** The same events, judged by candidate and running release: what the semantic diff is made of. */
export function judgedTwice(
  asked: Asked,
  candidate: ExecutionResult,
  running: ExecutionResult,
): readonly JudgedTwice[] {
  const tests = asked.cases.map(({ event }) => event)
  const of = (result: ExecutionResult) => (result.kind === 'ran' ? result.verdicts : [])
  const [after, before] = [replaysOf(asked, candidate), replaysOf(asked, running)]
  return [
    {
      name: 'tests',
      kind: 'tests',
      events: tests,
      candidate: within(of(candidate), 0, tests),
      running: within(of(running), 0, tests),
    },
    ...after.map(({ corpus, result }, i): JudgedTwice => {
      const old = before[i]?.result ?? NOT_RUN
      return { name: corpus.name, kind: corpus.kind, events: corpus.events, candidate: of(result), running: of(old) }
    }),
  ]
}

function within(verdicts: readonly CaseVerdict[], from: number, events: readonly HostEvent[]): readonly CaseVerdict[] {
  const to = from + events.length
  return verdicts
    .filter(({ caseIndex }) => caseIndex >= from && caseIndex < to)
    .map((one) => ({ ...one, caseIndex: one.caseIndex - from }))
}
