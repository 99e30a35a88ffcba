import { sha256 } from '@firebreak/crypto'
import { type Ppm, PPM_ALL, type Sha256Hex } from '@firebreak/kernel'

/**
 * Where a host stands in the order of exposure of one release: a whole number from 0 to PPM_ALL - 1, uniform, and
 * independent from release to release, so that no host is always first. 48 bits of the digest: the modulo's bias is
 * below 4e-9.
 */
export function exposureBucketPpm(host: string, pack: string, imageDigest: Sha256Hex): number {
  const digest = sha256(`firebreak exposure 1\n${host}\n${pack}\n${imageDigest}`)
  const bits = digest.subarray(0, 6).reduce((value, byte) => value * 256 + byte, 0)
  return bits % PPM_ALL
}

/** Growing `ppm` only ever adds hosts; 0 is nobody, PPM_ALL everybody. */
export function isExposed(host: string, pack: string, imageDigest: Sha256Hex, ppm: Ppm): boolean {
  return exposureBucketPpm(host, pack, imageDigest) < ppm
}
