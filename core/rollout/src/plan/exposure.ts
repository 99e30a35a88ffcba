import { sha256Hex } from '@firebreak/crypto'
import { type Ppm, PPM_ALL, type Sha256Hex } from '@firebreak/kernel'

/** Of the digest that orders hosts: 48 bits, so that the modulo's bias is below 4e-9. */
const BUCKET_HEX_DIGITS = 12

/**
 * Where a host stands in the order of exposure of one release: a whole number from 0 to PPM_ALL - 1, uniform, and
 * independent from release to release, so that no host is always first. A host is exposed when its bucket is below the exposure, so growing
 * exposure only ever adds hosts.
 */
export function exposureBucketPpm(host: string, pack: string, imageDigest: Sha256Hex): number {
  const digest = sha256Hex(`firebreak exposure 1\n${host}\n${pack}\n${imageDigest}`)
  return Number.parseInt(digest.slice(0, BUCKET_HEX_DIGITS), 16) % PPM_ALL
}

/** The two sides of a comparison: hosts that a wave newly exposes, and hosts that it leaves as they are. */
export type Arm = 'exposed' | 'control'

/** Buckets from `fromPpm` up to, and without, `toPpm`. */
export interface BucketRange {
  readonly fromPpm: Ppm
  readonly toPpm: Ppm
}

/**
 * Who takes part in a wave. Both arms enrol when they read the plan, and both report on the same schedule from then on
 * (`probation.ts`): what differs between them is the release, and nothing else. The control is of hosts that are not exposed yet, or,
 * when too few of those are left, of hosts that earlier waves exposed.
 */
export interface WaveArms {
  /** Counts the waves of a rollout, over all rings, from 1. */
  readonly wave: number
  readonly exposed: BucketRange
  /** Never overlaps `exposed`; empty when there is nobody to compare with. */
  readonly control: BucketRange
}

/** On which side of the wave a host is, by its bucket; null: it takes no part. */
export function armOf({ exposed, control }: WaveArms, bucketPpm: number): Arm | null {
  if (isWithin(exposed, bucketPpm)) return 'exposed'
  return isWithin(control, bucketPpm) ? 'control' : null
}

function isWithin({ fromPpm, toPpm }: BucketRange, bucketPpm: number): boolean {
  return bucketPpm >= fromPpm && bucketPpm < toPpm
}
