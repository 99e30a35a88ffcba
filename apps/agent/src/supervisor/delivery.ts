import type { Frame } from '@firebreak/api'
import type { Sha256Hex, WallMs } from '@firebreak/kernel'
import type { SlotImage } from '@firebreak/updater'
import { Backlog, type Batch, type Blame } from './backlog.ts'
import type { SeatBatch } from './engine-seat.ts'

export interface DeliveryEvents {
  readonly nowMs: () => number
  /** The clock that times events. */
  readonly wallMs: () => WallMs
  /** Detections of one batch: whole lines, counted. */
  readonly onDetections: (lines: Uint8Array, count: number) => void
  /** An event that kills engines by itself: a batch of its own. It gets no verdict. */
  readonly onQuarantined: (event: Uint8Array) => void
  /** A verdict came again after an engine died; `gapMs` counts from that engine's last sign of life. */
  readonly onRecovered: (imageDigest: Sha256Hex, gapMs: number) => void
}

/** Cumulative, but for `hasAnswered`. */
export type DeliveryCounters = Pick<
  Delivery,
  | 'eventsJudged'
  | 'eventsDropped'
  | 'eventsUnjudged'
  | 'eventsQuarantined'
  | 'backlogDroppedByRank'
  | 'detections'
  | 'hasAnswered'
>

/** What batches are brought to: the seat of an engine. */
export interface Judge {
  readonly image: SlotImage
  activate(): void
  judge(batch: SeatBatch): void
}

const NEWLINE = 10
/** Events without a time (0) are those of whoever tries rules out, and their answer is longer: no host's clock may ask for it. */
const SECONDS_MIN = 1
/** What a frame has room for: until 2106. */
const SECONDS_MAX = 2 ** 32 - 1

/**
 * Brings batches to the engine that judges, in order, and takes its answers. A batch is given to one seat at a time, and its
 * answer counts only from that seat: none is judged twice, and what a dead seat had in hand goes to the next.
 */
export class Delivery {
  readonly #events: DeliveryEvents
  readonly #backlog: Backlog
  #judge: Judge | null = null
  #lastSignMs = 0
  #recovery: { readonly imageDigest: Sha256Hex; readonly sinceMs: number } | null = null
  /** When time passed last without events. */
  #passedSeconds = 0
  eventsJudged = 0
  /** Events that an engine refused: malformed, or with more detections than an answer holds. */
  eventsUnjudged = 0
  detections = 0
  /** True when the judging engine has answered since it was activated: a trial without any verdict proves nothing. */
  hasAnswered = false

  constructor(events: DeliveryEvents) {
    this.#events = events
    this.#backlog = new Backlog((event) => events.onQuarantined(event))
  }

  /** Events that no engine gave a verdict on. */
  get eventsDropped(): number {
    return this.#backlog.eventsDropped + this.#backlog.eventsQuarantined + this.eventsUnjudged
  }

  get backlogDroppedByRank(): readonly number[] {
    return this.#backlog.droppedByRank
  }

  get eventsQuarantined(): number {
    return this.#backlog.eventsQuarantined
  }

  /**
   * @param rank - what the events are worth, see RANK
   * @returns the place of the batch in the order of all, for `isSettled`
   */
  submit(payload: Uint8Array, count: number, rank: number): number {
    this.#backlog.add(payload, count, rank, this.#wallSeconds())
    const order = this.#backlog.newestOrder
    this.#pump()
    return order
  }

  /** Whether all events up to this place were judged or dropped. */
  isSettled(order: number): boolean {
    return this.#backlog.isSettled(order)
  }

  /** Lets time pass for the judging engine of a quiet host, whose correlations would wait for the next event. */
  passTime(): void {
    const atSeconds = this.#wallSeconds()
    if (!this.#judge || !this.#backlog.isEmpty || atSeconds === this.#passedSeconds) return
    this.#passedSeconds = atSeconds
    this.#judge.judge(this.#backlog.handFirst(this.#judge, atSeconds))
  }

  /** From now on `seat` gets what waits and what comes. */
  activate(seat: Judge): void {
    this.#judge = seat
    this.hasAnswered = false
    this.#lastSignMs = this.#events.nowMs()
    seat.activate()
    // Its answer shows that the engine is alive, also when the host is idle. It says no time: older events may wait.
    seat.judge(this.#backlog.handFirst(seat, 0))
    this.#pump()
  }

  /** `seat` was ended on purpose: what it had in hand waits for the next. */
  takeBack(seat: Judge): void {
    if (this.#judge === seat) this.#judge = null
    this.#backlog.free(seat)
    this.#pump()
  }

  /** `seat` died: as `takeBack`, and the batch that it worked on is suspect. @returns what is to blame */
  takeBackFromDead(seat: Judge): Blame {
    if (this.#judge === seat) this.#recovery = { imageDigest: seat.image.imageDigest, sinceMs: this.#lastSignMs }
    const blame = this.#backlog.blame(seat, this.#events.nowMs())
    this.takeBack(seat)
    return blame
  }

  /** Nothing is left that could recover: the next verdict, whenever it comes, says nothing about this death. */
  forgetRecovery(): void {
    this.#recovery = null
  }

  /** @returns false, and takes nothing, when it is not the answer to a batch that `seat` has in hand */
  acknowledged(seat: Judge, frame: Frame): boolean {
    const batch = this.#backlog.find(frame.sequence, seat)
    if (!batch || frame.aux > batch.count || !areWholeLines(frame.payload, frame.count)) return false
    this.#backlog.remove(batch)
    if (seat === this.#judge) this.#sawLife(batch)
    this.eventsJudged += frame.aux
    this.eventsUnjudged += batch.count - frame.aux
    this.detections += frame.count
    if (frame.count > 0) this.#events.onDetections(frame.payload, frame.count)
    this.#pump()
    return true
  }

  /** What `seat` works on now. */
  workOf(seat: Judge): Batch | null {
    return this.#backlog.oldestOf(seat)
  }

  #sawLife(batch: Batch): void {
    const nowMs = this.#events.nowMs()
    this.hasAnswered = true
    this.#lastSignMs = nowMs
    // The probe's answer counts as a verdict only when nothing else waits for one.
    if (!this.#recovery || (batch.count === 0 && !this.#backlog.isEmpty)) return
    const { imageDigest, sinceMs } = this.#recovery
    this.#recovery = null
    this.#events.onRecovered(imageDigest, nowMs - sinceMs)
  }

  #pump(): void {
    const seat = this.#judge
    if (!seat) return
    for (let batch = this.#backlog.handNext(seat); batch; batch = this.#backlog.handNext(seat)) seat.judge(batch)
  }

  #wallSeconds(): number {
    return Math.min(Math.max(Math.floor(this.#events.wallMs() / 1000), SECONDS_MIN), SECONDS_MAX)
  }
}

function areWholeLines(payload: Uint8Array, count: number): boolean {
  let lines = 0
  for (const byte of payload) if (byte === NEWLINE) lines++
  return lines === count && (payload.length === 0 || payload.at(-1) === NEWLINE)
}
