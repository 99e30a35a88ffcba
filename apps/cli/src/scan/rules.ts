import { readFile, stat } from 'node:fs/promises'
import { compilePack, type Diagnostic, parsePack, toSourceNode, verifyImage } from '@firebreak/content'
import { errorMessage } from '@firebreak/kernel'
import { readPackFolder } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'
import { plural } from '../plural.ts'
import type { Screen } from '../screen.ts'
import { readSigmaFile, readSigmaFolder } from '../sigma-files/folder.ts'
import { readYaml } from '../sigma-files/source.ts'

/** What a scan looks for. */
export interface ScanRules {
  readonly image: Uint8Array
  /** For people: what it is and where it came from. */
  readonly name: string
  readonly version: string
  readonly ruleCount: number
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
  const { pack, version, ruleCount } = verifyImage(image)
  return { image, name: pack, version, ruleCount, refused: [] }
}

/** Rules of a folder are somebody else's work: what can be taken is run, and every other rule is named. */
export async function folderRules(path: string, screen: Screen, interrupted: AbortSignal): Promise<ScanRules> {
  const folder = (await isFile(path)) ? await readSigmaFile(path) : await readSigmaFolder(path, false)
  if (folder.skipped.length > 0) screen.warn(`passed over: ${folder.skipped.join(', ')}`)
  const files = await readYaml(folder, interrupted)
  const parsed = parsePack({
    manifest: toSourceNode(MANIFEST, path),
    rules: files.map(({ source }) => source),
    tests: [],
    indicators: [],
    diagnostics: [...folder.diagnostics, ...files.flatMap(({ diagnostics }) => diagnostics)],
  })
  const refused = parsed.diagnostics
  if (parsed.rules.length === 0) {
    const [first] = refused
    const why = first === undefined ? '' : `; the first: ${first.at.file}:${first.at.line}: ${first.message}`
    const message = `Cannot scan with ${path}: no rule that we take in ${plural(files.length, 'file')}${why}`
    throw new CliError('cli/usage', message, { refused })
  }
  const { image, rules } = compilePack({ ...parsed, diagnostics: [] })
  return { image, name: path, version: '', ruleCount: rules.length, refused }
}

const MANIFEST = {
  name: 'rules',
  version: '1.0.0',
  category: 'behavioural',
  minimumEngine: '1.0.0',
  description: 'Rules of a folder.',
}

async function isFile(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isFile()
  } catch (error) {
    throw new CliError('cli/usage', `Cannot read rules in ${path}: ${errorMessage(error)}`, { path }, error)
  }
}
