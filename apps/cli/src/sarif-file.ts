import { readFile, writeFile } from 'node:fs/promises'
import { isAbsolute, join, relative, sep } from 'node:path'
import { type Edit, type Finding, failed, type SourceFinding, toSarif } from '@firebreak/gate'
import { CliError } from './errors.ts'

/**
 * Writes what the source check found as SARIF 2.1.0. Files are named as they are from here, so that a code host finds
 * them in a repository whose root is the current folder.
 *
 * @param pack - the folder that the findings name files of
 * @throws CliError cli/output: the file could not be written
 */
export async function writeSarif(
  file: string,
  pack: string,
  findings: readonly SourceFinding[],
  version: string,
): Promise<void> {
  const lines = await linesOf(pack, findings)
  const edits = new Map<Finding, Edit>()
  const named = findings.map((one): Finding => {
    const here = { ...one, at: { ...one.at, file: pathFromHere(pack, one.at.file) } }
    const line = lines.get(one.at.file)?.[one.at.line - 1]
    if (one.edit !== null && line?.startsWith(one.edit.from, one.at.column - 1)) edits.set(here, one.edit)
    return here
  })
  // Not limited to what a report lists: a code host shows only what is on changed lines.
  const check = { ...failed('source', '', []), findings: named }
  const log = toSarif([check], { name: 'Firebreak', version }, edits)
  try {
    await writeFile(file, `${JSON.stringify(log, null, 2)}\n`)
  } catch (error) {
    if (!(error instanceof Error)) throw error
    throw new CliError('cli/output', `Cannot write ${file}: ${error.message}`, { file }, error)
  }
}

/** The lines of each file that has something to be replaced; a file that can't be read again has none. */
async function linesOf(
  pack: string,
  findings: readonly SourceFinding[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const files = new Set(findings.filter(({ edit }) => edit !== null).map(({ at }) => at.file))
  const lines = new Map<string, readonly string[]>()
  for (const file of files) {
    const text = await readFile(join(pack, file), 'utf8').catch(() => '')
    lines.set(file, text.split('\n'))
  }
  return lines
}

function pathFromHere(pack: string, file: string): string {
  const path = relative('.', join(pack, file))
  return path.startsWith('..') || isAbsolute(path) ? file : path.split(sep).join('/')
}
