import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { readImagePath } from './proc-files.ts'

/** Distinct executables remembered; the oldest goes first. */
export const IMAGE_COUNT_MAX = 4096

/** What the kernel said about an executable at the moment of the exec. */
export interface Executable {
  /** As the process gave it: perhaps relative, perhaps through links. */
  readonly path: string
  readonly inode: number
  readonly device: number
  readonly currentDirectory: string | null
  readonly pid: number
}

/**
 * Finds the real path of an executable, which is the same whether or not the process still lives. A path counts only
 * if it leads to the very inode that was executed; so neither a link changed since then nor another mount namespace
 * can put a wrong name on an event.
 */
export class ImagePaths {
  readonly #known = new Map<string, string>()

  resolve(executable: Executable): string {
    const path = absolute(executable)
    const key = `${executable.device}:${executable.inode}:${path}`
    const known = this.#known.get(key)
    if (known !== undefined) return known
    const found = throughFileSystem(executable, path) ?? throughProcess(executable)
    if (found === null) return path
    if (this.#known.size >= IMAGE_COUNT_MAX) {
      const [oldest = key] = this.#known.keys()
      this.#known.delete(oldest)
    }
    this.#known.set(key, found)
    return found
  }
}

function absolute({ path, currentDirectory }: Executable): string {
  return path.startsWith('/') || currentDirectory === null ? path : join(currentDirectory, path)
}

function throughFileSystem(executable: Executable, path: string): string | null {
  if (!path.startsWith('/')) return null
  try {
    return isSame(executable, path) ? realpathSync.native(path) : null
  } catch {
    return null // gone, or not ours to see
  }
}

function throughProcess(executable: Executable): string | null {
  try {
    return isSame(executable, `/proc/${executable.pid}/exe`) ? readImagePath(executable.pid) : null
  } catch {
    return null // the process has ended
  }
}

function isSame(executable: Executable, path: string): boolean {
  const file = statSync(path)
  return file.ino === executable.inode && file.dev === executable.device
}
