import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { FirebreakError } from '@firebreak/kernel'

export type DurableErrorCode =
  | 'durable/full' // no space, quota
  | 'durable/permission'
  | 'durable/too-large'
  | 'durable/fault' // any other fault of the file system

export class DurableError extends FirebreakError<DurableErrorCode> {}

/** Steps of one write, in order: where a test kills the process. */
export type WriteStep = 'created' | 'written' | 'synced' | 'renamed' | 'folder-synced'

const TEMPORARY = /^\..*\.tmp$/

/**
 * Replaces `path` by `bytes`, atomically and durably: write beside it, fsync, rename, fsync the folder. After a crash at any
 * step the file holds the old bytes or the new ones, whole. When this resolves the new ones survive a power cut.
 *
 * @param onStep - told after each step; a seam for the test that kills the process there
 * @throws DurableError
 */
export async function writeDurable(
  path: string,
  bytes: Uint8Array,
  mode = 0o600,
  onStep: (step: WriteStep) => void = () => {},
): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.tmp`)
  try {
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC, mode)
    try {
      onStep('created')
      await file.writeFile(bytes)
      onStep('written')
      await file.sync()
      onStep('synced')
    } finally {
      await file.close()
    }
    await rename(temporary, path)
    onStep('renamed')
    await syncFolder(dirname(path))
    onStep('folder-synced')
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => {})
    throw durableError(`write ${path}`, error)
  }
}

/**
 * The bytes of `path`, or null when there is no such file.
 *
 * @throws DurableError durable/too-large over `bytesMax`, or another code for a fault
 */
export async function readDurable(path: string, bytesMax: number): Promise<Uint8Array | null> {
  let file: FileHandle
  try {
    file = await open(path, constants.O_RDONLY)
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return null
    throw durableError(`read ${path}`, error)
  }
  try {
    const { size } = await file.stat()
    if (size > bytesMax) {
      throw new DurableError('durable/too-large', `Cannot read ${path}: ${size} bytes, at most ${bytesMax}`, { size })
    }
    return await file.readFile()
  } catch (error) {
    throw durableError(`read ${path}`, error)
  } finally {
    await file.close()
  }
}

/** Removes `path`, which need not be there. Durable when it resolves. */
export async function removeDurable(path: string): Promise<void> {
  try {
    await rm(path, { force: true })
    await syncFolder(dirname(path))
  } catch (error) {
    throw durableError(`remove ${path}`, error)
  }
}

/** Makes `path` (mode 0700) and removes what an interrupted write left in it. */
export async function openFolder(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true, mode: 0o700 })
    for (const name of await readdir(path)) if (TEMPORARY.test(name)) await rm(join(path, name), { force: true })
  } catch (error) {
    throw durableError(`open folder ${path}`, error)
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, constants.O_RDONLY | constants.O_DIRECTORY)
  try {
    await folder.sync()
  } finally {
    await folder.close()
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

const HELP: Readonly<Record<DurableErrorCode, string>> = {
  'durable/full': 'the disk is full; free some space and start again',
  'durable/permission': 'no permission; run as the owner of that folder, or choose another with --data',
  'durable/too-large': 'the file is too large',
  'durable/fault': 'the file system failed',
}

export function durableError(what: string, error: unknown): DurableError {
  if (error instanceof DurableError) return error
  const code: DurableErrorCode =
    isErrno(error, 'ENOSPC') || isErrno(error, 'EDQUOT')
      ? 'durable/full'
      : isErrno(error, 'EACCES') || isErrno(error, 'EPERM') || isErrno(error, 'EROFS')
        ? 'durable/permission'
        : 'durable/fault'
  const detail = code === 'durable/fault' && error instanceof Error ? `: ${error.message}` : ''
  return new DurableError(code, `Cannot ${what}: ${HELP[code]}${detail}`, {}, error)
}
