import { compareRuns, foldCase, KernelError, utf8Decode } from '@firebreak/kernel'
import { refuse } from './section-reader.ts'
import type { TextPool } from './tables.ts'

/** Strict UTF-8 without control characters. @param at - the word at which the pool's offsets are */
export function verifyText(pool: TextPool, i: number, at: number): void {
  let isAscii = true
  const to = pool.offsets[i + 1] ?? 0
  for (let k = pool.offsets[i] ?? 0; k < to; k++) {
    const byte = pool.bytes[k] ?? 0
    // Control characters above ASCII are two bytes from C2 80 to C2 9F.
    const isHigh = byte === 0xc2 && (pool.bytes[k + 1] ?? 0) < 0xa0
    if (isHigh || byte < 0x20 || byte === 0x7f) throw refuse(`text ${i} has a control character`, at + i)
    if (byte > 0x7f) isAscii = false
  }
  if (!isAscii) decode(pool, i, at)
}

/** Only a text that `verifyText` accepted. */
export function verifyFolded(pool: TextPool, i: number, at: number): void {
  let isFolded = true
  let isAscii = true
  const to = pool.offsets[i + 1] ?? 0
  for (let k = pool.offsets[i] ?? 0; k < to; k++) {
    const byte = pool.bytes[k] ?? 0
    if (byte >= 0x41 && byte <= 0x5a) isFolded = false
    if (byte > 0x7f) isAscii = false
  }
  if (!isAscii) {
    const text = decode(pool, i, at)
    isFolded = foldCase(text) === text
  }
  if (!isFolded) throw refuse(`text ${i} is not folded`, at + i)
}

function decode(pool: TextPool, i: number, at: number): string {
  try {
    return utf8Decode(pool.bytes.subarray(pool.offsets[i], pool.offsets[i + 1]))
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw refuse(`text ${i} is not UTF-8`, at + i, error)
  }
}

export function compareTexts(pool: TextPool, i: number, j: number): number {
  const { bytes, offsets } = pool
  return compareRuns(bytes, offsets[i] ?? 0, offsets[i + 1] ?? 0, bytes, offsets[j] ?? 0, offsets[j + 1] ?? 0)
}
