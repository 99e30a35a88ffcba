import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { CliError } from '../errors.ts'
import type { SigmaFile } from '../sigma-files/folder.ts'

/** What becomes of rules that were taken: a folder as `firebreak check` reads it. */
export interface ImportedPack {
  readonly name: string
  readonly description: string
  readonly minimumEngine: string
  readonly rules: readonly SigmaFile[]
  readonly licences: readonly SigmaFile[]
  /** For `import.json`: what was taken, what was not, and why. */
  readonly record: Readonly<Record<string, unknown>>
}

/** @throws CliError cli/usage: there is something at `out` that would be overwritten */
export async function refuseToOverwrite(out: string): Promise<void> {
  const entries = await readdir(out).catch((error: unknown) => {
    if (codeOf(error) === 'ENOENT') return []
    throw new CliError(
      'cli/usage',
      `Cannot write a pack to ${out}: it is not a folder that can be read`,
      { out },
      error,
    )
  })
  if (entries.length > 0) throw new CliError('cli/usage', `Cannot write a pack to ${out}: it is not empty`, { out })
}

/**
 * Writes the folder of a pack: whole, or not at all. Rules and licences keep their bytes.
 *
 * @throws CliError cli/usage: there is something at `out`
 */
export async function writePack(out: string, pack: ImportedPack): Promise<void> {
  const target = resolve(out)
  await mkdir(dirname(target), { recursive: true })
  const drafts = await mkdtemp(join(dirname(target), `.${basename(target)}-`))
  // The outer folder is its owner's alone; the pack gets the usual rights.
  const draft = join(drafts, 'pack')
  try {
    await mkdir(draft)
    await writeFile(join(draft, 'pack.yaml'), manifestOf(pack))
    await writeFile(join(draft, 'import.json'), `${JSON.stringify(pack.record, null, 2)}\n`)
    for (const { file, bytes } of pack.licences) await writeFile(join(draft, file), bytes)
    await writeRules(join(draft, 'rules'), pack.rules)
    // Onto nothing or an empty folder; anything else that came meanwhile stays.
    await rename(draft, target)
  } catch (error) {
    if (codeOf(error) !== 'ENOTEMPTY' && codeOf(error) !== 'ENOTDIR') throw error
    throw new CliError('cli/usage', `Cannot write a pack to ${out}: it is not empty`, { out }, error)
  } finally {
    await rm(drafts, { recursive: true, force: true })
  }
}

async function writeRules(folder: string, rules: readonly SigmaFile[]): Promise<void> {
  await mkdir(folder)
  for (const path of new Set(rules.map(({ file }) => dirname(file)))) {
    await mkdir(join(folder, path), { recursive: true })
  }
  for (const { file, bytes } of rules) await writeFile(join(folder, file), bytes)
}

/** JSON texts are YAML, whatever is in them. */
function manifestOf({ name, description, minimumEngine }: ImportedPack): string {
  return [
    `name: ${JSON.stringify(name)}`,
    'version: 1.0.0',
    'category: behavioural',
    `minimumEngine: ${minimumEngine}`,
    `description: ${JSON.stringify(description)}`,
    '',
  ].join('\n')
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined
}
