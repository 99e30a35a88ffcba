import { constants } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { FirebreakError } from '@firebreak/kernel'
import { Turns } from './turns.ts'

export type DurableErrorCode =
  | 'durable/full' // no space, quota
  | 'durable/permission'
  | 'durable/too-large'
  | 'durable/fault' // any other fault of the file system

export class DurableError extends FirebreakError<DurableErrorCode> {}

/** Steps of one write, in order: where a test kills the process. */
export type WriteStep = 'created' | 'written' | 'synced' | 'renamed' | 'folder-synced'

const TEMPORARY = /^\..*\.tmp$/

/** Writes to one path take turns within this process: the file ends as the last call said, and no two share a temporary. */
const writing = new Map<string, Turns>()

/**
 * Replaces `path` by `bytes`, atomically and durably: write beside it, fsync, rename, fsync the folder. After a crash at any
 * step the file holds the old bytes or the new ones, whole. When this resolves the new ones survive a power cut. Calls for one path
 * take effect in the order in which they were made.
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
  const key = resolve(path)
  const turns = writing.get(key) ?? new Turns()
  writing.set(key, turns)
  try {
    await turns.take(() => replaceFile(path, bytes, mode, onStep))
  } finally {
    if (turns.idle) writing.delete(key)
  }
}

async function replaceFile(
  path: string,
  bytes: Uint8Array,
  mode: number,
  onStep: (step: WriteStep) => void,
): Promise<void> {
  // The pid keeps two processes apart that write the same file. A dead one with this pid may have left its temporary.
  const temporary = join(dirname(path), `.${basename(path)}.${process.pid}.tmp`)
  try {
    await rm(temporary, { force: true })
    const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, mode)
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

/**
 * Makes `path` (mode 0700), durably, and removes what an interrupted write left in it. For the owner of the folder: it would also
 * remove the temporary of another process that writes there at this moment.
 *
 * @throws DurableError
 */
export async function openFolder(path: string): Promise<void> {
  try {
    const firstMade = await mkdir(path, { recursive: true, mode: 0o700 })
    if (firstMade !== undefined) await syncParents(resolve(path), resolve(firstMade))
    for (const name of await readdir(path)) if (TEMPORARY.test(name)) await rm(join(path, name), { force: true })
  } catch (error) {
    throw durableError(`open folder ${path}`, error)
  }
}

/** A file is only as durable as every folder above it that is new. */
async function syncParents(made: string, firstMade: string): Promise<void> {
  for (let at = made; at.length >= firstMade.length; at = dirname(at)) await syncFolder(dirname(at))
}

/** Makes what was created, renamed or removed in the folder survive a power cut. */
export async function syncFolder(path: string): Promise<void> {
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
