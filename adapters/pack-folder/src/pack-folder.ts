import type { Stats } from 'node:fs'
import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import {
  ContentError,
  type Diagnostic,
  type PackSource,
  type SigmaSource,
  type SourceFile,
  type SourceNode,
  type TextFile,
} from '@firebreak/content'
import { KernelError, utf8Decode } from '@firebreak/kernel'
import { PackFolderError } from './errors.ts'
import { parseYaml, parseYamlDocuments } from './yaml.ts'

/** All files of one pack together. */
export const PACK_FILES_MAX = 50_000
export const PACK_SIZE_BYTES_MAX = 256 * 1024 * 1024
export const YAML_FILE_SIZE_BYTES_MAX = 1024 * 1024
export const INDICATOR_FILE_SIZE_BYTES_MAX = 64 * 1024 * 1024
export const YARA_FILE_SIZE_BYTES_MAX = 1024 * 1024
const FOLDER_DEPTH_MAX = 16

const YAML_FILE = /\.ya?ml$/
const INDICATOR_FILE = /\.(csv|txt|json|hdb|hsb)$/
const YARA_FILE = /\.yara?$/

export type PackFolder = PackSource & { readonly diagnostics: readonly Diagnostic[] }

/**
 * Reads `pack.yaml`, `placeholders.yml` where there is one, `rules/**.yml` (one or more documents each), `tests/**.yml`,
 * `indicators/*.{csv,txt,json,hdb,hsb}` and `yara/*.{yar,yara}`, in the order of their names. A file that can't be read
 * is a diagnostic and does not hide the others. Symbolic links are refused, so that a pack is what its folder holds.
 *
 * @throws PackFolderError pack-folder/unreadable: `dir` is not a folder, or the disk failed
 */
export async function readPackFolder(dir: string): Promise<PackFolder> {
  const reader = new FolderReader(dir)
  try {
    await readdir(dir)
    return {
      manifest: await reader.manifest(),
      placeholders: await reader.placeholders(),
      rules: await reader.sigmaFiles('rules'),
      tests: await reader.yamlFiles('tests'),
      indicators: await reader.textFiles('indicators', INDICATOR_FILE, INDICATOR_FILE_SIZE_BYTES_MAX),
      yara: await reader.textFiles('yara', YARA_FILE, YARA_FILE_SIZE_BYTES_MAX),
      diagnostics: reader.diagnostics,
    }
  } catch (error) {
    throw unreadable(dir, error)
  }
}

/** Whether `dir` says that it is a pack, well or badly. */
export async function isPackFolder(dir: string): Promise<boolean> {
  const names = await readdir(dir).catch(missingIsNull)
  return names !== null && ['pack.yaml', 'rules', 'indicators', 'yara'].some((name) => names.includes(name))
}

/**
 * Reads a folder of Sigma rules that is no pack: every YAML file below it, with `manifest` in place of the one that is not there.
 *
 * @throws PackFolderError pack-folder/unreadable
 */
export async function readRuleFolder(dir: string, manifest: SourceNode): Promise<PackFolder> {
  const reader = new FolderReader(dir)
  try {
    const rules = await reader.sigmaFiles('.')
    return { manifest, rules, tests: [], indicators: [], diagnostics: reader.diagnostics }
  } catch (error) {
    throw unreadable(dir, error)
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
    const file = 'pack.yaml'
    const found = await this.#find(file)
    if (found === null) return this.#report('content/file', `Cannot read pack: ${file} is missing`, file)
    return this.#onlyDocument(file, found)
  }

  async placeholders(): Promise<SourceNode | null> {
    const file = 'placeholders.yml'
    const found = await this.#find(file)
    return found && this.#onlyDocument(file, found)
  }

  async sigmaFiles(folder: string): Promise<readonly SigmaSource[]> {
    const found: SigmaSource[] = []
    for (const file of await this.#section(folder, YAML_FILE, FOLDER_DEPTH_MAX)) {
      const nodes = await this.#yaml(file, parseYamlDocuments)
      if (nodes?.length === 0) this.#report('content/yaml', `Cannot read ${file}: the file is empty`, file)
      else if (nodes !== null) found.push({ file, nodes })
    }
    return found
  }

  async yamlFiles(folder: string): Promise<readonly SourceFile[]> {
    const found: SourceFile[] = []
    for (const file of await this.#section(folder, YAML_FILE, FOLDER_DEPTH_MAX)) {
      const node = await this.#yaml(file, parseYaml)
      if (node !== null) found.push({ file, node })
    }
    return found
  }

  async textFiles(folder: string, wanted: RegExp, bytesMax: number): Promise<readonly TextFile[]> {
    const found: TextFile[] = []
    for (const file of await this.#section(folder, wanted, 0)) {
      const text = await this.#text(file, bytesMax)
      if (text !== null) found.push({ file, text })
    }
    return found
  }

  async #find(path: string): Promise<Stats | null> {
    return lstat(join(this.#dir, path)).catch(missingIsNull)
  }

  async #onlyDocument(file: string, found: Stats): Promise<SourceNode | null> {
    if (found.isFile()) return this.#yaml(file, parseYaml)
    return this.#report('content/file', `Cannot read ${file}: not a regular file`, file)
  }

  async #section(folder: string, wanted: RegExp, depth: number): Promise<readonly string[]> {
    const found = await this.#find(folder)
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
      const path = folder === '.' ? entry.name : `${folder}/${entry.name}`
      if (entry.isFile()) {
        if (wanted.test(entry.name)) files.push(path)
      } else if (entry.isDirectory() && depth > 0) files.push(...(await this.#list(path, wanted, depth - 1)))
      else this.#report('content/file', `Cannot read ${path}: expected a regular file or a folder of files`, path)
    }
    return files
  }

  async #yaml<T>(file: string, parse: (text: string, file: string) => T): Promise<T | null> {
    const text = await this.#text(file, YAML_FILE_SIZE_BYTES_MAX)
    if (text === null) return null
    try {
      return parse(text, file)
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

function unreadable(dir: string, error: unknown): unknown {
  if (!isSystemError(error)) return error
  const message = `Cannot read pack folder ${dir}: ${error.message}`
  return new PackFolderError('pack-folder/unreadable', message, { dir }, error)
}

function missingIsNull(error: unknown): null {
  if (isSystemError(error) && error.code === 'ENOENT') return null
  throw error
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
