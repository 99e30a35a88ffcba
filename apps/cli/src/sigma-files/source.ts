import { type Diagnostic, Problems, type SigmaSource } from '@firebreak/content'
import { parseYamlDocuments } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'
import type { SigmaFile, SigmaFolder } from './folder.ts'
import { openFileProgress } from './progress.ts'

/** One file as YAML: its documents, or what keeps it from being read. */
export interface SigmaYaml {
  readonly file: SigmaFile
  readonly source: SigmaSource
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads the YAML of every file, with progress on a terminal. Never throws on what is in a file.
 *
 * @throws CliError cli/interrupted
 */
export async function readYaml({ files }: SigmaFolder, interrupted: AbortSignal): Promise<readonly SigmaYaml[]> {
  const progress = openFileProgress(process.stderr, files.length)
  const read: SigmaYaml[] = []
  try {
    for (const file of files) {
      read.push(yamlOf(file))
      if (progress.tick(read.length)) await letOthersRun()
      if (interrupted.aborted) throw new CliError('cli/interrupted', 'Interrupted while reading the rules')
    }
  } finally {
    progress.end()
  }
  return read
}

function yamlOf(of: SigmaFile): SigmaYaml {
  const { file, text } = of
  const start = { file, line: 1, column: 1 }
  const problems = new Problems()
  const nodes = problems.attempt(start, () => parseYamlDocuments(text, file)) ?? []
  if (nodes.length === 0 && problems.total === 0) {
    problems.add('content/yaml', `Cannot read ${file}: the file is empty`, start)
  }
  return { file: of, source: { file, nodes }, diagnostics: problems.list() }
}

/** So that Ctrl-C is heard between files. */
function letOthersRun(): Promise<void> {
  return new Promise((resolved) => void setImmediate(resolved))
}
