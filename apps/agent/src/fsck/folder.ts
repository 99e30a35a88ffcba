import { constants } from 'node:fs'
import { lstat, open, readdir, readlink } from 'node:fs/promises'
import { join } from 'node:path'
import { errorMessage } from '@firebreak/kernel'
import type { Findings } from './report.ts'

export interface Entry {
  /** Within the folder; '' for itself. */
  readonly path: string
  readonly kind: 'file' | 'folder' | 'link' | 'other'
  /** Permission bits. */
  readonly mode: number
  readonly uid: number
  readonly sizeBytes: number
}

const ENTRIES_MAX = 20_000
/** The agent's folders lie one deep. */
const DEPTH_MAX = 2

/**
 * A folder as it is shown, which may be hostile: links are not followed, pipes are not waited for, and nothing is written. Shares no
 * code with what writes such folders.
 */
export class ShownFolder {
  readonly path: string
  readonly entries: ReadonlyMap<string, Entry>
  readonly #findings: Findings

  /** @returns null when it is no folder that can be listed; that is then a finding */
  static async open(path: string, findings: Findings): Promise<ShownFolder | null> {
    const entries = new Map<string, Entry>()
    try {
      await survey(path, '', 0, entries)
    } catch (error) {
      findings.add('file/unreadable', '', `Cannot list ${path}: ${errorMessage(error)}; run this as the folder's owner`)
      return null
    }
    const root = entries.get('')
    if (root?.kind === 'folder') return new ShownFolder(path, entries, findings)
    findings.add('folder/missing', '', `Cannot check ${path}: there is no such folder; give the agent's --data folder`)
    return null
  }

  private constructor(path: string, entries: ReadonlyMap<string, Entry>, findings: Findings) {
    this.path = path
    this.entries = entries
    this.#findings = findings
  }

  has(path: string): boolean {
    return this.entries.get(path)?.kind === 'file'
  }

  /** The files of one folder in it, by name. */
  filesIn(folder: string): readonly string[] {
    const prefix = `${folder}/`
    return [...this.entries.values()]
      .filter(({ path, kind }) => kind === 'file' && path.startsWith(prefix))
      .map(({ path }) => path.slice(prefix.length))
  }

  /** The bytes; null when it is not there, or can't be read, which is then a finding. */
  async read(path: string, bytesMax: number): Promise<Uint8Array | null> {
    const entry = this.entries.get(path)
    if (entry?.kind !== 'file') return null
    if (entry.sizeBytes > bytesMax) {
      const message = `It has ${entry.sizeBytes} bytes, at most ${bytesMax} belong there; somebody else wrote it`
      this.#findings.add('file/size', path, message)
      return null
    }
    try {
      const flags = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK
      await using file = await open(join(this.path, path), flags)
      return await file.readFile()
    } catch (error) {
      this.#findings.add('file/unreadable', path, `It can't be read (${errorMessage(error)}); look at the disk`)
      return null
    }
  }

  /** Where a link points to; null for anything else. */
  async target(path: string): Promise<string | null> {
    return readlink(join(this.path, path)).catch(() => null)
  }
}

async function survey(root: string, path: string, depth: number, entries: Map<string, Entry>): Promise<void> {
  const whole = path === '' ? root : join(root, path)
  const stat = await lstat(whole).catch(() => null)
  if (!stat || entries.size >= ENTRIES_MAX) return // gone meanwhile, or no agent's folder
  const kind = stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : stat.isSymbolicLink() ? 'link' : 'other'
  entries.set(path, { path, kind, mode: stat.mode & 0o7777, uid: stat.uid, sizeBytes: stat.size })
  if (kind !== 'folder' || depth >= DEPTH_MAX) return
  for (const name of (await readdir(whole)).toSorted()) {
    await survey(root, path === '' ? name : `${path}/${name}`, depth + 1, entries)
  }
}
