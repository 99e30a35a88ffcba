import { constants, type BigIntStats } from 'node:fs'
import { type FileHandle, open, opendir, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { errorMessage } from '@firebreak/kernel'
import { InputError } from './errors.ts'
import type { FilePosition } from './file-position.ts'
import { FOLDER_FILES_MAX, ROUND_BYTES_MAX, TAIL_BYTES_MAX } from './limits.ts'
import { LineCutter } from './lines.ts'

/** What one round of reading gave. */
export interface FileRound {
  /** Whole lines without their ends; valid until the next round. */
  readonly lines: readonly Uint8Array[]
  /** Behind the last of the lines: where to go on after a restart. Null while there is no file. */
  readonly position: FilePosition | null
  /** False when nothing more was there: look again later. */
  readonly isMore: boolean
}

/** What happened to the file, since it was opened. */
export interface FileCounters {
  /** Another file took its place. */
  rotations: number
  /** It was emptied while it was read, or is another one than the position says: read from its beginning. */
  truncations: number
  /** The file of the position was gone: what it had behind the position is lost. */
  gaps: number
}

interface OpenFile {
  readonly handle: FileHandle
  readonly device: string
  readonly inode: string
}

/**
 * Follows a file that somebody else appends lines to. Follows its name when the file is renamed away (after the old one
 * was read to its end and the new one has something in it), starts over when it is emptied, and waits for the end of the
 * last line. Every line comes once in one run, and at least once over restarts with the last saved position.
 *
 * A file that was renamed away, and compressed or removed before it was read, is a gap; so is what a writer adds to the
 * old file after others have begun to write the new one.
 */
export class GrowingFile {
  readonly #path: string
  readonly #cutter = new LineCutter()
  readonly #buffer: Uint8Array = new Uint8Array(ROUND_BYTES_MAX)
  #saved: FilePosition | null
  #file: OpenFile | null = null
  /** How far the open file was read. */
  #readTo = 0
  /** Its last bytes before `#readTo`. */
  #tail: Uint8Array = new Uint8Array(0)
  /** Behind the last whole line. */
  #position: FilePosition | null = null
  /** The file was read to its end after another one had taken its place. */
  #isLeaving = false
  readonly counters: FileCounters = { rotations: 0, truncations: 0, gaps: 0 }

  /** @param saved - where an earlier run stopped; null: from the beginning */
  constructor(path: string, saved: FilePosition | null) {
    this.#path = path
    this.#saved = saved
    this.#position = saved
  }

  get tooLong(): number {
    return this.#cutter.tooLong
  }

  /**
   * Reads on, at most ROUND_BYTES_MAX bytes. A file that is not there yet is waited for.
   *
   * @throws InputError input/unreadable | input/not-a-file
   */
  async round(): Promise<FileRound> {
    try {
      return await this.#round()
    } catch (error) {
      if (!isSystemError(error)) throw error
      throw new InputError('input/unreadable', `Cannot read ${this.#path}: ${errorMessage(error)}`, {}, error)
    }
  }

  async close(): Promise<void> {
    await this.#file?.handle.close()
    this.#file = null
  }

  async #round(): Promise<FileRound> {
    const file = this.#file ?? (await this.#open())
    if (file === null) return this.#nothing(false)
    if (await this.#isOther(file)) this.#startOver(file)
    const { bytesRead } = await file.handle.read(this.#buffer, 0, ROUND_BYTES_MAX, this.#readTo)
    if (bytesRead === 0) return this.#atEnd(file)
    this.#isLeaving = false
    return this.#take(file, this.#buffer.subarray(0, bytesRead))
  }

  #take({ device, inode }: OpenFile, chunk: Uint8Array): FileRound {
    const lines = this.#cutter.push(chunk)
    this.#readTo += chunk.length
    const open = this.#cutter.openBytes
    const whole = chunk.length - open
    if (whole > 0) {
      const tail = lastBytes(this.#tail, chunk.subarray(0, whole))
      this.#position = { device, inode, offset: this.#readTo - open, tail }
    }
    this.#tail = lastBytes(this.#tail, chunk)
    return { lines, position: this.#position, isMore: true }
  }

  #nothing(isMore: boolean): FileRound {
    return { lines: [], position: this.#position, isMore }
  }

  /**
   * Nothing more in this file: is it still the one of that name? A writer may go on with the old file until it opens the
   * new one, so that is when we leave it; and only after one more look, since it may have written in between.
   */
  async #atEnd(file: OpenFile): Promise<FileRound> {
    const now = await statOf(this.#path)
    if (now === null || isSame(file, now) || now.size === 0n) return this.#nothing(false)
    if (!this.#isLeaving) {
      this.#isLeaving = true
      return this.#nothing(true)
    }
    const next = await openFile(this.#path) // before the old one is given up: this may fail
    if (next === null) return this.#nothing(false)
    this.#isLeaving = false
    const last = this.#cutter.end()
    this.#begin(next, 0, new Uint8Array(0))
    this.counters.rotations++
    await file.handle.close()
    return { lines: last === null ? [] : [last], position: this.#position, isMore: true }
  }

  /** Emptied, whether or not it has grown again: what was before the position is no longer there. */
  async #isOther(file: OpenFile): Promise<boolean> {
    return this.#readTo > 0 && !(await hasTail(file.handle, this.#readTo, this.#tail))
  }

  #startOver(file: OpenFile): void {
    this.counters.truncations++
    this.#begin(file, 0, new Uint8Array(0))
  }

  #begin(file: OpenFile, offset: number, tail: Uint8Array): void {
    const { device, inode } = file
    this.#file = file
    this.#cutter.clear()
    this.#readTo = offset
    this.#tail = tail
    this.#position = { device, inode, offset, tail }
  }

  /** The file of the saved position, wherever it is by now; else the one of the path, from its beginning. */
  async #open(): Promise<OpenFile | null> {
    const saved = this.#saved
    const path = (saved === null ? null : await findFile(this.#path, saved)) ?? this.#path
    const file = await openFile(path)
    if (file === null) return null
    this.#saved = null
    this.#begin(file, 0, new Uint8Array(0))
    if (saved === null) return file
    if (!isFile(file, saved)) {
      this.counters.gaps++
    } else if (await hasTail(file.handle, saved.offset, saved.tail)) {
      this.#begin(file, saved.offset, saved.tail)
    } else this.#startOver(file)
    return file
  }
}

async function openFile(path: string): Promise<OpenFile | null> {
  let handle: FileHandle
  try {
    handle = await open(path, constants.O_RDONLY | constants.O_NONBLOCK) // a pipe must not make us wait
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
  const about = await handle.stat({ bigint: true })
  if (!about.isFile()) {
    await handle.close()
    throw new InputError('input/not-a-file', `Cannot follow ${path}: it is no regular file`)
  }
  return { handle, device: String(about.dev), inode: String(about.ino) }
}

async function findFile(path: string, position: FilePosition): Promise<string | null> {
  if (await isFileAt(path, position)) return path
  const folder = await opendir(dirname(path)).catch((error: unknown) => {
    if (isAbsent(error)) return []
    throw error
  })
  let count = 0
  for await (const { name } of folder) {
    if (++count > FOLDER_FILES_MAX) break
    const candidate = join(dirname(path), name)
    if (await isFileAt(candidate, position)) return candidate
  }
  return null
}

async function isFileAt(path: string, position: FilePosition): Promise<boolean> {
  const is = await statOf(path)
  return is?.isFile() === true && isSame(position, is)
}

/** Whether the file has these bytes before the offset. */
async function hasTail(handle: FileHandle, offset: number, tail: Uint8Array): Promise<boolean> {
  if (tail.length > offset || (await handle.stat()).size < offset) return false
  const there = new Uint8Array(tail.length)
  const { bytesRead } = await handle.read(there, 0, tail.length, offset - tail.length)
  return bytesRead === tail.length && Buffer.compare(there, tail) === 0
}

function lastBytes(before: Uint8Array, chunk: Uint8Array): Uint8Array {
  if (chunk.length >= TAIL_BYTES_MAX) return chunk.slice(-TAIL_BYTES_MAX)
  return Uint8Array.from([...before, ...chunk]).slice(-TAIL_BYTES_MAX)
}

function isFile(file: OpenFile, { device, inode }: FilePosition): boolean {
  return file.device === device && file.inode === inode
}

function isSame({ device, inode }: Pick<FilePosition, 'device' | 'inode'>, now: BigIntStats): boolean {
  return device === String(now.dev) && inode === String(now.ino)
}

/** Null when there is none. */
async function statOf(path: string): Promise<BigIntStats | null> {
  try {
    return await stat(path, { bigint: true })
  } catch (error) {
    if (isAbsent(error)) return null
    throw error
  }
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'errno' in error
}

function isAbsent(error: unknown): boolean {
  return isSystemError(error) && error.code === 'ENOENT'
}
