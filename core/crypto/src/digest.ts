import { hash, timingSafeEqual } from 'node:crypto'
import type { Sha256Hex } from '@firebreak/kernel'

export function sha256Hex(bytes: Uint8Array | string): Sha256Hex {
  return hash('sha256', bytes, 'hex')
}

export function sha256(bytes: Uint8Array | string): Uint8Array {
  return new Uint8Array(hash('sha256', bytes, 'buffer'))
}

/** Compares secrets without telling by time where they differ. */
export function equalSecrets(a: string, b: string): boolean {
  return timingSafeEqual(sha256(a), sha256(b))
}
