import type { Mutant } from './ledger.ts'

/** As far as we read it: https://github.com/stryker-mutator/mutation-testing-elements/tree/master/packages/report-schema */
interface Report {
  readonly files: Readonly<Record<string, { readonly source: string; readonly mutants: readonly Reported[] }>>
}

interface Reported {
  readonly mutatorName: string
  readonly replacement?: string
  readonly status: string
  /** Lines and columns from 1; the end is the first column behind. */
  readonly location: Readonly<Record<'start' | 'end', { readonly line: number; readonly column: number }>>
}

export function mutantsOf(json: string): readonly Mutant[] {
  const { files } = JSON.parse(json) as Report
  return Object.entries(files).flatMap(([file, { source, mutants }]) => {
    const lines = source.split('\n')
    return mutants.map((one): Mutant => ({
      file,
      line: one.location.start.line,
      mutator: one.mutatorName,
      original: textAt(lines, one),
      replacement: one.replacement ?? '',
      status: one.status,
    }))
  })
}

/** The first line of what was replaced. */
function textAt(lines: readonly string[], { location: { start, end } }: Reported): string {
  const line = lines[start.line - 1] ?? ''
  return line.slice(start.column - 1, start.line === end.line ? end.column - 1 : undefined).trim()
}
