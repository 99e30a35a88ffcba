import type { Outcome, Target } from '@firebreak/fuzz'
import { DECLARED } from './reference.ts'
import { content, criteriaFor, record } from './seeds.ts'
import { EVENT } from './variants.ts'

export interface SweepHit {
  /** From 1: the input that was asked for. */
  readonly input: number
  readonly outcome: Exclude<Outcome, string>
  /** Probes until then, with this one. */
  readonly probes: number
}

/**
 * The second way to find July 2024: one probe for each input and kind of criterion, every other input a wildcard, each with a value that
 * holds. At most 21 x 6 = 126 probes, and certain.
 *
 * @returns null: all of them held
 */
export function sweep(target: Target): SweepHit | null {
  let probes = 0
  for (let input = 0; input < DECLARED; input++) {
    for (const criterion of criteriaFor(EVENT[input] ?? 0)) {
      probes++
      const outcome = target.run(content(1, 1, [record(probes, 0, new Map([[input, criterion]]))]))
      if (typeof outcome === 'object') return { input: input + 1, outcome, probes }
    }
  }
  return null
}
