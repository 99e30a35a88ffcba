import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ByteText, pathBytes } from './byte-text.ts'
import { readImagePath } from './proc-files.ts'

/** Distinct executables remembered; the oldest goes first. */
export const IMAGE_COUNT_MAX = 4096

/** What the kernel said about an executable at the moment of the exec. */
export interface Executable {
  /** As the process gave it: perhaps relative, perhaps through links. */
  readonly path: ByteText
  readonly inode: number
  readonly device: number
  readonly currentDirectory: ByteText | null
  readonly pid: number
}

/**
 * Finds the real path of an executable, which is the same whether or not the process still lives. A path counts only
 * if it leads to the very inode that was executed; so neither a link changed since then nor another mount namespace
 * can put a wrong name on an event.
 */
export class ImagePaths {
  readonly #known = new Map<string, ByteText>()

  resolve(executable: Executable): ByteText {
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

function absolute({ path, currentDirectory }: Executable): ByteText {
  return path.startsWith('/') || currentDirectory === null ? path : (join(currentDirectory, path) as ByteText)
}

function throughFileSystem(executable: Executable, path: ByteText): ByteText | null {
  if (!path.startsWith('/')) return null
  try {
    return isSame(executable, pathBytes(path)) ? (realpathSync.native(pathBytes(path), 'latin1') as ByteText) : null
  } catch {
    return null // gone, or not ours to see
  }
}

function throughProcess(executable: Executable): ByteText | null {
  try {
    return isSame(executable, `/proc/${executable.pid}/exe`) ? readImagePath(executable.pid) : null
  } catch {
    return null // the process has ended
  }
}

function isSame(executable: Executable, path: string | Buffer): boolean {
  const file = statSync(path)
  return file.ino === executable.inode && file.dev === executable.device
}
