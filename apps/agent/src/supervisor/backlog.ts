import { halveBatch, RANK } from '@firebreak/api'
import { NarrowingBudget, type Search } from './narrowing.ts'

/** A batch of events, opaque to the supervisor, until an engine acknowledges it. */
export interface Batch {
  /** As it goes over the wire: 32 bits, around and around. */
  readonly sequence: number
  /** By arrival, and within a batch that was cut by its first event; never wraps. */
  readonly order: number
  readonly count: number
  /** What its events are worth: the higher, the sooner they are dropped. */
  readonly rank: number
  /** When it came, in whole seconds since 1970; 0 when that says nothing about its events. */
  readonly atSeconds: number
  readonly payload: Uint8Array
  /** Of a batch on which too many engines died, and of its parts; else null. */
  readonly search: Search | null
  /** Which seat has it in hand; null while it waits. */
  seat: object | null
  /** Engines that died while they worked on it. */
  deaths: number
}

/** What killed an engine, as far as that can be told: see ADR 15. */
export type Blame = 'content' | 'event'

/** Memory for batches that no engine has acknowledged. Beyond it the least valuable of those that wait are dropped, and counted. */
export const BACKLOG_BYTES_MAX = 16 * 1024 * 1024
/** Batches that one engine has at a time: enough to keep it busy, few enough to hand over quickly. */
const IN_HAND_MAX = 32
/** A batch on which two engines died is cut in halves, to find the event. One death may be an accident. */
export const BATCH_DEATHS_MAX = 2

const SEQUENCES = 2 ** 32
/** What a frame can count: room for the parts of a batch in its order. */
const ORDERS_PER_BATCH = 2 ** 16
const NO_EVENTS = new Uint8Array(0)
/** Counted for each batch beside its payload, so that the small ones are bounded too: 4,096 at most. */
const BATCH_OVERHEAD_BYTES = 4_096

/** Batches in order of arrival, bounded: those that wait, and those that a seat has in hand. */
export class Backlog {
  readonly #onQuarantined: (event: Uint8Array) => void
  readonly #budget = new NarrowingBudget()
  /** Oldest first. */
  #waiting: Batch[] = []
  /** In the order in which they were handed out. */
  readonly #inHand = new Map<number, Batch>()
  #bytes = 0
  #nextSequence = 1
  #nextArrival = 1
  /** Events that were dropped here, by rank: overflow, and batches whose search would cost too much. */
  readonly droppedByRank: number[] = Object.values(RANK).map(() => 0)
  /** Events that kill engines by themselves. */
  eventsQuarantined = 0

  /** @param onQuarantined - gets an event that kills by itself, as a batch of its own */
  constructor(onQuarantined: (event: Uint8Array) => void) {
    this.#onQuarantined = onQuarantined
  }

  add(payload: Uint8Array, count: number, rank: number, atSeconds: number): void {
    this.#waiting.push(this.#create({ payload, count, rank: Math.min(rank, RANK.file), atSeconds }))
    this.#trim()
  }

  /** A batch without events that `seat` gets before all others. */
  handFirst(seat: object, atSeconds: number): Batch {
    return this.#hand(seat, this.#create({ payload: NO_EVENTS, count: 0, rank: RANK.process, atSeconds }))
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
    this.#bytes -= sizeOf(batch)
  }

  /**
   * The engine of `seat` died. With the second death on a batch the search begins for the event that kills; until then, and without a
   * batch in hand, the content is to blame.
   */
  blame(seat: object, nowMs: number): Blame {
    const suspect = this.oldestOf(seat)
    if (!suspect || suspect.count === 0) return 'content'
    suspect.deaths++
    if (suspect.search) {
      this.#budget.spend(suspect.search, nowMs)
      this.#narrow(suspect, suspect.search, nowMs)
      return 'event'
    }
    if (suspect.deaths >= BATCH_DEATHS_MAX) this.#narrow(suspect, this.#budget.search(suspect.count), nowMs)
    return 'content'
  }

  /** What `seat` has in hand waits again, in order of arrival. Batches without events are forgotten. */
  free(seat: object): void {
    for (const batch of this.#handOf(seat)) {
      this.remove(batch)
      if (batch.count > 0) this.#wait(batch)
    }
    this.#waiting.sort((a, b) => a.order - b.order)
    this.#trim()
  }

  /** The batch that `seat` works on: engines answer in order. */
  oldestOf(seat: object): Batch | null {
    return this.#handOf(seat)[0] ?? null
  }

  /** The last place in the order of all that came so far. */
  get newestOrder(): number {
    return this.#nextArrival * ORDERS_PER_BATCH - 1
  }

  /** Whether all events up to this place were judged or dropped. */
  isSettled(order: number): boolean {
    const isOpen = (batch: Batch): boolean => batch.count > 0 && batch.order <= order
    return !this.#waiting.some(isOpen) && ![...this.#inHand.values()].some(isOpen)
  }

  get isEmpty(): boolean {
    return this.#waiting.length === 0 && this.#inHand.size === 0
  }

  get eventsDropped(): number {
    return this.droppedByRank.reduce((sum, count) => sum + count, 0)
  }

  /** `suspect` killed an engine: its halves wait in its place, or it is the event that kills. */
  #narrow(suspect: Batch, search: Search, nowMs: number): void {
    this.remove(suspect)
    if (suspect.count === 1) {
      this.eventsQuarantined++
      this.#onQuarantined(suspect.payload)
      return
    }
    const halves = this.#budget.allows(search, nowMs) ? halveBatch(suspect.payload, suspect.count) : null
    if (!halves) return this.#count(suspect)
    let order = suspect.order
    for (const { payload, count } of halves) {
      const { rank, atSeconds } = suspect
      this.#wait({ ...this.#bare({ payload, count, rank, atSeconds }, order), search })
      order += count
    }
  }

  #create(content: Pick<Batch, 'payload' | 'count' | 'rank' | 'atSeconds'>): Batch {
    this.#bytes += sizeOf(content)
    return this.#bare(content, this.#nextArrival++ * ORDERS_PER_BATCH)
  }

  #bare(content: Pick<Batch, 'payload' | 'count' | 'rank' | 'atSeconds'>, order: number): Batch {
    return { ...content, sequence: this.#nextSequence++ % SEQUENCES, order, search: null, seat: null, deaths: 0 }
  }

  #hand(seat: object, batch: Batch): Batch {
    batch.seat = seat
    this.#inHand.set(batch.sequence, batch)
    return batch
  }

  #handOf(seat: object): readonly Batch[] {
    return [...this.#inHand.values()].filter((batch) => batch.seat === seat)
  }

  #wait(batch: Batch): void {
    batch.seat = null
    this.#bytes += sizeOf(batch)
    this.#waiting.push(batch)
  }

  #trim(): void {
    while (this.#bytes > BACKLOG_BYTES_MAX && this.#waiting.length > 0) {
      const rank = this.#waiting.reduce((highest, batch) => Math.max(highest, batch.rank), 0)
      const at = this.#waiting.findIndex((batch) => batch.rank === rank)
      for (const batch of this.#waiting.splice(at, 1)) {
        this.#bytes -= sizeOf(batch)
        this.#count(batch)
      }
    }
  }

  #count({ rank, count }: Batch): void {
    this.droppedByRank[rank] = (this.droppedByRank[rank] ?? 0) + count
  }
}

function sizeOf({ payload }: Pick<Batch, 'payload'>): number {
  return payload.length + BATCH_OVERHEAD_BYTES
}
