import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { durableError, readDurable, writeDurable } from './durable-fs.ts'

/** The bytes that an append log may hold; appends beyond it are refused and counted by the caller. */
export const APPEND_LOG_BYTES_MAX = 64 * 1024 * 1024

/**
 * A file of lines that only grows at its end, durable when `append` resolves. A crash in the middle of an append leaves a torn last
 * line, which `openAppendLog` cuts off: it was never acknowledged.
 */
export interface AppendLog {
  /** Bytes of whole lines in the file. */
  readonly sizeBytes: number
  /** @returns false, with nothing written, when the log is full */
  append(lines: Uint8Array): Promise<boolean>
  /** Drops the first `bytes` bytes, which must end a line. Atomic. */
  dropHead(bytes: number): Promise<void>
  /** At most `bytesMax` bytes of whole lines from the start. */
  head(bytesMax: number): Promise<Uint8Array>
  close(): Promise<void>
}

const NEWLINE = 10

/** @throws DurableError */
export async function openAppendLog(path: string): Promise<AppendLog> {
  const found = await readDurable(path, APPEND_LOG_BYTES_MAX * 2)
  let size = found ? found.lastIndexOf(NEWLINE) + 1 : 0
  let file = await openForAppend(path, size)

  const append = async (lines: Uint8Array): Promise<boolean> => {
    if (size + lines.length > APPEND_LOG_BYTES_MAX) return false
    try {
      await file.write(lines, 0, lines.length, size)
      await file.datasync()
    } catch (error) {
      throw durableError(`append to ${path}`, error)
    }
    size += lines.length
    return true
  }
  const dropHead = async (bytes: number): Promise<void> => {
    const all = (await readDurable(path, APPEND_LOG_BYTES_MAX)) ?? new Uint8Array(0)
    await writeDurable(path, all.subarray(bytes, size))
    await file.close()
    size -= bytes
    file = await openForAppend(path, size)
  }
  const head = async (bytesMax: number): Promise<Uint8Array> => {
    const buffer = new Uint8Array(Math.min(bytesMax, size))
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0)
    return buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1)
  }
  return {
    get sizeBytes() {
      return size
    },
    append,
    dropHead,
    head,
    close: () => file.close(),
  }
}

async function openForAppend(path: string, size: number): Promise<FileHandle> {
  try {
    const file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    await file.truncate(size)
    return file
  } catch (error) {
    throw durableError(`open ${path}`, error)
  }
}
