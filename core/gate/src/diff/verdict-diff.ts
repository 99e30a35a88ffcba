import { compareTexts } from '@firebreak/content'
import type { HostEvent } from '@firebreak/detect'
import { MESSAGE_CHARS_MAX, printable } from '../check/check.ts'
import type { CaseVerdict } from '../execution/execution.ts'
import { eventText, firedByEvent } from '../replay/corpus.ts'

/** 'tests': the events that the tests of the candidate's rules name. */
export type CorpusKind = 'benign' | 'attack' | 'tests'

/** Events that both images were run over, in the same engine. */
export interface JudgedTwice {
  readonly name: string
  readonly kind: CorpusKind
  readonly events: readonly HostEvent[]
  readonly candidate: readonly CaseVerdict[]
  /** Empty when nothing runs yet. */
  readonly running: readonly CaseVerdict[]
}

/** Numbers of events, for each kind of corpus. */
export type ByKind = Readonly<Record<CorpusKind, number>>

/** What fires for other events than before. */
export interface FiringChange {
  /** Of a rule or correlation, or `indicator/...`. */
  readonly id: string
  readonly gained: ByKind
  readonly lost: ByKind
  /** At most SAMPLES_MAX of each. */
  readonly samples: readonly { readonly change: 'gained' | 'lost'; readonly corpus: string; readonly event: string }[]
}

export interface VerdictDiff {
  /** Events that both images answered exactly once. */
  readonly compared: ByKind
  /** The others: nothing follows from them. */
  readonly unanswered: ByKind
  /** Events for which something fires now, and nothing did before; and the other way round. */
  readonly newlyMatched: ByKind
  readonly noLongerMatched: ByKind
  /** By id. */
  readonly firing: readonly FiringChange[]
}

export const SAMPLES_MAX = 2

const NONE: ByKind = { benign: 0, attack: 0, tests: 0 }

/** @param hasRunning - no: nothing runs yet, so that everything that fires is new */
export function diffVerdicts(corpora: readonly JudgedTwice[], hasRunning: boolean): VerdictDiff {
  const counts = {
    compared: { ...NONE },
    unanswered: { ...NONE },
    newlyMatched: { ...NONE },
    noLongerMatched: { ...NONE },
  }
  const firing = new Map<string, FiringCount>()
  for (const one of corpora) {
    const corpus = { events: one.events }
    const after = firedByEvent({ corpus, verdicts: one.candidate })
    const before = hasRunning ? firedByEvent({ corpus, verdicts: one.running }) : one.events.map(() => [])
    for (const [i, event] of one.events.entries()) {
      const [now, then] = [after[i] ?? null, before[i] ?? null]
      if (now === null || then === null) counts.unanswered[one.kind]++
      else {
        counts.compared[one.kind]++
        if (now.length > 0 && then.length === 0) counts.newlyMatched[one.kind]++
        if (now.length === 0 && then.length > 0) counts.noLongerMatched[one.kind]++
        for (const id of now) if (!then.includes(id)) countOf(firing, id).add('gained', one, event)
        for (const id of then) if (!now.includes(id)) countOf(firing, id).add('lost', one, event)
      }
    }
  }
  const byId = [...firing].toSorted(([a], [b]) => compareTexts(a, b))
  return { ...counts, firing: byId.map(([id, count]) => count.change(id)) }
}

export function sum({ benign, attack, tests }: ByKind): number {
  return benign + attack + tests
}

function countOf(firing: Map<string, FiringCount>, id: string): FiringCount {
  const known = firing.get(id) ?? new FiringCount()
  firing.set(id, known)
  return known
}

class FiringCount {
  readonly #counts = { gained: { ...NONE }, lost: { ...NONE } }
  readonly #samples: FiringChange['samples'][number][] = []

  add(change: 'gained' | 'lost', { kind, name }: JudgedTwice, event: HostEvent): void {
    this.#counts[change][kind]++
    const taken = this.#samples.filter((one) => one.change === change).length
    if (taken < SAMPLES_MAX)
      this.#samples.push({ change, corpus: name, event: printable(eventText(event), MESSAGE_CHARS_MAX) })
  }

  change(id: string): FiringChange {
    return { id, ...this.#counts, samples: this.#samples }
  }
}
