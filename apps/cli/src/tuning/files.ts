import { stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  type CompiledTuning,
  compileTuning,
  type Diagnostic,
  type ParsedTuning,
  parsePack,
  parseTuning,
  type SigmaRule,
  type SigmaSource,
} from '@firebreak/content'
import { errorMessage, type Version } from '@firebreak/kernel'
import { readPackFolder } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'
import { LINE_CHARS_MAX, placed } from '../placed.ts'
import { plural } from '../plural.ts'
import { printable, type Screen } from '../screen.ts'
import { readSigmaFile, readSigmaFolder } from '../sigma-files/folder.ts'
import { readYaml } from '../sigma-files/source.ts'

export interface TuningFiles {
  /** Files of Sigma filters, or folders of them. */
  readonly paths: readonly string[]
  /** The folder of the pack whose rules they name; null when it is not at hand. */
  readonly pack: string | null
  readonly name: string
  readonly version: Version
}

export interface BuiltTuning extends CompiledTuning {
  readonly advice: ParsedTuning['advice']
  readonly unknownTargets: ParsedTuning['unknownTargets']
}

/**
 * Reads, compiles and verifies a tuning; says everything that is wrong with it, and what is probably not meant.
 *
 * @throws CliError cli/usage | cli/refused | cli/interrupted
 */
export async function buildTuning(
  { paths, pack, name, version }: TuningFiles,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<BuiltTuning> {
  screen.step(`Compiling filters of ${paths.join(', ')}`)
  const read = await readFilters(paths, interrupted)
  const parsed = parseTuning(read.files, pack === null ? null : await rulesOf(pack))
  refuseFaulty(paths.join(', '), [...read.diagnostics, ...parsed.diagnostics])
  const compiled = compileTuning(parsed, { name, version })
  screen.done(`${plural(compiled.filterCount, 'filter')} in ${plural(compiled.image.length, 'byte')}`)
  const { advice, unknownTargets } = parsed
  const unknown = unknownTargets.map(({ id, at }) => ({
    at,
    message: `no rule of the pack has the id ${id}: it does nothing`,
  }))
  for (const { at, message } of [...advice, ...unknown]) {
    screen.warn(printable(`${at.file}:${at.line}:${at.column}: ${message}`, LINE_CHARS_MAX))
  }
  return { ...compiled, advice, unknownTargets }
}

interface ReadFilters {
  readonly files: readonly SigmaSource[]
  readonly diagnostics: readonly Diagnostic[]
}

async function readFilters(paths: readonly string[], interrupted: AbortSignal): Promise<ReadFilters> {
  const files: SigmaSource[] = []
  const diagnostics: Diagnostic[] = []
  for (const path of paths) {
    const isFolder = await isDirectory(path)
    const folder = isFolder ? await readSigmaFolder(path, true) : await readSigmaFile(path)
    // Several paths may hold files of one name: places are told as the person sees them.
    const from = isFolder ? path : dirname(path)
    diagnostics.push(...folder.diagnostics.map((one) => ({ ...one, at: { ...one.at, file: join(from, one.at.file) } })))
    const named = folder.files.map((one) => ({ ...one, file: join(from, one.file) }))
    const read = await readYaml({ ...folder, files: named }, interrupted)
    files.push(...read.map(({ source }) => source))
    diagnostics.push(...read.flatMap((one) => one.diagnostics))
  }
  return { files, diagnostics }
}

async function isDirectory(path: string): Promise<boolean> {
  try {
    return (await stat(path)).isDirectory()
  } catch (error) {
    throw new CliError('cli/usage', `Cannot read filters in ${path}: ${errorMessage(error)}`, { path }, error)
  }
}

async function rulesOf(pack: string): Promise<readonly SigmaRule[]> {
  const { rules, diagnostics } = parsePack(await readPackFolder(pack))
  refuseFaulty(pack, diagnostics)
  return rules
}

function refuseFaulty(what: string, diagnostics: readonly Diagnostic[]): void {
  if (diagnostics.length === 0) return
  for (const diagnostic of diagnostics) process.stderr.write(`${placed(diagnostic)}\n`)
  const message = `Cannot accept ${what}: ${plural(diagnostics.length, 'problem')}, listed above.`
  throw new CliError('cli/refused', message, { diagnostics })
}
