import type { BigIntStats } from 'node:fs'
import { constants, type FileHandle, lstat, open } from 'node:fs/promises'
import { isErrno } from '@firebreak/durable-fs'
import type { SkipReason } from './lane-queue.ts'

export interface FileContent {
  readonly kind: 'content'
  readonly bytes: Uint8Array
  /** False when it was changed while it was read: what is said of these bytes need not hold for the file. */
  readonly steady: boolean
}

export interface OpenedFile {
  readonly kind: 'opened'
  /** Device, inode, size and both times: the change time can't be set back by the file's owner, the other one can. */
  readonly identity: string
  /** Reads it all. To be called once, then `close`. */
  read(): Promise<FileContent | { readonly kind: 'skipped'; readonly reason: SkipReason }>
  close(): Promise<void>
}

export type Opening = OpenedFile | { readonly kind: 'skipped'; readonly reason: SkipReason }

const FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK

/**
 * Opens a path that anybody may have prepared. Links are not followed, pipes do not block, devices are not touched: the
 * type is asked before the open, since to open a device can act on it, and after it, since the name may have been
 * given to something else.
 *
 * Not held: links among the folders of the path are followed.
 */
export async function openRegularFile(path: string, sizeBytesMax: number): Promise<Opening> {
  let file: FileHandle | null = null
  try {
    if (!(await lstat(path)).isFile()) return { kind: 'skipped', reason: 'not-a-file' }
    file = await open(path, FLAGS)
    const status = await file.stat({ bigint: true })
    const reason = status.isFile() ? (status.size > sizeBytesMax ? 'too-large' : null) : 'not-a-file'
    if (reason === null) return opened(file, status, sizeBytesMax)
    await file.close()
    return { kind: 'skipped', reason }
  } catch (error) {
    await file?.close().catch(() => {})
    return { kind: 'skipped', reason: reasonOf(error) }
  }
}

function opened(file: FileHandle, before: BigIntStats, sizeBytesMax: number): OpenedFile {
  return {
    kind: 'opened',
    identity: identityOf(before),
    async read() {
      try {
        // One byte more than it has, to see that it grows.
        const bytes = Buffer.allocUnsafeSlow(Math.min(Number(before.size), sizeBytesMax) + 1)
        const filled = await fill(file, bytes)
        const steady = identityOf(await file.stat({ bigint: true })) === identityOf(before)
        if (filled > sizeBytesMax) return { kind: 'skipped', reason: 'too-large' }
        return { kind: 'content', bytes: bytes.subarray(0, filled), steady }
      } catch (error) {
        return { kind: 'skipped', reason: reasonOf(error) }
      }
    },
    close: () => file.close().catch(() => {}),
  }
}

async function fill(file: FileHandle, bytes: Uint8Array): Promise<number> {
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return filled
}

function identityOf({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${mtimeNs}:${ctimeNs}`
}

function reasonOf(error: unknown): SkipReason {
  if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR') || isErrno(error, 'ESTALE')) return 'gone'
  return isErrno(error, 'ELOOP') ? 'not-a-file' : 'unreadable'
}
