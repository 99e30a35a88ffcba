import type { Random } from '@firebreak/fuzz'
import type { Aim, EvidenceFault } from '../control.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'

export type JudgedFault = EvidenceFault<JudgedEvidence>
type Part = Exclude<keyof JudgedEvidence, 'policy' | 'image'>

/** A fault in one part of the evidence. */
export function faultIn<K extends Part>(
  part: K,
  id: string,
  aims: Aim,
  what: string,
  alter: (value: JudgedEvidence[K], random: Random, evidence: JudgedEvidence) => JudgedEvidence[K],
): JudgedFault {
  return {
    kind: 'evidence',
    id,
    aims,
    what,
    apply: (evidence, random) => ({ ...evidence, [part]: alter(evidence[part], random, evidence) }),
  }
}

/** The list with one of its items replaced by what `alter` makes of it. */
export function alterSome<T>(
  list: readonly T[],
  random: Random,
  alter: (one: T) => T,
  where: (one: T) => boolean = () => true,
): readonly T[] {
  const chosen = random.pick(list.filter(where))
  return list.map((one) => (one === chosen ? alter(one) : one))
}
