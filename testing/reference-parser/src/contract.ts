import { DECLARED } from './reference.ts'
import type { Variant } from './variants.ts'

/** What content declares that it reads, against what the program around the interpreter hands over: no execution is needed. */
export interface ContractAnswer {
  readonly compatible: boolean
  readonly declared: number
  readonly supplied: number
  /** How often a parser was run to know it. */
  readonly executions: 0
}

/** The first of the three ways to find July 2024: certain, and free. */
export function checkContract({ build: { supplied } }: Variant): ContractAnswer {
  return { compatible: supplied >= DECLARED, declared: DECLARED, supplied, executions: 0 }
}
