import { compareRuns } from '@firebreak/kernel'
import { bucketBits, type NameTable, nameHashEnd } from '@firebreak/content'
import { word } from '../trap.ts'

/** The entry of the name `bytes` from `from` to `to`, or -1. @param running - its hash before `nameHashEnd` */
export function findName(table: NameTable, running: number, bytes: Uint8Array, from: number, to: number): number {
  const { starts, hashes, names } = table
  const hash = nameHashEnd(running)
  const bucket = hash >>> (32 - bucketBits(hashes.length))
  let low = word(starts, bucket, 'name buckets')
  let high = word(starts, bucket + 1, 'name buckets')
  while (low < high) {
    const middle = (low + high) >>> 1
    let order = word(hashes, middle, 'name hashes') - hash
    if (order === 0) {
      const nameFrom = word(names.offsets, middle, 'names')
      const nameTo = word(names.offsets, middle + 1, 'names')
      order = compareRuns(names.bytes, nameFrom, nameTo, bytes, from, to)
    }
    if (order === 0) return middle
    if (order < 0) low = middle + 1
    else high = middle
  }
  return -1
}
