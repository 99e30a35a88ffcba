/** What has been noticed of a host, at the end of a slot of time: three numbers whose meaning is the caller's. */
export type Visit = (host: number, arm: number, what: number) => void

/**
 * What will be noticed, by slot of time: a list for each slot, in columns. Putting in and taking out cost a few nanoseconds each, however
 * many there are. Within a slot the newest comes first: nothing may depend on that.
 */
export class Calendar {
  readonly #first: Int32Array
  #next = new Int32Array(1_024)
  #host = new Uint32Array(1_024)
  #arm = new Uint16Array(1_024)
  #what = new Uint8Array(1_024)
  #used = 0

  constructor(slots: number) {
    this.#first = new Int32Array(slots).fill(-1)
  }

  /** What lies beyond the last slot is never noticed. */
  put(slot: number, host: number, arm: number, what: number): void {
    if (slot >= this.#first.length) return
    if (this.#used === this.#next.length) this.#grow()
    const at = this.#used++
    this.#next[at] = this.#first[slot] ?? -1
    this.#host[at] = host
    this.#arm[at] = arm
    this.#what[at] = what
    this.#first[slot] = at
  }

  /** Takes out all of a slot, also what `visit` puts into it meanwhile. */
  take(slot: number, visit: Visit): void {
    for (let at = this.#first[slot] ?? -1; at >= 0; at = this.#first[slot] ?? -1) {
      this.#first[slot] = this.#next[at] ?? -1
      visit(this.#host[at] ?? 0, this.#arm[at] ?? 0, this.#what[at] ?? 0)
    }
  }

  #grow(): void {
    const size = this.#next.length * 2
    this.#next = grown(this.#next, new Int32Array(size))
    this.#host = grown(this.#host, new Uint32Array(size))
    this.#arm = grown(this.#arm, new Uint16Array(size))
    this.#what = grown(this.#what, new Uint8Array(size))
  }
}

function grown<T extends Int32Array | Uint32Array | Uint16Array | Uint8Array>(from: T, to: T): T {
  to.set(from)
  return to
}
