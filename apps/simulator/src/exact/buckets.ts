import { exposureBucketPpm } from '@firebreak/rollout'
import type { World } from '@firebreak/world'
import type { Releases } from './releases.ts'

const UNKNOWN = -1

/** Where each host stands in the order of exposure of the fresh release: computed when first asked for, by the function that hosts and servers use, and once. */
export class Buckets {
  readonly #world: World
  readonly #releases: Releases
  readonly #known: Int32Array

  constructor(world: World, releases: Releases) {
    this.#world = world
    this.#releases = releases
    this.#known = new Int32Array(world.hosts).fill(UNKNOWN)
  }

  of(host: number): number {
    const known = this.#known[host] ?? UNKNOWN
    if (known !== UNKNOWN) return known
    const { pack, fresh } = this.#releases
    const bucket = exposureBucketPpm(this.#world.hostId(host), pack, fresh.imageDigest)
    this.#known[host] = bucket
    return bucket
  }
}
