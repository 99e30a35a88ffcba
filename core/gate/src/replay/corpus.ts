import type { HostEvent } from '@firebreak/detect'
import type { Sha256Hex } from '@firebreak/kernel'
import type { CaseVerdict } from '../execution/execution.ts'

/** Events of activity that somebody recorded or wrote down. */
export interface Corpus {
  /** Its file, without the folder. */
  readonly name: string
  /** Of its file: two reports with the same digest rest on the same events. */
  readonly digest: Sha256Hex
  /** benign: nothing of it is worth a detection. attack: all of it is. */
  readonly kind: 'benign' | 'attack'
  readonly events: readonly HostEvent[]
  /** For each event the ATT&CK techniques that it belongs to, by id; empty for a benign one. */
  readonly techniques: readonly (readonly string[])[]
}

/** Events, and what an engine said about each. */
export interface ReplayedCorpus {
  readonly corpus: Pick<Corpus, 'events'>
  /** In the order of `corpus.events`; `caseIndex` is a position in it. */
  readonly verdicts: readonly CaseVerdict[]
}

/** Ids of what fired, for each event; null where the engine did not answer, or answered twice. */
export function firedByEvent({ corpus, verdicts }: ReplayedCorpus): readonly (readonly string[] | null)[] {
  const fired: (readonly string[] | null)[] = Array.from({ length: corpus.events.length }, () => null)
  const answered = new Set<number>()
  for (const { caseIndex, firedRuleIds } of verdicts) {
    if (caseIndex in fired) fired[caseIndex] = answered.has(caseIndex) ? null : [...new Set(firedRuleIds)]
    answered.add(caseIndex)
  }
  return fired
}

/** The event as one line for a person: the log source, then the fields that it has, in its order. */
export function eventText({ category, product, service, fields }: HostEvent): string {
  const shown = Object.entries(fields).filter(([, value]) => value !== null)
  return JSON.stringify({ product, category, ...(service && { service }), ...Object.fromEntries(shown) })
}
