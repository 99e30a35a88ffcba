import { readFileSync } from 'node:fs'

/** False where the system call numbers and layouts in this adapter do not hold. */
export function available(): boolean {
  return process.platform === 'linux' && (process.arch === 'x64' || process.arch === 'arm64')
}

const AT_PAGESZ = 6n

/**
 * 4 KiB on x86-64; 4, 16 or 64 KiB on arm64, as its kernel was built.
 *
 * @see getauxval(3)
 */
export function pageSizeBytes(auxiliary: Buffer = readFileSync('/proc/self/auxv')): number {
  for (let at = 0; at + 16 <= auxiliary.length; at += 16) {
    if (auxiliary.readBigUInt64LE(at) === AT_PAGESZ) return Number(auxiliary.readBigUInt64LE(at + 8))
  }
  return 4096
}
