import {
  applyFilters,
  type Diagnostic,
  parseCorrelations,
  parseSigmaDocuments,
  Problems,
  type SigmaContext,
  type SigmaDocuments,
  type SigmaRule,
} from '@firebreak/content'
import type { SigmaFile } from '../sigma-files/folder.ts'
import type { SigmaYaml } from '../sigma-files/source.ts'

/** One file of a repository: what of it can be read, and everything that is wrong with the rest. */
export interface ParsedSigmaFile extends SigmaDocuments {
  readonly source: SigmaFile
  readonly diagnostics: readonly Diagnostic[]
}

/** A repository has no values for placeholders; whoever uses the pack gives them to it. */
const NO_PLACEHOLDERS: SigmaContext = { placeholders: new Map() }

/** Never throws on what is in a file. Correlations are only read by `checkReferences`: they refer to other files. */
export function parseSigmaFile({ file, source, diagnostics }: SigmaYaml): ParsedSigmaFile {
  const problems = new Problems()
  const documents = parseSigmaDocuments(source, NO_PLACEHOLDERS, problems)
  return { ...documents, source: file, diagnostics: [...diagnostics, ...problems.list()] }
}

/** What correlations and filters refer to in vain, and what is wrong with them, when these files are the whole pack. */
export function checkReferences(files: readonly ParsedSigmaFile[]): readonly Diagnostic[] {
  const problems = new Problems()
  const rules: SigmaRule[] = files.flatMap((file) => file.rules)
  const filters = files.flatMap((file) => file.filters)
  const correlations = files.flatMap((file) => file.correlationNodes)
  applyFilters(rules, filters, problems)
  parseCorrelations(correlations, rules, problems)
  return problems.list()
}
