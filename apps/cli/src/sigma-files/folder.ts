import { constants, type Dirent } from 'node:fs'
import { open, readdir, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import type { Diagnostic } from '@firebreak/content'
import { KernelError, utf8Decode } from '@firebreak/kernel'
import { PACK_FILES_MAX, PACK_SIZE_BYTES_MAX, YAML_FILE_SIZE_BYTES_MAX } from '@firebreak/pack-folder'
import { CliError } from '../errors.ts'

/** One folder less than a pack can be deep: the files go below its `rules`. */
const FOLDER_DEPTH_MAX = 15

/** Folders of rule repositories that hold no rules in force. */
const SKIPPED_FOLDERS: readonly string[] = [
  'deprecated',
  'unsupported',
  'documentation',
  'images',
  'node_modules',
  'other',
  'regression',
  'regression_data',
  'test',
  'tests',
]

const LICENCE_FILE = /^(licen[cs]e|notice|copying)([.-].*)?$/i

export interface SigmaFile {
  /** Relative to the folder, with `/`. */
  readonly file: string
  readonly bytes: Uint8Array
  readonly text: string
}

export interface SigmaFolder {
  /** Sorted by path. */
  readonly files: readonly SigmaFile[]
  /** Licences and notices at the root: what rules may ask to be handed on with them. */
  readonly licences: readonly SigmaFile[]
  /** Folders that were passed over, relative to the folder. */
  readonly skipped: readonly string[]
  /** Files that can't be read, each with its reason. */
  readonly diagnostics: readonly Diagnostic[]
}

/**
 * Reads the YAML files of a Sigma repository: everything below `rules*` when there are such folders, else everything.
 * Hidden folders and those of SKIPPED_FOLDERS are passed over, unless `everything` is wanted. Symbolic links are
 * reported and never followed. Every file is read once: what is checked is what is copied.
 *
 * @throws CliError cli/usage: `dir` is not a folder that can be read
 */
export async function readSigmaFolder(dir: string, everything: boolean): Promise<SigmaFolder> {
  const reader = new SigmaFolderReader(dir, everything)
  const entries = await readdir(dir, { withFileTypes: true }).catch((error: unknown) => {
    throw new CliError('cli/usage', `Cannot read rules in ${dir}: ${systemMessage(error)}`, { dir }, error)
  })
  await reader.readRoot(entries)
  return reader
}

/** Reads one file as if it were alone in its folder. What is wrong with it is a diagnostic. */
export async function readSigmaFile(path: string): Promise<SigmaFolder> {
  // Whoever names a link means what it leads to.
  const real = await realpath(path)
  const reader = new SigmaFolderReader(dirname(real), true)
  await reader.readFile(basename(real))
  return reader
}

class SigmaFolderReader implements SigmaFolder {
  readonly files: SigmaFile[] = []
  readonly licences: SigmaFile[] = []
  readonly skipped: string[] = []
  readonly diagnostics: Diagnostic[] = []
  readonly #dir: string
  readonly #everything: boolean
  #bytes = 0

  constructor(dir: string, everything: boolean) {
    this.#dir = dir
    this.#everything = everything
  }

  async readRoot(entries: readonly Dirent[]): Promise<void> {
    for (const entry of entries.filter((one) => one.isFile() && LICENCE_FILE.test(one.name))) {
      const licence = await this.#read(entry.name)
      if (licence !== null) this.licences.push(licence)
    }
    const folders = entries.filter((one) => one.isDirectory() && /^rules($|[-_])/.test(one.name))
    if (folders.length === 0 || this.#everything) return this.#walk('', entries, FOLDER_DEPTH_MAX)
    await this.#walk('', folders, FOLDER_DEPTH_MAX)
    const others = entries.filter((one) => one.isDirectory() && !folders.includes(one))
    this.skipped.push(...others.map(({ name }) => name).toSorted())
  }

  async readFile(name: string): Promise<void> {
    const file = await this.#read(name)
    if (file !== null) this.files.push(file)
  }

  async #walk(folder: string, entries: readonly Dirent[], depth: number): Promise<void> {
    for (const entry of entries.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      if (entry.isDirectory()) await this.#enter(path, entry.name, depth)
      else if (/\.ya?ml$/.test(entry.name)) await this.#take(path, entry)
      // A link may stand for a folder of rules.
      else if (entry.isSymbolicLink()) this.#report('content/file', path, 'a symbolic link, which is not followed')
    }
  }

  async #enter(path: string, name: string, depth: number): Promise<void> {
    if (!this.#everything && (name.startsWith('.') || SKIPPED_FOLDERS.includes(name))) {
      this.skipped.push(path)
      return
    }
    if (depth === 0) return this.#report('content/limit', path, `folders are deeper than ${FOLDER_DEPTH_MAX}`)
    try {
      await this.#walk(path, await readdir(join(this.#dir, path), { withFileTypes: true }), depth - 1)
    } catch (error) {
      this.#report('content/file', path, systemMessage(error))
    }
  }

  async #take(path: string, entry: Dirent): Promise<void> {
    if (entry.isSymbolicLink()) return this.#report('content/file', path, 'a symbolic link, which is not followed')
    if (!entry.isFile()) return this.#report('content/file', path, 'not a regular file')
    if (this.files.length >= PACK_FILES_MAX) {
      return this.#report('content/limit', path, `a pack has at most ${PACK_FILES_MAX} files`)
    }
    await this.readFile(path)
  }

  async #read(file: string): Promise<SigmaFile | null> {
    try {
      // Not a link put there since the folder was listed, nor a pipe that would never end.
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      await using handle = await open(join(this.#dir, file), flags)
      const { size } = await handle.stat()
      if (size > YAML_FILE_SIZE_BYTES_MAX) {
        this.#report('content/limit', file, `more than ${YAML_FILE_SIZE_BYTES_MAX} bytes`)
        return null
      }
      this.#bytes += size
      if (this.#bytes > PACK_SIZE_BYTES_MAX) {
        this.#report('content/limit', file, `a pack has at most ${PACK_SIZE_BYTES_MAX} bytes`)
        return null
      }
      const bytes = await handle.readFile()
      return { file, bytes, text: utf8Decode(bytes) }
    } catch (error) {
      const reason = error instanceof KernelError ? 'not UTF-8' : systemMessage(error)
      this.#report('content/file', file, reason)
      return null
    }
  }

  #report(code: Diagnostic['code'], file: string, reason: string): void {
    this.diagnostics.push({ code, message: `Cannot read ${file}: ${reason}`, at: { file, line: 1, column: 1 } })
  }
}

/** The sentence of a fault of the file system; anything else is a bug and goes on. */
function systemMessage(error: unknown): string {
  if (error instanceof Error && 'syscall' in error) return error.message
  throw error
}
