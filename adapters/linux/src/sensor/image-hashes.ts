import { createHash } from 'node:crypto'
import { type BigIntStats, closeSync, constants, fstatSync, openSync, readSync, statSync } from 'node:fs'
import { putBounded } from '../bounded-map.ts'
import { type ByteText, byteText, pathBytes } from './byte-text.ts'
import type { Program } from './process-table.ts'

/** A larger file is not read. */
export const HASHED_FILE_BYTES_MAX = 64 * 1024 * 1024

/** Time for reading files in each second; what is over is owed by the next. */
export const HASH_MS_PER_SECOND = 100

/** Digests remembered; the oldest goes first. About 300 bytes each. */
const HASH_COUNT_MAX = 8192

const CHUNK_BYTES = 1024 * 1024
const SECOND_MS = 1000

/** Cumulative: digests that were asked for and not given, by the reason. */
export interface HashLosses {
  /** The file is gone or another one by now, or not a file. */
  readonly gone: number
  readonly tooLarge: number
  readonly noTime: number
}

/**
 * SHA-256 of executed files, as Sigma writes it. A file is found by its path and counts only if it is the very inode that
 * was executed; its digest holds until the file changes. All of it in the sensor's one thread, so within a budget.
 *
 * Invariants: at most HASH_COUNT_MAX digests; a digest is only ever given for a file that did not change while it was
 * read, nor since.
 */
export class ImageHashes {
  readonly #nowMs: () => number
  /** By device, inode, size, change and modification time. */
  readonly #known = new Map<string, ByteText>()
  readonly #chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES)
  #leftMs = HASH_MS_PER_SECOND
  #grantedMs: number
  #gone = 0
  #tooLarge = 0
  #noTime = 0

  /** @param nowMs - a clock that does not go back */
  constructor(nowMs: () => number = () => performance.now()) {
    this.#nowMs = nowMs
    this.#grantedMs = nowMs()
  }

  losses(): HashLosses {
    return { gone: this.#gone, tooLarge: this.#tooLarge, noTime: this.#noTime }
  }

  /** @returns `SHA256=` and 64 digits in upper case; null, and counted, when it can't be said */
  of({ image, inode, device }: Program): ByteText | null {
    if (image === null || inode === null || device === null) return null
    try {
      const path = pathBytes(image)
      const file = statSync(path, { bigint: true })
      if (!isSame(file, inode, device)) return this.#lost('gone')
      return this.#known.get(keyOf(file)) ?? this.#read(path, inode, device)
    } catch {
      return this.#lost('gone')
    }
  }

  #read(path: Buffer, inode: number, device: number): ByteText | null {
    const startMs = this.#nowMs()
    this.#grant(startMs)
    if (this.#leftMs <= 0) return this.#lost('noTime')
    // Not blocking: what lies there by now could be a pipe.
    const fd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK | constants.O_NOFOLLOW)
    try {
      const file = fstatSync(fd, { bigint: true })
      if (!file.isFile() || !isSame(file, inode, device)) return this.#lost('gone')
      if (file.size > HASHED_FILE_BYTES_MAX) return this.#lost('tooLarge')
      const digest = this.#digest(fd)
      if (digest === null) return this.#lost('tooLarge')
      if (keyOf(fstatSync(fd, { bigint: true })) !== keyOf(file)) return this.#lost('gone')
      putBounded(this.#known, keyOf(file), digest, HASH_COUNT_MAX)
      return digest
    } finally {
      closeSync(fd)
      this.#leftMs -= this.#nowMs() - startMs
    }
  }

  /** @returns null when the file has grown beyond all bounds */
  #digest(fd: number): ByteText | null {
    const hash = createHash('sha256')
    let length = 0
    for (;;) {
      const count = readSync(fd, this.#chunk, 0, CHUNK_BYTES, null)
      if (count === 0) return byteText(`SHA256=${hash.digest('hex').toUpperCase()}`)
      length += count
      if (length > HASHED_FILE_BYTES_MAX) return null
      hash.update(this.#chunk.subarray(0, count))
    }
  }

  #grant(nowMs: number): void {
    const granted = ((nowMs - this.#grantedMs) / SECOND_MS) * HASH_MS_PER_SECOND
    this.#grantedMs = nowMs
    this.#leftMs = Math.min(HASH_MS_PER_SECOND, this.#leftMs + granted)
  }

  #lost(why: keyof HashLosses): null {
    if (why === 'gone') this.#gone++
    else if (why === 'tooLarge') this.#tooLarge++
    else this.#noTime++
    return null
  }
}

function isSame(file: BigIntStats, inode: number, device: number): boolean {
  return Number(file.ino) === inode && Number(file.dev) === device
}

function keyOf({ dev, ino, size, ctimeNs, mtimeNs }: BigIntStats): string {
  return `${dev}:${ino}:${size}:${ctimeNs}:${mtimeNs}`
}
