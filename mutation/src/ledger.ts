/** A mutant as a run of the mutation tester reports it. */
export interface Mutant {
  readonly file: string
  readonly line: number
  readonly mutator: string
  /** First line of what was replaced. */
  readonly original: string
  readonly replacement: string
  readonly status: string
}

/** Why mutants may survive. What is absent fits everything; lines are not named, because they move. */
export interface LedgerEntry {
  readonly file: string
  readonly mutator?: string
  readonly original?: string
  readonly replacement?: string
  readonly why: string
}

/** @returns why the mutant may live; null: nobody has said, and so it may not */
export function explain(mutant: Mutant, ledger: readonly LedgerEntry[]): string | null {
  const entry = ledger.find(
    ({ file, mutator, original, replacement }) =>
      file === mutant.file &&
      (mutator ?? mutant.mutator) === mutant.mutator &&
      (original ?? mutant.original) === mutant.original &&
      (replacement ?? mutant.replacement) === mutant.replacement,
  )
  return entry?.why ?? null
}
