import { realpathSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ByteText, pathBytes } from './byte-text.ts'
import { readImagePath } from './proc-files.ts'

/** Executables remembered. A power of two; two that meet in one place take turns. */
const IMAGE_COUNT_MAX = 4096

const SLASH = 0x2f

/** What the kernel said about an executable at the moment of the exec. */
export interface ExecutedFile {
  /** As the process gave it: perhaps relative, perhaps through links. */
  readonly path: ByteText
  readonly inode: number
  readonly device: number
  readonly currentDirectory: ByteText | null
}

interface Known {
  readonly file: ExecutedFile
  readonly image: ByteText
}

/**
 * Finds the real path of an executable, which is the same whether or not the process still lives. A path counts only
 * if it leads to the very inode that was executed; so neither a link changed since then nor another mount namespace
 * can put a wrong name on an event.
 */
export class ImagePaths {
  readonly #known: (Known | undefined)[] = Array.from({ length: IMAGE_COUNT_MAX }, () => undefined)

  resolve(file: ExecutedFile, pid: number): ByteText {
    const slot = slotOf(file)
    const known = this.#known[slot]
    if (known !== undefined && isSameExec(known.file, file)) return known.image
    const path = absolute(file)
    const image = throughFileSystem(file, path) ?? throughProcess(file, pid)
    if (image === null) return path
    const { inode, device, currentDirectory } = file
    this.#known[slot] = { file: { path: file.path, inode, device, currentDirectory }, image }
    return image
  }
}

function slotOf({ path, inode, device }: ExecutedFile): number {
  // Of the path just enough to tell the names of one file apart: a multi-call binary has hundreds.
  const end = path.length
  const name = (path.charCodeAt(end - 1) * 31 + path.charCodeAt(end - 2)) * 31 + path.charCodeAt(end - 3)
  const hash = Math.imul(inode | 0, 0x9e3779b1) ^ Math.imul(device, 0x85ebca6b) ^ Math.imul(name + end, 0xc2b2ae35)
  return (hash ^ (hash >>> 15)) & (IMAGE_COUNT_MAX - 1)
}

function isSameExec(one: ExecutedFile, other: ExecutedFile): boolean {
  return (
    one.inode === other.inode &&
    one.device === other.device &&
    one.path === other.path &&
    (isAbsolute(one.path) || one.currentDirectory === other.currentDirectory)
  )
}

function isAbsolute(path: ByteText): boolean {
  return path.charCodeAt(0) === SLASH
}

function absolute({ path, currentDirectory }: ExecutedFile): ByteText {
  return isAbsolute(path) || currentDirectory === null ? path : (join(currentDirectory, path) as ByteText)
}

function throughFileSystem(file: ExecutedFile, path: ByteText): ByteText | null {
  if (!isAbsolute(path)) return null
  try {
    return isSame(file, pathBytes(path)) ? (realpathSync.native(pathBytes(path), 'latin1') as ByteText) : null
  } catch {
    return null // gone, or not ours to see
  }
}

function throughProcess(file: ExecutedFile, pid: number): ByteText | null {
  try {
    return isSame(file, `/proc/${pid}/exe`) ? readImagePath(pid) : null
  } catch {
    return null // the process has ended
  }
}

function isSame(file: ExecutedFile, path: string | Buffer): boolean {
  const { ino, dev } = statSync(path)
  return ino === file.inode && dev === file.device
}
