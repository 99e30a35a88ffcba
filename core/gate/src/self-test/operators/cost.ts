import { PPM_ALL } from '@firebreak/kernel'
import { MEMORY_BYTES_FLOOR } from '../../cost/check-cost.ts'
import type { CostEvidence, CostMeasure } from '../../cost/evidence.ts'
import { PAIRS_MIN } from '../../cost/paired-ratio.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'
import { faultIn, type JudgedFault } from './evidence-fault.ts'

/** Far over any budget that a policy could give. */
export const MANY_TIMES = 100

/** Both sides cost the same: what is altered then is all that differs. */
export function evenly(cost: CostEvidence | null): CostEvidence & { readonly running: CostMeasure } {
  const candidate = cost?.candidate ?? SMALL
  const pairs = Array.from({ length: 2 * PAIRS_MIN }, () => ({ candidateNs: 1_000_000, runningNs: 1_000_000 }))
  return { events: cost?.events ?? 1_000, candidate, running: candidate, pairs }
}

/** An image that costs next to nothing. */
export const SMALL: CostMeasure = {
  fuel: 10_000,
  fuelPeak: 1,
  peakEvent: '{}',
  memoryBytes: 1_000_000,
  cpuNsPerEvent: 1_000,
}

function fault(
  id: string,
  code: string,
  what: string,
  alter: (even: ReturnType<typeof evenly>, evidence: JudgedEvidence) => CostEvidence,
): JudgedFault {
  return faultIn('cost', id, { check: 'cost', code }, what, (cost, _random, evidence) => alter(evenly(cost), evidence))
}

/** The candidate takes `times` as much CPU time as the running release, and surely so. */
export function slower(even: ReturnType<typeof evenly>, times: number): CostEvidence {
  const { candidate, pairs } = even
  const cpuNsPerEvent = times * Math.max(candidate.cpuNsPerEvent, 10_000)
  return {
    ...even,
    candidate: { ...candidate, cpuNsPerEvent },
    pairs: pairs.map((one) => ({ ...one, candidateNs: times * one.runningNs })),
  }
}

/** `cost`: what events take with the candidate. */
export const COST_OPERATORS: readonly JudgedFault[] = [
  fault(
    'event-too-costly',
    'gate/cost-peak',
    'One event sets off more work than the policy allows.',
    (even, { policy }) => ({
      ...even,
      candidate: { ...even.candidate, fuelPeak: policy.fuelPerEventMax + 1 },
    }),
  ),
  fault(
    'events-too-costly',
    'gate/cost-fuel',
    'Events set off far more work than with the running release.',
    (even, { policy }) => {
      const times = (MANY_TIMES * policy.costRatioPpmMax) / PPM_ALL
      return { ...even, candidate: { ...even.candidate, fuel: times * Math.max(even.candidate.fuel, even.events) } }
    },
  ),
  fault(
    'events-too-slow',
    'gate/cost-cpu',
    'Events take far more CPU time than with the running release.',
    (even, { policy }) => slower(even, (MANY_TIMES * policy.costRatioPpmMax) / PPM_ALL),
  ),
  fault(
    'image-too-large',
    'gate/cost-memory',
    'The loaded image takes far more memory than the running release.',
    (even, { policy }) => {
      const times = (MANY_TIMES * policy.costRatioPpmMax) / PPM_ALL
      return {
        ...even,
        candidate: { ...even.candidate, memoryBytes: times * Math.max(even.candidate.memoryBytes, MEMORY_BYTES_FLOOR) },
      }
    },
  ),
  fault(
    'cost-beyond-bound',
    'gate/cost-undeclared',
    'An event sets off one step more than the image declares as its bound.',
    (even, { image }) => ({
      ...even,
      candidate: { ...even.candidate, fuelPeak: image.costBound.stepsPerByte + 1 },
    }),
  ),
  {
    kind: 'evidence',
    id: 'regex-not-proved',
    aims: { check: 'cost', code: 'gate/cost-regex' },
    what: 'The program of a regular expression is not one of those that run in linear time.',
    apply: (evidence) => {
      const regexes = [...evidence.image.tables.regexes, Uint32Array.of(0xffffffff)]
      return { ...evidence, image: { ...evidence.image, tables: { ...evidence.image.tables, regexes } } }
    },
  },
  faultIn(
    'cost',
    'cost-not-measured',
    { check: 'cost', code: '', verdict: 'inconclusive' },
    'Nobody measured what events cost.',
    () => null,
  ),
]
