import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { test } from 'node:test'
import { pageSizeBytes } from './platform.ts'

/** Pairs of type and value, as the kernel hands them to a program. */
const auxiliary = (...pairs: readonly (readonly [number, number])[]): Buffer => {
  const words = BigUint64Array.from(pairs.flat().map(BigInt))
  return Buffer.from(words.buffer)
}

const VECTORS: readonly (readonly [string, Buffer, number])[] = [
  ['4 KiB', auxiliary([33, 0x7fff_0000], [6, 4096], [0, 0]), 4096],
  ['arm64 with 64 KiB', auxiliary([16, 6], [6, 65_536], [0, 0]), 65_536],
  ['no word of it', auxiliary([16, 6], [0, 0]), 4096],
  ['half a pair', auxiliary([6, 16_384]).subarray(0, 12), 4096],
]

for (const [name, vector, expected] of VECTORS) {
  test(`page size: ${name}`, () => assert.equal(pageSizeBytes(vector), expected))
}

test('page size: what getconf says', { skip: process.platform === 'linux' ? false : 'only on Linux' }, () => {
  assert.equal(pageSizeBytes(), Number(execFileSync('getconf', ['PAGESIZE']).toString()))
})
