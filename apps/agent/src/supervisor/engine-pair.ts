import type { Frame } from '@firebreak/api'
import { type Sha256Hex, utf8Encode, type Version } from '@firebreak/kernel'
import type { SlotImage } from '@firebreak/updater'
import { Backlog, type Batch } from './backlog.ts'
import { EngineSeat } from './engine-seat.ts'

export interface EnginePairOptions {
  /** Absolute path of the engine's entry. */
  readonly entry: string
  readonly readFolders: readonly string[]
  readonly nowMs: () => number
  /** The bytes of a slot's image; null when they are gone or damaged. */
  readonly readImage: (image: SlotImage) => Promise<Uint8Array | null>
  /** Detections of one batch: lines, counted by the engine. */
  readonly onDetections: (lines: Uint8Array, count: number) => void
  readonly onCandidateActive: (image: SlotImage) => void
  readonly onCandidateRefused: (code: string, message: string) => void
  readonly onCandidateDied: (code: string, message: string) => void
  readonly onConfirmedDied: () => void
  /** A verdict came again after an engine died; `gapMs` counts from that engine's last sign of life. */
  readonly onRecovered: (imageDigest: Sha256Hex, gapMs: number) => void
  readonly onDamaged: (image: SlotImage) => void
}

interface Recovery {
  readonly imageDigest: Sha256Hex
  readonly sinceMs: number
}

const EMPTY_BATCH = utf8Encode('[]')
/** A standby or engine that keeps dying is started again this much later each time. */
const RESTART_DELAY_MS = 100
const RESTART_DELAY_MS_MAX = 5_000

/**
 * The engine that judges events and the warm standby behind it. When the active engine dies the standby takes the pipe at once:
 * before anything is written, asked or started. Slots are not decided here, only obeyed.
 */
export class EnginePair {
  readonly #options: EnginePairOptions
  readonly #backlog = new Backlog()
  #active: EngineSeat | null = null
  #standby: EngineSeat | null = null
  /** A candidate that is still loading. */
  #trying: EngineSeat | null = null
  #candidate: SlotImage | null = null
  #confirmed: SlotImage | null = null
  #recovery: Recovery | null = null
  #lastSignMs = 0
  #restartDelayMs = RESTART_DELAY_MS
  #stopped = false
  eventsJudged = 0
  detections = 0
  restarts = 0

  constructor(options: EnginePairOptions) {
    this.#options = options
  }

  get eventsDropped(): number {
    return this.#backlog.eventsDropped
  }

  /** What judges events now. */
  get running(): { readonly image: SlotImage; readonly trial: boolean } | null {
    return this.#active && { image: this.#active.image, trial: this.#active.image === this.#candidate }
  }

  submit(payload: Uint8Array, count: number): void {
    const batch = this.#backlog.add(payload, count, this.#options.nowMs())
    if (this.#active) this.#send(this.#active, batch)
  }

  /** Engine and standby run `image`. What runs now goes on until the new engine is ready. */
  async runConfirmed(image: SlotImage | null): Promise<void> {
    this.#confirmed = image
    if (!image) {
      this.#retire(this.#active, this.#standby)
      this.#active = this.#standby = null
      return
    }
    if (this.#standby && this.#standby.image.imageDigest === image.imageDigest && !this.#isActive(image)) {
      this.#takeOver(this.#standby)
    }
    if (!this.#isActive(image)) {
      const seat = await this.#start(image)
      if (!seat) return
      this.#takeOver(seat)
    }
    await this.#fillStandby()
  }

  /** Loads the candidate beside the running engine; activates it when it is ready. */
  async tryCandidate(image: SlotImage): Promise<void> {
    this.#candidate = image
    const seat = await this.#spawn(image)
    if (!seat) return
    this.#trying = seat
    const answer = await seat.loaded
    if (this.#trying !== seat || this.#stopped) return
    this.#trying = null
    if (answer.kind === 'ready') {
      this.engineVersion = answer.engineVersion
      const before = this.#active
      this.#retire(this.#standby)
      this.#standby = before
      this.#activate(seat)
      this.#options.onCandidateActive(image)
      return
    }
    this.#candidate = null
    seat.retire()
    if (answer.kind === 'refused') this.#options.onCandidateRefused(answer.code, answer.message)
    else this.#options.onCandidateDied(answer.code, answer.message)
  }

  /** The standby judges events again, and the candidate's engine ends. Nothing to do when it is dead already. */
  async endTrial(): Promise<void> {
    const candidate = this.#candidate
    this.#candidate = null
    this.#retire(this.#trying)
    this.#trying = null
    const active = this.#active
    if (active && active.image === candidate) {
      this.#active = null
      const standby = this.#standby
      this.#standby = null
      if (standby) this.#activate(standby)
      this.#retire(active)
      this.#resend(active)
    }
    await this.#fillStandby()
  }

  /** The candidate is confirmed: its engine stays, and the standby runs the same image. */
  async keepCandidate(image: SlotImage): Promise<void> {
    this.#candidate = null
    this.#confirmed = image
    this.#retire(this.#standby)
    this.#standby = null
    await this.#fillStandby()
  }

  /** Of the engine that loaded an image last; null before. */
  engineVersion: Version | null = null

  /** True when the active engine has answered since it was activated: a trial without any verdict proves nothing. */
  hasAnswered = false

  /** The active seat and the batch it has had longest, for the watchdog. */
  inHand(): { readonly seat: EngineSeat; readonly batch: Batch } | null {
    const batch = this.#active && this.#backlog.oldestOf(this.#active)
    return this.#active && batch ? { seat: this.#active, batch } : null
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const seats = [this.#active, this.#standby, this.#trying].filter((seat) => seat !== null)
    this.#retire(...seats)
    await Promise.all(seats.map((seat) => seat.exited))
  }

  #isActive(image: SlotImage): boolean {
    return this.#active?.image.imageDigest === image.imageDigest
  }

  #takeOver(seat: EngineSeat): void {
    const before = this.#active
    if (this.#standby === seat) this.#standby = null
    this.#activate(seat)
    this.#retire(before)
    if (before) this.#resend(before)
  }

  #activate(seat: EngineSeat): void {
    this.#active = seat
    this.hasAnswered = false
    this.#lastSignMs = this.#options.nowMs()
    seat.activate()
    for (const batch of this.#backlog.unassigned()) this.#send(seat, batch)
    this.submit(EMPTY_BATCH, 0) // its answer shows that the engine is alive, also when the host is idle
  }

  #send(seat: EngineSeat, batch: Batch): void {
    batch.seat = seat
    batch.sentAtMs = this.#options.nowMs()
    seat.judge(batch.sequence, batch.count, batch.payload)
  }

  #resend(dead: EngineSeat): void {
    const freed = this.#backlog.release(dead)
    if (this.#active) for (const batch of freed) this.#send(this.#active, batch)
  }

  #onAcknowledged(seat: EngineSeat, frame: Frame): void {
    const batch = this.#backlog.acknowledge(frame.sequence, seat)
    if (!batch) return
    if (frame.aux > batch.count || countLines(frame.payload) !== frame.count) {
      seat.kill('engine/bad-reply', 'an acknowledgement that does not fit its batch')
      return
    }
    const nowMs = this.#options.nowMs()
    if (seat === this.#active) {
      this.hasAnswered = true
      this.#lastSignMs = nowMs
      this.#restartDelayMs = RESTART_DELAY_MS
      if (this.#recovery) this.#options.onRecovered(this.#recovery.imageDigest, nowMs - this.#recovery.sinceMs)
      this.#recovery = null
    }
    this.eventsJudged += frame.aux
    this.detections += frame.count
    if (frame.count > 0) this.#options.onDetections(frame.payload, frame.count)
  }

  #onDied(seat: EngineSeat, code: string, message: string): void {
    if (this.#stopped || seat === this.#trying) return // tryCandidate hears it from `loaded`
    this.restarts++
    if (seat === this.#standby) {
      this.#standby = null
      this.#refillLater()
      return
    }
    if (seat !== this.#active) return
    const wasCandidate = seat.image === this.#candidate
    this.#recovery = { imageDigest: seat.image.imageDigest, sinceMs: this.#lastSignMs }
    this.#active = null
    const standby = this.#standby
    this.#standby = null
    if (standby) this.#activate(standby)
    this.#resend(seat)
    this.#candidate = wasCandidate ? null : this.#candidate
    if (wasCandidate) this.#options.onCandidateDied(code, message)
    else this.#options.onConfirmedDied()
    this.#refillLater()
  }

  #refillLater(): void {
    const delay = this.#restartDelayMs
    this.#restartDelayMs = Math.min(delay * 2, RESTART_DELAY_MS_MAX)
    setTimeout(() => void this.#refill(), delay).unref()
  }

  async #refill(): Promise<void> {
    if (this.#stopped || !this.#confirmed) return
    if (!this.#active) await this.runConfirmed(this.#confirmed)
    else await this.#fillStandby()
  }

  async #fillStandby(): Promise<void> {
    const image = this.#confirmed
    if (!image || this.#standby || !this.#active || this.#stopped) return
    const seat = await this.#start(image)
    if (!seat) return
    if (this.#standby || this.#confirmed !== image || this.#stopped) seat.retire()
    else this.#standby = seat
  }

  /** A seat that is ready, or null: then the slot was damaged, or the engine did not load what it had loaded before. */
  async #start(image: SlotImage): Promise<EngineSeat | null> {
    const seat = await this.#spawn(image)
    if (!seat) return null
    const answer = await seat.loaded
    if (answer.kind === 'ready') {
      this.engineVersion = answer.engineVersion
      return seat
    }
    seat.retire()
    if (answer.kind === 'refused') this.#options.onDamaged(image)
    else if (!this.#stopped) this.#refillLater()
    return null
  }

  async #spawn(image: SlotImage): Promise<EngineSeat | null> {
    const bytes = await this.#options.readImage(image)
    if (this.#stopped) return null
    if (!bytes) {
      this.#options.onDamaged(image)
      return null
    }
    return new EngineSeat(image, bytes, this.#options.entry, this.#options.readFolders, {
      acknowledged: (seat, frame) => this.#onAcknowledged(seat, frame),
      died: (seat, code, message) => this.#onDied(seat, code, message),
    })
  }

  #retire(...seats: readonly (EngineSeat | null)[]): void {
    for (const seat of seats) seat?.retire()
  }
}

function countLines(payload: Uint8Array): number {
  let lines = 0
  for (const byte of payload) if (byte === 10) lines++
  return lines
}
