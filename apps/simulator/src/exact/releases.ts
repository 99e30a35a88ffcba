import { sha256Hex } from '@firebreak/crypto'
import type { Sha256Hex } from '@firebreak/kernel'
import type { ReleaseRef } from '@firebreak/rollout'

/** Of the pack that the simulated fleet follows: what every host has, what is published, and what was replaced long ago. */
export interface Releases {
  readonly pack: string
  readonly category: string
  readonly ancient: ReleaseRef
  readonly old: ReleaseRef
  readonly fresh: ReleaseRef
}

/** Digests depend on the seed, and with them which hosts are exposed first. */
export function releasesOf(seed: number): Releases {
  const digest = (version: string): Sha256Hex => sha256Hex(`firebreak simulation 1\n${seed}\n${version}`)
  const release = (version: string): ReleaseRef => ({ version, imageDigest: digest(version) })
  return {
    pack: 'channel',
    category: 'rapid-response',
    ancient: release('1.0.0'),
    old: release('1.1.0'),
    fresh: release('1.2.0'),
  }
}
