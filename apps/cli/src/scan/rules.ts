import { readFile, stat } from 'node:fs/promises'
import { compilePack, type Diagnostic, parsePack, toSourceNode, verifyImage } from '@firebreak/content'
import { errorMessage } from '@firebreak/kernel'
import { readPackFolder } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'
import { placed } from '../placed.ts'
import { STARTER_PACK } from '../places.ts'
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

export interface RulesOptions {
  readonly pack?: string
  readonly image?: string
  readonly rules?: string
}

const REFUSED_SHOWN_MAX = 10

/**
 * The rules that a person asked for, by default the pack that ships with Firebreak; those that can't be taken are named.
 *
 * @throws CliError cli/usage: more than one place, or nothing there that could be run
 * @throws ContentError content/*: a pack or image that is not whole
 */
export async function readRules(
  { pack, image, rules }: RulesOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<ScanRules> {
  if ([pack, image, rules].filter((one) => one !== undefined).length > 1) {
    throw new CliError('cli/usage', 'Cannot scan with more than one of --pack, --image and --rules')
  }
  screen.step(`Reading the rules of ${image ?? rules ?? pack ?? STARTER_PACK}`)
  const read =
    image !== undefined
      ? await imageRules(image)
      : rules !== undefined
        ? await folderRules(rules, screen, interrupted)
        : await packRules(pack ?? STARTER_PACK)
  screen.done(plural(read.ruleCount, 'rule'))
  warnRefused(read, screen)
  return read
}

function warnRefused({ refused }: ScanRules, screen: Screen): void {
  if (refused.length === 0) return
  screen.warn(`${plural(refused.length, 'problem')} in rules that are not run:`)
  for (const one of refused.slice(0, REFUSED_SHOWN_MAX)) screen.note(placed(one))
  const more = refused.length - REFUSED_SHOWN_MAX
  if (more > 0) screen.note(`and ${more} more; \`firebreak import sigma DIR\` lists them all`)
}

/** A pack must be whole: its author is told what is wrong with it, and it is not run in part. */
async function packRules(pack: string): Promise<ScanRules> {
  const { image, manifest, rules } = compilePack(parsePack(await readPackFolder(pack)))
  return { image, name: manifest.name, version: manifest.version, ruleCount: rules.length, refused: [] }
}

async function imageRules(file: string): Promise<ScanRules> {
  const image = await readFile(file).catch((error: unknown) => {
    throw new CliError('cli/usage', `Cannot read image ${file}: ${errorMessage(error)}`)
  })
  const { pack, version, ruleCount } = verifyImage(image)
  return { image, name: pack, version, ruleCount, refused: [] }
}

/** Rules of a folder are somebody else's work: what can be taken is run, and every other rule is named. */
async function folderRules(path: string, screen: Screen, interrupted: AbortSignal): Promise<ScanRules> {
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
