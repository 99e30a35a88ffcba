/** A batch of events, opaque to the supervisor, until an engine acknowledges it. */
export interface Batch {
  /** As it goes over the wire: 32 bits, around and around. */
  readonly sequence: number
  /** By arrival; never wraps. */
  readonly order: number
  readonly count: number
  /** When it came, in whole seconds since 1970; 0 when that says nothing about its events. */
  readonly atSeconds: number
  readonly payload: Uint8Array
  /** Which seat has it in hand; null while it waits. */
  seat: object | null
  /** Engines that died while they worked on it. */
  deaths: number
}

/** Memory for batches that no engine has acknowledged. Beyond it the oldest that wait are dropped, and counted. */
export const BACKLOG_BYTES_MAX = 16 * 1024 * 1024
/** Batches that one engine has at a time: enough to keep it busy, few enough to hand over quickly. */
export const IN_HAND_MAX = 32
/** A batch on which two engines died is not given to a third. */
export const BATCH_DEATHS_MAX = 2

const SEQUENCES = 2 ** 32
const NO_EVENTS = new Uint8Array(0)

/** Batches in order of arrival, bounded: those that wait, and those that a seat has in hand. */
export class Backlog {
  /** Oldest first. */
  #waiting: Batch[] = []
  /** In the order in which they were handed out. */
  readonly #inHand = new Map<number, Batch>()
  #bytes = 0
  #nextOrder = 1
  /** Events that were dropped here: overflow and poison batches. */
  eventsDropped = 0

  add(payload: Uint8Array, count: number, atSeconds: number): void {
    this.#waiting.push(this.#create(payload, count, atSeconds))
    while (this.#bytes > BACKLOG_BYTES_MAX) {
      const oldest = this.#waiting.shift()
      if (!oldest) return
      this.#drop(oldest)
    }
  }

  /** A batch without events that `seat` gets before all others. */
  handFirst(seat: object, atSeconds: number): Batch {
    return this.#hand(seat, this.#create(NO_EVENTS, 0, atSeconds))
  }

  /** The oldest batch that waits, now in the hand of `seat`; null when none waits or the hand is full. */
  handNext(seat: object): Batch | null {
    if (this.#waiting.length === 0 || this.#handOf(seat).length >= IN_HAND_MAX) return null
    const next = this.#waiting.shift()
    return next ? this.#hand(seat, next) : null
  }

  /** What `seat` has in hand under this sequence; null for an answer that nobody asked for. */
  find(sequence: number, seat: object): Batch | null {
    const batch = this.#inHand.get(sequence)
    return batch?.seat === seat ? batch : null
  }

  remove(batch: Batch): void {
    this.#inHand.delete(batch.sequence)
    this.#bytes -= batch.payload.length
  }

  /** The engine died: the batch that it worked on has one death more, and the second is its last. */
  blame(seat: object): void {
    const suspect = this.oldestOf(seat)
    if (!suspect) return
    suspect.deaths++
    if (suspect.deaths < BATCH_DEATHS_MAX) return
    this.#inHand.delete(suspect.sequence)
    this.#drop(suspect)
  }

  /** What `seat` has in hand waits again, in order of arrival. Batches without events are forgotten. */
  free(seat: object): void {
    for (const batch of this.#handOf(seat)) {
      this.remove(batch)
      if (batch.count === 0) continue
      batch.seat = null
      this.#bytes += batch.payload.length
      this.#waiting.push(batch)
    }
    this.#waiting.sort((a, b) => a.order - b.order)
  }

  /** The batch that `seat` works on: engines answer in order. */
  oldestOf(seat: object): Batch | null {
    return this.#handOf(seat)[0] ?? null
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#inHand.size === 0
  }

  #create(payload: Uint8Array, count: number, atSeconds: number): Batch {
    this.#bytes += payload.length
    const order = this.#nextOrder++
    return { sequence: order % SEQUENCES, order, count, atSeconds, payload, seat: null, deaths: 0 }
  }

  #hand(seat: object, batch: Batch): Batch {
    batch.seat = seat
    this.#inHand.set(batch.sequence, batch)
    return batch
  }

  #handOf(seat: object): readonly Batch[] {
    return [...this.#inHand.values()].filter((batch) => batch.seat === seat)
  }

  #drop(batch: Batch): void {
    this.eventsDropped += batch.count
    this.#bytes -= batch.payload.length
  }
}
