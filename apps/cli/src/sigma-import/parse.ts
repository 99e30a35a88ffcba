import {
  applyFilters,
  type Diagnostic,
  parseSigmaDocuments,
  Problems,
  type SigmaContext,
  type SigmaDocuments,
} from '@firebreak/content'
import { parseYamlDocuments } from '@firebreak/pack-folder'
import type { SigmaFile } from './sigma-folder.ts'

export type SigmaRule = SigmaDocuments['rules'][number]

/** One file of a repository: what of it can be read, and everything that is wrong with the rest. */
export interface ParsedSigmaFile {
  readonly source: SigmaFile
  readonly rules: readonly SigmaRule[]
  readonly filters: SigmaDocuments['filters']
  readonly diagnostics: readonly Diagnostic[]
}

/** A repository has no values for placeholders; whoever uses the pack gives them to it. */
const NO_PLACEHOLDERS: SigmaContext = { placeholders: new Map() }

/** Never throws on what is in a file. */
export function parseSigmaFile(source: SigmaFile): ParsedSigmaFile {
  const { file, text } = source
  const start = { file, line: 1, column: 1 }
  const problems = new Problems()
  const nodes = problems.attempt(start, () => parseYamlDocuments(text, file)) ?? []
  if (nodes.length === 0 && problems.total === 0) {
    problems.add('content/yaml', `Cannot read ${file}: the file is empty`, start)
  }
  const { rules, filters } = parseSigmaDocuments({ file, nodes }, NO_PLACEHOLDERS, problems)
  return { source, rules, filters, diagnostics: problems.list() }
}

/** What filters refer to in vain, when these files are the whole pack. */
export function checkReferences(files: readonly ParsedSigmaFile[]): readonly Diagnostic[] {
  const problems = new Problems()
  const rules = files.flatMap((file) => file.rules)
  const filters = files.flatMap((file) => file.filters)
  applyFilters(rules, filters, problems)
  return problems.list()
}
