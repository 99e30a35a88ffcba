import { assert } from '@firebreak/kernel'

/** Seconds ahead that have a slot each; what is due later waits in chunks of as many. */
const SLOTS = 512
const HOST_BITS = 26
const HOST_MASK = 2 ** HOST_BITS - 1
const CAPACITY_MIN = 16

/** Hosts are numbered below 2^26, and kinds of events below 2^6: an event is one 32-bit number. */
export const WHEEL_HOSTS_MAX: number = HOST_MASK

/**
 * Events by the second in which they are due: a timing wheel of arrays. Within a second the order is fixed by the pushes, though not always
 * theirs. Neither pushing nor draining allocates anything for an event.
 */
export class Wheel {
  #nowS = 0
  readonly #slots: Pile[] = Array.from({ length: SLOTS }, () => new Pile())
  readonly #later = new Map<number, { readonly at: Pile; readonly code: Pile }>()

  /** @param atS - whole seconds, not before the second that is being drained */
  push(atS: number, kind: number, host: number): void {
    assert(atS >= this.#nowS, 'an event is not due in the past')
    const code = ((kind << HOST_BITS) | host) >>> 0
    if (atS - this.#nowS < SLOTS) {
      this.#slot(atS).push(code)
      return
    }
    const chunk = Math.floor(atS / SLOTS)
    let later = this.#later.get(chunk)
    if (later === undefined) this.#later.set(chunk, (later = { at: new Pile(), code: new Pile() }))
    later.at.push(atS)
    later.code.push(code)
  }

  /** Visits all that is due in the next second, also what the visits add to it; then that second is over. */
  drain(visit: (kind: number, host: number) => void): void {
    if (this.#nowS % SLOTS === 0) this.#admit(this.#nowS / SLOTS)
    const slot = this.#slot(this.#nowS)
    for (let i = 0; i < slot.length; i++) {
      const code = slot.at(i)
      visit(code >>> HOST_BITS, code & HOST_MASK)
    }
    slot.clear()
    this.#nowS++
  }

  #admit(chunk: number): void {
    const later = this.#later.get(chunk)
    if (later === undefined) return
    this.#later.delete(chunk)
    for (let i = 0; i < later.at.length; i++) this.#slot(later.at.at(i)).push(later.code.at(i))
  }

  #slot(atS: number): Pile {
    const slot = this.#slots[atS % SLOTS]
    assert(slot !== undefined, 'each second has a slot')
    return slot
  }
}

/** An array of 32-bit numbers that grows by doubling. */
class Pile {
  length = 0
  #items = new Uint32Array(0)

  push(item: number): void {
    if (this.length === this.#items.length) this.#grow()
    this.#items[this.length++] = item
  }

  at(index: number): number {
    return this.#items[index] ?? 0
  }

  clear(): void {
    this.length = 0
  }

  #grow(): void {
    const grown = new Uint32Array(Math.max(CAPACITY_MIN, 2 * this.#items.length))
    grown.set(this.#items)
    this.#items = grown
  }
}
