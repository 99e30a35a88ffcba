import { type Draw, Draws, NATURAL_EVENTS, type World } from '@firebreak/world'

const DRAWS = 2 ** 32
const PPM = 1_000_000
const HOUR_S = 3_600
const CHUNK_S = 6 * HOUR_S

/** Events in order of time, as columns. `kind`: the index in NATURAL_EVENTS. `host`: in the order of exposure. */
export interface NoiseChunk {
  readonly atS: Float64Array
  readonly host: Uint32Array
  readonly kind: Uint8Array
  readonly events: number
}

/**
 * What befalls hosts with any release or none, drawn as one Poisson process for the whole fleet in order of time: the rates of the world,
 * without asking each host of each hour. Chunks of six hours are drawn when somebody first needs them, and kept for the next policy.
 */
export class Noise {
  readonly #hosts: number
  readonly #kinds: Uint8Array
  readonly #rates: readonly (readonly [steady: number, unsteady: number])[]
  readonly #draws: Draws
  readonly #isAwake: (host: number, tS: number) => boolean
  readonly #chunks: NoiseChunk[] = []

  /** @param kinds - of each host: its lowest bit says that it is steady. @param isAwake - nothing befalls who sleeps */
  constructor(world: World, seed: number, kinds: Uint8Array, isAwake: (host: number, tS: number) => boolean) {
    const { steady, unsteady } = world.scenario.fleet
    this.#hosts = kinds.length
    this.#kinds = kinds
    this.#rates = NATURAL_EVENTS.map((name) => [steady[name], unsteady[name]])
    this.#draws = new Draws(seed)
    this.#isAwake = isAwake
  }

  /** @param index - 0: the first six hours */
  chunk(index: number): NoiseChunk {
    for (let next = this.#chunks.length; next <= index; next++) this.#chunks.push(this.#draw(next))
    const chunk = this.#chunks[index]
    if (chunk === undefined) throw new RangeError(`no chunk ${index}`)
    return chunk
  }

  #draw(index: number): NoiseChunk {
    const most = this.#rates.map(([steady, unsteady]) => Math.max(steady, unsteady))
    const all = most.reduce((sum, rate) => sum + rate, 0)
    const perSecond = (all / PPM / HOUR_S) * this.#hosts
    const capacity = Math.ceil(perSecond * CHUNK_S + 8 * Math.sqrt(perSecond * CHUNK_S)) + 16
    const [atS, host, kind] = [new Float64Array(capacity), new Uint32Array(capacity), new Uint8Array(capacity)]
    const [gap, which, what] = ['gap', 'host', 'kind'].map((name) => this.#draws.of(`noise ${name}`)) as [
      Draw,
      Draw,
      Draw,
    ]
    let events = 0
    if (perSecond === 0) return { atS, host, kind, events }
    let tS = index * CHUNK_S
    for (let i = 0; events < capacity; i++) {
      tS -= Math.log((gap(i, index) + 0.5) / DRAWS) / perSecond
      if (tS >= (index + 1) * CHUNK_S) break
      const chosen = Math.floor((which(i, index) / DRAWS) * this.#hosts)
      // One draw chooses the kind by its highest rate, and its place in that rate accepts or thins out.
      let level = (what(i, index) / DRAWS) * all
      let drawn = 0
      while (level >= (most[drawn] ?? all)) level -= most[drawn++] ?? 0
      const [steady, unsteady] = this.#rates[drawn] ?? [0, 0]
      if (level >= ((this.#kinds[chosen] ?? 0) & 1 ? steady : unsteady) || !this.#isAwake(chosen, tS)) continue
      atS[events] = tS
      host[events] = chosen
      kind[events++] = drawn
    }
    return { atS, host, kind, events }
  }
}

export { CHUNK_S as NOISE_CHUNK_SECONDS }
