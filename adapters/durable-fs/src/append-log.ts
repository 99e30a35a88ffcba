import { constants } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { dirname } from 'node:path'
import { assert } from '@firebreak/kernel'
import { durableError, readDurable, syncFolder, writeDurable, type WriteStep } from './durable-fs.ts'
import { Turns } from './turns.ts'

/** The bytes that an append log may hold; appends beyond it are refused and counted by the caller. */
export const APPEND_LOG_BYTES_MAX = 64 * 1024 * 1024

/**
 * A file of lines that only grows at its end. Calls take effect in the order in which they were made. Invariants, whatever is killed
 * and whatever fails:
 *
 * - what `append` acknowledged is in the file, whole and in order, until `dropHead` drops it;
 * - the file that `openAppendLog` has opened holds whole lines only: a torn last line was never acknowledged, and is cut off;
 * - an append that threw has left nothing that a later append could be mixed with.
 *
 * Calls throw DurableError. After a fault that leaves the file in doubt every later call throws as well; open the log again.
 */
export interface AppendLog {
  /** Bytes of whole lines in the file. */
  readonly sizeBytes: number
  /**
   * @param lines - whole lines: the last byte ends one
   * @returns false, with nothing written, when the log is full
   */
  append(lines: Uint8Array): Promise<boolean>
  /**
   * Drops the first `bytes` bytes, which must end a line. Atomic.
   *
   * @param onStep - as of `writeDurable`, for the same kind of test
   */
  dropHead(bytes: number, onStep?: (step: WriteStep) => void): Promise<void>
  /** At most `bytesMax` bytes of whole lines from the start. */
  head(bytesMax: number): Promise<Uint8Array>
  close(): Promise<void>
}

const NEWLINE = 10

/** @throws DurableError */
export async function openAppendLog(path: string): Promise<AppendLog> {
  const log = new LineFile(path, await openWholeLines(path))
  const turns = new Turns()
  return {
    get sizeBytes() {
      return log.size
    },
    append: (lines) => turns.take(() => log.append(lines)),
    dropHead: (bytes, onStep) => turns.take(() => log.dropHead(bytes, onStep)),
    head: (bytesMax) => turns.take(() => log.head(bytesMax)),
    close: () => turns.take(() => log.close()),
  }
}

interface OpenLines {
  readonly file: FileHandle
  /** Bytes of whole lines: all that the file holds. */
  readonly size: number
}

async function openWholeLines(path: string): Promise<OpenLines> {
  const found = await readDurable(path, APPEND_LOG_BYTES_MAX * 2)
  const size = found ? found.lastIndexOf(NEWLINE) + 1 : 0
  let file: FileHandle | null = null
  try {
    file = await open(path, constants.O_RDWR | constants.O_CREAT, 0o600)
    await file.truncate(size)
    if (!found) await syncFolder(dirname(path))
    return { file, size }
  } catch (error) {
    await file?.close()
    throw durableError(`open ${path}`, error)
  }
}

/** The operations, one at a time. `size` is where the next append goes, whatever a failed one has left behind it. */
class LineFile {
  readonly #path: string
  #file: FileHandle
  size: number

  constructor(path: string, { file, size }: OpenLines) {
    this.#path = path
    this.#file = file
    this.size = size
  }

  async append(lines: Uint8Array): Promise<boolean> {
    assert(lines.at(-1) === NEWLINE, 'an append log takes whole lines')
    if (this.size + lines.length > APPEND_LOG_BYTES_MAX) return false
    try {
      await this.#write(lines)
      await this.#file.datasync()
    } catch (error) {
      await this.#cutBack()
      throw durableError(`append to ${this.#path}`, error)
    }
    this.size += lines.length
    return true
  }

  /** A write may take less than it was given, as when the disk is nearly full: then the rest is asked for, and fails by itself. */
  async #write(lines: Uint8Array): Promise<void> {
    for (let done = 0; done < lines.length;) {
      const { bytesWritten } = await this.#file.write(lines, done, lines.length - done, this.size + done)
      done += bytesWritten
    }
  }

  /** What a failed append left would show through behind a shorter one. If it can't be cut, nothing more is appended here. */
  async #cutBack(): Promise<void> {
    await this.#file.truncate(this.size).catch(() => this.close())
  }

  async dropHead(bytes: number, onStep?: (step: WriteStep) => void): Promise<void> {
    const all = (await readDurable(this.#path, APPEND_LOG_BYTES_MAX)) ?? new Uint8Array(0)
    assert(bytes === 0 || all[bytes - 1] === NEWLINE, 'an append log drops whole lines')
    // Closed first: a handle of the replaced file would acknowledge lines that nobody can ever read.
    await this.close()
    try {
      await writeDurable(this.#path, all.subarray(bytes, this.size), 0o600, onStep)
    } finally {
      const { file, size } = await openWholeLines(this.#path)
      this.#file = file
      this.size = size
    }
  }

  async head(bytesMax: number): Promise<Uint8Array> {
    const buffer = new Uint8Array(Math.min(bytesMax, this.size))
    try {
      const { bytesRead } = await this.#file.read(buffer, 0, buffer.length, 0)
      return buffer.subarray(0, buffer.subarray(0, bytesRead).lastIndexOf(NEWLINE) + 1)
    } catch (error) {
      throw durableError(`read ${this.#path}`, error)
    }
  }

  close(): Promise<void> {
    return this.#file.close()
  }
}
