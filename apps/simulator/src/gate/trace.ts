import { type Draw, Draws, type Scenario, type World } from '@firebreak/world'
import type { FleetFacts, RingFacts } from '../peers/peer.ts'
import { Noise, type NoiseChunk } from './noise.ts'

const SECOND_MS = 1_000
/** In the horizon of a benchmark a host wakes and goes to sleep at most so often. */
const TURNS = 4
const FAILS_TO_INSTALL = 1
const FAILS_TO_APPLY = 2
const ANNOUNCES = 4
const DRAWS = 2 ** 32
const UNKNOWN = -1
export const NEVER_S = 2 ** 31 - 1

/**
 * One rollout's world, drawn once, for every policy: who the hosts are, in order of exposure; what the release does to each; and what
 * befalls them in any case. Host numbers here are places in that order, ring after ring: within a ring a random one, as the hash of a
 * release makes it. Times are whole seconds after publication.
 */
export class Trace implements FleetFacts {
  readonly world: World
  readonly hosts: number
  readonly rings: readonly (RingFacts & { readonly pollSeconds: number })[]
  /** Kinds of hosts that may be compared: twice the first stratum with the same platform, and 1 more for those that are steady. */
  readonly kinds: Uint8Array
  /** What cells call each kind, before the ring. */
  readonly strata: readonly string[]
  /** For each fault, seconds from the start of the release, or from the boot, to its effect on each host; -1: none. */
  readonly harm: readonly Int32Array[]
  readonly scenario: Scenario
  readonly #kindOfStratum: readonly number[]
  /** Numbers of the hosts in their world. */
  readonly #numbers: Uint32Array
  readonly #noise: Noise
  /** In each poll interval, when it asks. */
  readonly #phaseS: Uint16Array
  /** FAILS_TO_INSTALL, FAILS_TO_APPLY, and from ANNOUNCES on a bit for each turn. */
  readonly #bits: Uint8Array
  /** When each host next falls asleep or wakes, TURNS times; computed when first asked for. */
  readonly #turns: Int32Array
  readonly #awakeAtFirst: Uint8Array
  #shuffled: Uint32Array | null = null

  constructor(world: World) {
    const { hosts, scenario } = world
    const { fleet, faults } = scenario
    this.world = world
    this.scenario = scenario
    this.hosts = hosts
    const platforms = fleet.strata.map(
      ({ engineVersion, os, architecture }) => `engine ${engineVersion}, ${os} ${architecture}`,
    )
    this.strata = platforms.flatMap((platform) => [`${platform}, unsteady`, `${platform}, steady`])
    this.#kindOfStratum = platforms.map((platform) => platforms.indexOf(platform) * 2)
    const { numbers, rings } = inOrderOfExposure(world)
    this.#numbers = numbers
    this.rings = rings
    this.kinds = new Uint8Array(hosts)
    this.#phaseS = new Uint16Array(hosts)
    this.#bits = new Uint8Array(hosts)
    this.#turns = new Int32Array(hosts * TURNS).fill(UNKNOWN)
    this.#awakeAtFirst = new Uint8Array(hosts)
    for (const { from, to, pollSeconds } of rings) {
      for (let host = from; host < to; host++) this.#drawHost(host, pollSeconds)
    }
    this.harm = faults.map((_, fault) => {
      const after = new Int32Array(hosts).fill(-1)
      for (let host = 0; host < hosts; host++) {
        const number = numbers[host] ?? 0
        if (!world.isAffected(number, fault)) continue
        after[host] = Math.floor(world.harmAfterMs(number, fault) / SECOND_MS)
      }
      return after
    })
    this.#noise = new Noise(world, world.seed, this.kinds, (host, tS) => this.isAwake(host, tS))
  }

  numberOf(host: number): number {
    return this.#numbers[host] ?? 0
  }

  noise(chunk: number): NoiseChunk {
    return this.#noise.chunk(chunk)
  }

  ringOf(host: number): number {
    return this.rings.findIndex(({ to }) => host < to)
  }

  pollSeconds(host: number): number {
    for (const { to, pollSeconds } of this.rings) if (host < to) return pollSeconds
    return NEVER_S
  }

  /** All hosts in another order, the same for every policy that takes no notice of rings. */
  get shuffled(): Uint32Array {
    this.#shuffled ??= shuffle(this.hosts, new Draws(this.world.seed).of('order without rings'))
    return this.#shuffled
  }

  /** The first time from `tS` on that it asks for the plan, if it is there. */
  pollS(host: number, tS: number, pollSeconds: number): number {
    const wait = ((this.#phaseS[host] ?? 0) - tS) % pollSeconds
    return tS + (wait < 0 ? wait + pollSeconds : wait)
  }

  isAwake(host: number, tS: number): boolean {
    return this.isAwakeAfter(host, this.turnsBefore(host, tS))
  }

  isAwakeAfter(host: number, turns: number): boolean {
    return ((this.#awakeAtFirst[host] ?? 0) + turns) % 2 === 1
  }

  /** When its turn number `turn` is: it falls asleep, or wakes. */
  turnS(host: number, turn: number): number {
    if (turn >= TURNS) return NEVER_S
    const known = this.#turns[host * TURNS + turn] ?? UNKNOWN
    return known === UNKNOWN ? this.#learnTurn(host, turn) : known
  }

  /** Whether it says so when it falls asleep at that turn. */
  announcesSleep(host: number, turn: number): boolean {
    return ((this.#bits[host] ?? 0) & (ANNOUNCES << turn)) !== 0
  }

  /** Whether that turn, when it wakes, is a boot. */
  bootsToWake(host: number, turn: number): boolean {
    return this.world.bootsToWake(this.numberOf(host), this.#ms(this.turnS(host, turn)))
  }

  /** How many of its turns lie at or before `tS`. */
  turnsBefore(host: number, tS: number): number {
    let turn = 0
    while (turn < TURNS && this.turnS(host, turn) <= tS) turn++
    return turn
  }

  isOut(host: number, tS: number): boolean {
    return this.world.isOut(this.numberOf(host), this.#ms(tS))
  }

  silenceForS(host: number, tS: number): number {
    const hour = Math.floor(this.#ms(tS) / 3_600_000)
    return Math.ceil(this.world.silenceForMs(this.numberOf(host), hour) / SECOND_MS)
  }

  failsToInstall(host: number): boolean {
    return ((this.#bits[host] ?? 0) & FAILS_TO_INSTALL) !== 0
  }

  failsToApply(host: number): boolean {
    return ((this.#bits[host] ?? 0) & FAILS_TO_APPLY) !== 0
  }

  #drawHost(host: number, pollSeconds: number): void {
    const { world } = this
    const number = this.#numbers[host] ?? 0
    this.kinds[host] = (this.#kindOfStratum[world.stratumOf(number)] ?? 0) + (world.isSteady(number) ? 1 : 0)
    const turned = (number + Math.floor(this.hosts / 3)) % this.hosts
    this.#phaseS[host] = Math.floor((turned * pollSeconds) / this.hosts)
    this.#bits[host] =
      (world.failsToInstall(number, 1) ? FAILS_TO_INSTALL : 0) | (world.failsToApply(number, 1) ? FAILS_TO_APPLY : 0)
    this.#awakeAtFirst[host] = world.isAwake(number, world.startsAtMs) ? 1 : 0
  }

  #learnTurn(host: number, turn: number): number {
    const at = host * TURNS + turn
    const beforeS = turn === 0 ? 0 : this.turnS(host, turn - 1)
    const ms =
      beforeS === NEVER_S ? Number.POSITIVE_INFINITY : this.world.sleepChangesMs(this.numberOf(host), this.#ms(beforeS))
    const tS = Math.ceil((ms - this.world.startsAtMs) / SECOND_MS)
    this.#turns[at] = Math.min(tS, NEVER_S)
    const fallsAsleep = ((this.#awakeAtFirst[host] ?? 0) + turn) % 2 === 1
    if (fallsAsleep && tS < NEVER_S && this.world.announcesSleep(this.numberOf(host), ms - 1)) {
      this.#bits[host] = (this.#bits[host] ?? 0) | (ANNOUNCES << turn)
    }
    return this.#turns[at] ?? NEVER_S
  }

  #ms(tS: number): number {
    return this.world.startsAtMs + tS * SECOND_MS
  }
}

/** Rings in order of risk; within each, hosts shuffled by the world's seed. */
function inOrderOfExposure(world: World) {
  const { hosts, scenario } = world
  const shuffled = shuffle(hosts, new Draws(world.seed).of('order of exposure'))
  const ringOf = new Uint8Array(hosts)
  const counts = new Uint32Array(scenario.fleet.rings.length)
  for (let place = 0; place < hosts; place++) {
    const ring = world.ringOf(shuffled[place] ?? 0)
    ringOf[place] = ring
    counts[ring] = (counts[ring] ?? 0) + 1
  }
  const rings: (RingFacts & { readonly pollSeconds: number })[] = []
  for (const [i, { ring, pollSeconds }] of scenario.fleet.rings.entries()) {
    const from = rings.at(-1)?.to ?? 0
    rings.push({ ring, from, to: from + (counts[i] ?? 0), pollSeconds })
  }
  const next = Uint32Array.from(rings, ({ from }) => from)
  const numbers = new Uint32Array(hosts)
  for (let place = 0; place < hosts; place++) {
    const ring = ringOf[place] ?? 0
    const at = next[ring] ?? 0
    numbers[at] = shuffled[place] ?? 0
    next[ring] = at + 1
  }
  return { numbers, rings }
}

/** Durstenfeld's shuffle of the numbers below `count`. */
function shuffle(count: number, draw: Draw): Uint32Array {
  const shuffled = new Uint32Array(count)
  for (let i = 0; i < count; i++) shuffled[i] = i
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor((draw(last) / DRAWS) * (last + 1))
    const swapped = shuffled[last] ?? 0
    shuffled[last] = shuffled[other] ?? 0
    shuffled[other] = swapped
  }
  return shuffled
}
