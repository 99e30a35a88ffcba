import { assert, type Sha256Hex, type WallMs } from '@firebreak/kernel'
import { exposureBucketPpm, type HostView, type ReleaseRef } from '@firebreak/rollout'
import type { World } from '@firebreak/world'
import { ringOfKind, stratumOfKind } from './columns.ts'
import type { Buckets } from './buckets.ts'
import type { Member } from './member.ts'
import type { Releases } from './releases.ts'

const NONE: readonly Sha256Hex[] = []

/**
 * What a simulated host knows of itself, for `decideHost`. One object serves all hosts. It notices whether anything was asked that is this
 * host's own: an answer for which nothing was, is the answer of every host of its kind.
 */
export class View implements HostView {
  isPersonal = false
  readonly pack: string
  readonly starter = null
  readonly isSafe = false
  readonly labels: Readonly<Record<string, string>> = {}
  readonly policy = null
  readonly #world: World
  readonly #releases: Releases
  readonly #confirmedAtMs: WallMs
  #host = 0
  #member: Member | null = null
  #kind = 0
  readonly #buckets: Buckets

  constructor(world: World, releases: Releases, buckets: Buckets, confirmedAtMs: WallMs) {
    this.#buckets = buckets
    this.#world = world
    this.#releases = releases
    this.#confirmedAtMs = confirmedAtMs
    this.pack = releases.pack
  }

  of(host: number, kind: number, member: Member | null): this {
    this.#host = host
    this.#kind = kind
    this.#member = member
    this.isPersonal = member !== null
    return this
  }

  get host(): string {
    this.isPersonal = true
    return this.#world.hostId(this.#host)
  }

  get enrolledRing(): string {
    return of(this.#world.scenario.fleet.rings, ringOfKind(this.#world, this.#kind)).ring
  }

  get engineVersion(): string {
    return of(this.#world.scenario.fleet.strata, stratumOfKind(this.#world, this.#kind)).engineVersion
  }

  get os(): string {
    return of(this.#world.scenario.fleet.strata, stratumOfKind(this.#world, this.#kind)).os
  }

  get confirmed(): ReleaseRef {
    return this.#member?.confirmed ?? this.#releases.old
  }

  get lastKnownGood(): ReleaseRef | null {
    return this.#member ? this.#member.lastKnownGood : this.#releases.ancient
  }

  get candidate(): ReleaseRef | null {
    return this.#member?.candidate ?? null
  }

  get rejected(): readonly Sha256Hex[] {
    return this.#member?.rejected ?? NONE
  }

  get confirmedAtMs(): WallMs {
    return this.#confirmedAtMs
  }

  readonly bucketOf = (pack: string, imageDigest: Sha256Hex): number => {
    this.isPersonal = true
    if (imageDigest === this.#releases.fresh.imageDigest) return this.#buckets.of(this.#host)
    return exposureBucketPpm(this.#world.hostId(this.#host), pack, imageDigest)
  }

  readonly firstSeenMs = (imageDigest: Sha256Hex): WallMs | null => {
    this.isPersonal = true
    return this.#member?.firstSeen.get(imageDigest) ?? null
  }

  readonly isEmergency = (): boolean => false
}

function of<T>(items: readonly T[], index: number): T {
  const item = items[index]
  assert(item !== undefined, 'a host is of a kind of the scenario')
  return item
}
