import type { Drops, SensedBatch } from '@firebreak/linux/sensor'

/** Batches that wait in memory while the supervisor is slow. Beyond it the least valuable are dropped, and counted. */
const QUEUE_BYTES_MAX = 8 * 1024 * 1024

/**
 * Between the sensor and its pipe: what the pipe does not take now waits, the most valuable goes first, and when there
 * is no more room the oldest batch of the least valuable rank goes, be it the newcomer itself.
 *
 * Invariants: at most `bytesMax` wait; nothing is written while the pipe is full; every event is written, waits, or is
 * counted as dropped by its rank.
 */
export class OutputQueue {
  readonly #write: (batch: SensedBatch) => boolean
  readonly #bytesMax: number
  /** By rank, oldest first. */
  readonly #waiting: readonly SensedBatch[][] = [[], [], []]
  readonly #dropped: [number, number, number] = [0, 0, 0]
  #bytes = 0
  #full = false

  /** @param write - to the pipe; false: it is full now, and `drained` will be called */
  constructor(write: (batch: SensedBatch) => boolean, bytesMax: number = QUEUE_BYTES_MAX) {
    this.#write = write
    this.#bytesMax = bytesMax
  }

  get waitingBytes(): number {
    return this.#bytes
  }

  get dropped(): Drops {
    return [...this.#dropped]
  }

  push(batch: SensedBatch): void {
    if (!this.#full) {
      this.#full = !this.#write(batch)
      return
    }
    this.#waiting[batch.rank]?.push(batch)
    this.#bytes += batch.bytes.length
    while (this.#bytes > this.#bytesMax) this.#dropOne()
  }

  /** The pipe takes more. */
  drained(): void {
    this.#full = false
    for (const queue of this.#waiting) {
      for (let batch = queue[0]; batch !== undefined && !this.#full; batch = queue[0]) {
        queue.shift()
        this.#bytes -= batch.bytes.length
        this.#full = !this.#write(batch)
      }
    }
  }

  #dropOne(): void {
    const batch = this.#waiting.findLast((queue) => queue.length > 0)?.shift()
    if (batch === undefined) return
    this.#bytes -= batch.bytes.length
    this.#dropped[batch.rank] += batch.count
  }
}
