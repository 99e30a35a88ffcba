import { StringPool } from './string-pool.ts'

/** Views of sections that hold runs of different lengths. Only for sections whose offsets were verified, or written here. */

/** Count, count + 1 offsets in bytes, then UTF-8. */
export function poolRuns(words: Uint32Array): StringPool {
  const count = words[0] ?? 0
  const offsets = words.subarray(1, count + 2)
  const size = offsets[count] ?? 0
  return new StringPool(offsets, new Uint8Array(words.buffer, words.byteOffset + 4 * (count + 2), size))
}

/** Count, count + 1 offsets in words, then the runs. */
export function wordRuns(words: Uint32Array): readonly Uint32Array[] {
  const count = words[0] ?? 0
  const first = count + 2
  const runs: Uint32Array[] = []
  for (let i = 1; i <= count; i++) runs.push(words.subarray(first + (words[i] ?? 0), first + (words[i + 1] ?? 0)))
  return runs
}
