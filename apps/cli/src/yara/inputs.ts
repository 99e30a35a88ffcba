import { lstat, readdir, readFile } from 'node:fs/promises'
import { join, relative, resolve } from 'node:path'
import { parsePack, YARA_FILE_BYTES_MAX, YARA_FILES_MAX } from '@firebreak/content'
import { errorMessage, utf8Decode } from '@firebreak/kernel'
import { readPackFolder } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'

/** All files of rules together: they go to the lane in one frame. */
const RULES_BYTES_MAX = 32 * 1024 * 1024

export interface RuleFile {
  readonly name: string
  readonly text: string
}

export async function packYara(pack: string): Promise<readonly RuleFile[]> {
  const { yara, diagnostics } = parsePack(await readPackFolder(pack))
  const [first] = diagnostics
  if (first) throw new CliError('cli/refused', `${first.at.file}:${first.at.line}:${first.at.column}: ${first.message}`)
  return yara.map(({ file, text }) => ({ name: file, text }))
}

/** @throws CliError cli/usage: the folder, or one of its files, can't be read or is over a limit */
export async function folderYara(folder: string): Promise<readonly RuleFile[]> {
  const files = (await filesBelow(folder)).filter((file) => file === resolve(folder) || /\.yara?$/.test(file))
  if (files.length > YARA_FILES_MAX) {
    throw new CliError('cli/usage', `Cannot read ${folder}: more than ${YARA_FILES_MAX} files of rules`)
  }
  let total = 0
  return Promise.all(
    files.map(async (file) => {
      const bytes = await readFile(file)
      total += bytes.length
      if (total > RULES_BYTES_MAX) {
        throw new CliError('cli/usage', `Cannot read ${folder}: more than ${RULES_BYTES_MAX} bytes of rules`)
      }
      if (bytes.length > YARA_FILE_BYTES_MAX) {
        throw new CliError('cli/usage', `Cannot read ${file}: more than ${YARA_FILE_BYTES_MAX} bytes`)
      }
      try {
        return { name: relative(resolve(folder), file) || folder, text: utf8Decode(bytes) }
      } catch {
        throw new CliError('cli/usage', `Cannot read ${file}: not UTF-8`)
      }
    }),
  )
}

/** A path that is no folder stands for itself, whatever it is; in folders only regular files count, in the order of their names. */
export async function filesBelow(path: string): Promise<readonly string[]> {
  try {
    if (!(await lstat(path)).isDirectory()) return [resolve(path)]
    const entries = await readdir(path, { withFileTypes: true, recursive: true })
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => resolve(join(entry.parentPath, entry.name)))
      .toSorted()
  } catch (error) {
    throw new CliError('cli/usage', `Cannot read ${path}: ${errorMessage(error)}`)
  }
}
