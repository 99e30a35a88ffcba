import { FUEL_LEFT, LAST_BLOCK } from './hooks.ts'

/** Why an execution was ended from outside. */
export type Exhaustion = 'fuel' | 'allocation'

/** Thrown into instrumented code, and thrown again by each block that it runs on its way out. */
export class Exhausted extends Error {
  readonly what: Exhaustion

  constructor(what: Exhaustion) {
    super(`out of ${what}`)
    this.what = what
  }
}

/** How many blocks an execution may still run, and how many bytes it may still ask for. */
export class Gauge {
  /** What instrumented code decrements, and where it notes its last block. */
  readonly words: Int32Array = new Int32Array(2)
  #allocationBytes = 0
  #exhausted: Exhaustion | null = null

  /**
   * Before each execution. Also at most 2^31 - 1 blocks.
   *
   * @param allocationBytes - in all, of arrays, buffers and repeated texts whose size is computed
   */
  refuel(fuel: number, allocationBytes: number): void {
    this.words[FUEL_LEFT] = fuel
    this.#allocationBytes = allocationBytes
    this.#exhausted = null
  }

  /** What ran out. Ask after each execution: the code may have caught what was thrown, and answered. */
  get exhausted(): Exhaustion | null {
    return this.#exhausted
  }

  /** Blocks that may still run. */
  get fuelLeft(): number {
    return this.words[FUEL_LEFT] ?? 0
  }

  get allocationBytesLeft(): number {
    return this.#allocationBytes
  }

  get lastBlock(): number {
    return this.words[LAST_BLOCK] ?? 0
  }

  /** Called by code that has no fuel left. */
  stop(): never {
    this.#exhausted ??= 'fuel'
    throw new Exhausted(this.#exhausted)
  }

  /** Before an allocation is made; the one that is too large is not. */
  allocate(bytes: number): void {
    this.#allocationBytes -= bytes
    if (this.#allocationBytes >= 0) return
    this.#exhausted = 'allocation'
    this.words[FUEL_LEFT] = 0
    throw new Exhausted('allocation')
  }
}
