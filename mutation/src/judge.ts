import { explain, type LedgerEntry, type Mutant } from './ledger.ts'

/** Nobody knows what these mutants would have done: a run with one is no measurement. */
const ERRORS: ReadonlySet<string> = new Set(['RuntimeError', 'CompileError', 'Pending'])

export interface PackageScore {
  readonly package: string
  /** The score is reached, nothing went wrong, and every survivor is explained. */
  readonly ok: boolean
  /** Killed, of all that could have been: per cent, two decimals. */
  readonly score: number
  readonly killed: number
  /** Of the killed, those that ran for ever or far longer than without the mutant. */
  readonly timedOut: number
  readonly survived: number
  readonly explained: number
  readonly errors: number
  /** Not tried: words of messages, and tables that are built when a module loads. */
  readonly ignored: number
}

/** @param scoreMin per cent */
export function judge(
  folder: string,
  mutants: readonly Mutant[],
  ledger: readonly LedgerEntry[],
  scoreMin: number,
): PackageScore {
  const count = (...statuses: readonly string[]): number =>
    mutants.filter(({ status }) => statuses.includes(status)).length
  const survivors = survivorsOf(mutants)
  const killed = count('Killed', 'Timeout')
  const errors = mutants.filter(({ status }) => ERRORS.has(status)).length
  const score = scoreOf(mutants)
  const explained = survivors.filter((one) => explain(one, ledger) !== null).length
  return {
    package: folder,
    ok: killed > 0 && errors === 0 && score >= scoreMin && explained === survivors.length,
    score,
    killed,
    timedOut: count('Timeout'),
    survived: survivors.length,
    explained,
    errors,
    ignored: count('Ignored'),
  }
}

export function survivorsOf(mutants: readonly Mutant[]): readonly Mutant[] {
  return mutants.filter(({ status }) => status === 'Survived' || status === 'NoCoverage')
}

/** Per cent, two decimals, rounded down: a score is never said to be higher than it is. */
export function scoreOf(mutants: readonly Mutant[]): number {
  const killed = mutants.filter(({ status }) => status === 'Killed' || status === 'Timeout').length
  return Math.floor((10_000 * killed) / Math.max(1, killed + survivorsOf(mutants).length)) / 100
}
