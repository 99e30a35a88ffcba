import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ContentError, type Diagnostic, type PackSource, type SourceFile, type SourceNode } from '@firebreak/content'
import { KernelError, utf8Decode } from '@firebreak/kernel'
import { PackFolderError } from './errors.ts'
import { parseYaml } from './yaml.ts'

/** All files of one pack together. */
export const PACK_FILES_MAX = 50_000
export const PACK_SIZE_BYTES_MAX = 256 * 1024 * 1024
export const YAML_FILE_SIZE_BYTES_MAX = 1024 * 1024
export const INDICATOR_FILE_SIZE_BYTES_MAX = 64 * 1024 * 1024
const FOLDER_DEPTH_MAX = 16

export type PackFolder = PackSource & { readonly diagnostics: readonly Diagnostic[] }

/**
 * Reads `pack.yaml`, `rules/**.yml`, `tests/**.yml` and `indicators/*.csv` in the order of their names. A file that
 * can't be read is a diagnostic and does not hide the others. Symbolic links are refused, so that a pack is what its
 * folder holds.
 *
 * @throws PackFolderError pack-folder/unreadable: `dir` is not a folder, or the disk failed
 */
export async function readPackFolder(dir: string): Promise<PackFolder> {
  const reader = new FolderReader(dir)
  try {
    await readdir(dir)
    return {
      manifest: await reader.manifest(),
      rules: await reader.yamlFiles('rules'),
      tests: await reader.yamlFiles('tests'),
      indicators: await reader.textFiles('indicators'),
      diagnostics: reader.diagnostics,
    }
  } catch (error) {
    if (!isSystemError(error)) throw error
    throw new PackFolderError(
      'pack-folder/unreadable',
      `Cannot read pack folder ${dir}: ${error.message}`,
      { dir },
      error,
    )
  }
}

class FolderReader {
  readonly diagnostics: Diagnostic[] = []
  readonly #dir: string
  #files = 0
  #bytes = 0

  constructor(dir: string) {
    this.#dir = dir
  }

  async manifest(): Promise<SourceNode | null> {
    const entries = await readdir(this.#dir, { withFileTypes: true })
    const entry = entries.find((one) => one.name === 'pack.yaml')
    if (entry === undefined) return this.#report('content/file', 'Cannot read pack: pack.yaml is missing', 'pack.yaml')
    if (!entry.isFile()) return this.#report('content/file', 'Cannot read pack.yaml: not a regular file', 'pack.yaml')
    return this.#yaml('pack.yaml')
  }

  async yamlFiles(folder: string): Promise<readonly SourceFile[]> {
    const found: SourceFile[] = []
    for (const file of await this.#section(folder, /\.ya?ml$/, FOLDER_DEPTH_MAX)) {
      const node = await this.#yaml(file)
      if (node !== null) found.push({ file, node })
    }
    return found
  }

  async textFiles(folder: string): Promise<PackSource['indicators']> {
    const found: { file: string; text: string }[] = []
    for (const file of await this.#section(folder, /\.csv$/, 0)) {
      const text = await this.#text(file, INDICATOR_FILE_SIZE_BYTES_MAX)
      if (text !== null) found.push({ file, text })
    }
    return found
  }

  async #section(folder: string, wanted: RegExp, depth: number): Promise<readonly string[]> {
    const found = await lstat(join(this.#dir, folder)).catch(missingIsNull)
    if (found === null) return []
    if (found.isDirectory()) return this.#list(folder, wanted, depth)
    this.#report('content/file', `Cannot read ${folder}: expected a folder`, folder)
    return []
  }

  /** The files below `folder`, sorted, as paths relative to the pack. */
  async #list(folder: string, wanted: RegExp, depth: number): Promise<readonly string[]> {
    const entries = await readdir(join(this.#dir, folder), { withFileTypes: true })
    const files: string[] = []
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = `${folder}/${entry.name}`
      if (entry.isFile()) {
        if (wanted.test(entry.name)) files.push(path)
      } else if (entry.isDirectory() && depth > 0) files.push(...(await this.#list(path, wanted, depth - 1)))
      else this.#report('content/file', `Cannot read ${path}: expected a regular file or a folder of files`, path)
    }
    return files
  }

  async #yaml(file: string): Promise<SourceNode | null> {
    const text = await this.#text(file, YAML_FILE_SIZE_BYTES_MAX)
    if (text === null) return null
    try {
      return parseYaml(text, file)
    } catch (error) {
      if (!(error instanceof ContentError) || error.at === null) throw error
      this.diagnostics.push({ code: error.code, message: error.message, at: error.at })
      return null
    }
  }

  async #text(file: string, bytesMax: number): Promise<string | null> {
    const path = join(this.#dir, file)
    const { size } = await lstat(path)
    this.#files++
    this.#bytes += size
    if (size > bytesMax) return this.#report('content/limit', `Cannot read ${file}: more than ${bytesMax} bytes`, file)
    if (this.#files > PACK_FILES_MAX || this.#bytes > PACK_SIZE_BYTES_MAX) {
      const limit = `${PACK_FILES_MAX} files and ${PACK_SIZE_BYTES_MAX} bytes`
      return this.#report('content/limit', `Cannot read ${file}: a pack has at most ${limit}`, file)
    }
    try {
      return utf8Decode(await readFile(path))
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      return this.#report('content/file', `Cannot read ${file}: not UTF-8`, file)
    }
  }

  #report(code: Diagnostic['code'], message: string, file: string): null {
    this.diagnostics.push({ code, message, at: { file, line: 1, column: 1 } })
    return null
  }
}

function missingIsNull(error: unknown): null {
  if (isSystemError(error) && error.code === 'ENOENT') return null
  throw error
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
