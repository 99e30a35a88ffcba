/** A batch of events, opaque to the supervisor, until an engine acknowledges it. */
export interface Batch {
  readonly sequence: number
  readonly count: number
  readonly payload: Uint8Array
  /** Which seat has it now; null while no engine is there. */
  seat: object | null
  sentAtMs: number
  /** Engines that died with this batch in hand. */
  deaths: number
}

/** Memory for batches that no engine has acknowledged. Beyond it the oldest are dropped, and counted. */
export const BACKLOG_BYTES_MAX = 16 * 1024 * 1024
/** A batch in hand at two deaths is not given to a third engine. */
export const BATCH_DEATHS_MAX = 2

/** Batches in order of arrival, bounded. */
export class Backlog {
  readonly #batches = new Map<number, Batch>()
  #bytes = 0
  #nextSequence = 1
  /** Events that were dropped here: overflow and poison batches. */
  eventsDropped = 0

  add(payload: Uint8Array, count: number, nowMs: number): Batch {
    const batch: Batch = { sequence: this.#nextSequence++, count, payload, seat: null, sentAtMs: nowMs, deaths: 0 }
    this.#batches.set(batch.sequence, batch)
    this.#bytes += payload.length
    while (this.#bytes > BACKLOG_BYTES_MAX) this.#dropOldest()
    return batch
  }

  /** Takes the batch out if `seat` has it; null for an answer that nobody asked for. */
  acknowledge(sequence: number, seat: object): Batch | null {
    const batch = this.#batches.get(sequence)
    if (!batch || batch.seat !== seat) return null
    this.#remove(batch)
    return batch
  }

  /** Frees what a dead seat had in hand. Poison batches are dropped; the others are returned, oldest first. */
  release(seat: object): readonly Batch[] {
    const freed = [...this.#batches.values()].filter((batch) => batch.seat === seat)
    for (const batch of freed) {
      batch.seat = null
      batch.deaths++
      if (batch.deaths >= BATCH_DEATHS_MAX) {
        this.eventsDropped += batch.count
        this.#remove(batch)
      }
    }
    return freed.filter((batch) => batch.deaths < BATCH_DEATHS_MAX)
  }

  /** Batches that no seat has, oldest first. */
  unassigned(): readonly Batch[] {
    return [...this.#batches.values()].filter((batch) => batch.seat === null)
  }

  /** The oldest batch that `seat` has in hand. */
  oldestOf(seat: object): Batch | null {
    for (const batch of this.#batches.values()) if (batch.seat === seat) return batch
    return null
  }

  #dropOldest(): void {
    const [oldest] = this.#batches.values()
    if (!oldest) return
    this.eventsDropped += oldest.count
    this.#remove(oldest)
  }

  #remove(batch: Batch): void {
    this.#batches.delete(batch.sequence)
    this.#bytes -= batch.payload.length
  }
}
