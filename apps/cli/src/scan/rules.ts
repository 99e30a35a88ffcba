import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  compilePack,
  ContentError,
  type Diagnostic,
  parsePack,
  type SourceFile,
  toSourceNode,
} from '@firebreak/content'
import { errorMessage, utf8Decode } from '@firebreak/kernel'
import { parseYaml, readPackFolder } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'

/** What a scan looks for. */
export interface ScanRules {
  readonly image: Uint8Array
  /** For people: what it is and where it came from. */
  readonly name: string
  readonly version: string
  readonly ruleCount: number | null
  /** Rules that could not be taken, with place and reason. */
  readonly refused: readonly Diagnostic[]
}

/** A pack must be whole: its author is told what is wrong with it, and it is not run in part. */
export async function packRules(pack: string): Promise<ScanRules> {
  const { image, manifest, rules } = compilePack(parsePack(await readPackFolder(pack)))
  return { image, name: manifest.name, version: manifest.version, ruleCount: rules.length, refused: [] }
}

export async function imageRules(file: string): Promise<ScanRules> {
  const image = await readFile(file).catch((error: unknown) => {
    throw new CliError('cli/usage', `Cannot read image ${file}: ${errorMessage(error)}`)
  })
  return { image, name: file, version: '', ruleCount: null, refused: [] }
}

/** A folder of Sigma rules is somebody else's work: what can be taken is run, and every other rule is named. */
export async function folderRules(folder: string): Promise<ScanRules> {
  const refused: Diagnostic[] = []
  const files: SourceFile[] = []
  for (const file of await yamlFiles(folder)) {
    try {
      files.push({ file, node: parseYaml(utf8Decode(await readFile(file)), file) })
    } catch (error) {
      const at = error instanceof ContentError && error.at !== null ? error.at : { file, line: 1, column: 1 }
      refused.push({ code: 'content/yaml', message: errorMessage(error), at })
    }
  }
  const manifest = toSourceNode(
    {
      name: 'rules',
      version: '1.0.0',
      category: 'behavioural',
      minimumEngine: '1.0.0',
      description: 'rules of a folder',
    },
    folder,
  )
  const parsed = parsePack({ manifest, rules: files, tests: [], indicators: [] })
  if (parsed.rules.length === 0) {
    throw new CliError(
      'cli/usage',
      `Cannot scan with ${folder}: none of its ${files.length} files is a rule that we take`,
    )
  }
  const { image, rules } = compilePack({ ...parsed, diagnostics: [] })
  return { image, name: folder, version: '', ruleCount: rules.length, refused: [...refused, ...parsed.diagnostics] }
}

async function yamlFiles(path: string): Promise<readonly string[]> {
  try {
    if ((await stat(path)).isFile()) return [path]
    const entries = await readdir(path, { withFileTypes: true, recursive: true })
    return entries
      .filter((entry) => entry.isFile() && /\.ya?ml$/.test(entry.name))
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted()
  } catch (error) {
    throw new CliError('cli/usage', `Cannot read rules in ${path}: ${errorMessage(error)}`)
  }
}
