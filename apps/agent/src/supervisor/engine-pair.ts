import type { Sha256Hex, Version } from '@firebreak/kernel'
import type { SlotImage } from '@firebreak/updater'
import type { EngineUse } from '../messages.ts'
import { Delivery, type DeliveryCounters, type DeliveryEvents } from './delivery.ts'
import type { Reason } from './engine-replies.ts'
import type { EngineSeat, SeatEvents, Tuning } from './engine-seat.ts'
import { startEngine, type StartedEngine, type StartOptions } from './start-engine.ts'
import { Watchdog, type Work } from './watchdog.ts'

export interface EnginePairOptions extends DeliveryEvents, StartOptions {
  readonly onCandidateActive: (image: SlotImage) => void
  readonly onCandidateRefused: (image: SlotImage, code: string, message: string) => void
  readonly onCandidateDied: (image: SlotImage, code: string, message: string) => void
  /** An engine of it died, and no event is to blame. */
  readonly onConfirmedDied: (code: string, message: string) => void
  /** The image could not be tried or run, which is not its fault; it has to come anew. */
  readonly onDamaged: (image: SlotImage) => void
  /** An engine runs without the tuning, which it did not take. */
  readonly onTuningRefused: (reason: Reason) => void
}

export interface Running {
  readonly image: SlotImage
  readonly trial: boolean
  /** Null without a tuning. */
  readonly tuningDigest: Sha256Hex | null
}

interface Trial {
  readonly image: SlotImage
  /** Null while its bytes are read. */
  seat: EngineSeat | null
}

/** Engines that die again and again are started again this much later each time. */
const RESTART_DELAY_MS = 100
const RESTART_DELAY_MS_MAX = 5_000
/** After so long without a death the next one counts as the first. */
const STEADY_MS = 30_000

/**
 * The engine that judges events and the warm standby behind it. When the active engine dies the standby takes the events at once:
 * before anything is written, asked or started. Slots are not decided here, only obeyed: what is wanted changes in one step,
 * and what is missing for it is then started in the background, one engine at a time.
 */
export class EnginePair {
  readonly #options: EnginePairOptions
  readonly #delivery: Delivery
  readonly #watchdog = new Watchdog(() => this.#inHand())
  #confirmed: SlotImage | null = null
  #tuning: Tuning | null = null
  #trial: Trial | null = null
  #active: EngineSeat | null = null
  #standby: EngineSeat | null = null
  #settling = false
  #isUnsettled = false
  #retryTimer: NodeJS.Timeout | null = null
  #restartDelayMs = RESTART_DELAY_MS
  #lastDeathMs = -Infinity
  #stopped = false
  readonly #seats = new Set<EngineSeat>()
  restarts = 0
  /** Of the engine that loaded an image last; null before. */
  engineVersion: Version | null = null

  constructor(options: EnginePairOptions) {
    this.#options = options
    this.#delivery = new Delivery(options)
  }

  get counters(): DeliveryCounters {
    return this.#delivery
  }

  /** What judges events now. */
  get running(): Running | null {
    const seat = this.#active
    return seat && { image: seat.image, trial: this.#isTrial(seat), tuningDigest: seat.tuningDigest }
  }

  /** What the engine that judges events has used since it was started; null without one. Costs one read. */
  get use(): EngineUse | null {
    const usage = this.#active?.usage()
    return this.#active && usage ? { pid: this.#active.pid, cpuMs: usage.cpuMs, memoryKiB: usage.memoryKiB } : null
  }

  /** Whether an engine with the confirmed image is warm behind the active one. */
  get hasStandby(): boolean {
    return this.#standby !== null
  }

  /** What the images of all engines that run read of the fields that a sensor fills in on request. */
  get wants(): readonly string[] {
    return [...new Set([...this.#seats].flatMap((seat) => seat.wants))].toSorted((a, b) => (a < b ? -1 : 1))
  }

  /** The pids of all engines that run: for people and tests. */
  get pids(): readonly number[] {
    return [...this.#seats].map((seat) => seat.pid)
  }

  /** As of `Delivery`. */
  submit(payload: Uint8Array, count: number, rank: number): number {
    return this.#delivery.submit(payload, count, rank)
  }

  /** As of `Delivery`. */
  isSettled(order: number): boolean {
    return this.#delivery.isSettled(order)
  }

  /** To be called now and then, with or without events. */
  passTime(): void {
    this.#delivery.passTime()
  }

  /** Outside trials engine and standby run `image`. What runs now goes on until the new engine is ready; null: at once nothing. */
  runConfirmed(image: SlotImage | null): void {
    this.#confirmed = image
    if (this.#standby && !this.#runs(this.#standby, image)) this.#retire(this.#standby)
    if (this.#active && !image && !this.#isTrial(this.#active)) this.#retire(this.#active)
    this.#settle()
  }

  /**
   * From now on engines are started with this tuning. The standby with the old one goes first, the active engine when its
   * successor is warm; a trial is not disturbed, and the engine that it leaves is replaced afterwards.
   */
  useTuning(tuning: Tuning | null): void {
    this.#tuning = tuning
    if (this.#standby && !this.#runs(this.#standby, this.#confirmed)) this.#retire(this.#standby)
    this.#settle()
  }

  /** Loads the candidate beside the running engine; activates it when it is ready. */
  tryCandidate(image: SlotImage): void {
    if (this.#trial) this.endTrial()
    const trial: Trial = { image, seat: null }
    this.#trial = trial
    void this.#load(trial)
  }

  /** The candidate's engine ends, if it still runs; the standby judges events again. */
  endTrial(): void {
    const seat = this.#trial?.seat
    this.#trial = null
    if (seat) this.#retire(seat)
    if (!this.#active) this.#activateStandby()
    this.#settle()
  }

  /** The candidate is confirmed: its engine stays, and the standby runs the same image. */
  keepCandidate(image: SlotImage): void {
    this.#trial = null
    this.runConfirmed(image)
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#watchdog.stop()
    if (this.#retryTimer) clearTimeout(this.#retryTimer)
    const seats = [...this.#seats]
    for (const seat of seats) seat.retire()
    await Promise.all(seats.map((seat) => seat.exited))
  }

  /** What each engine works on. */
  #inHand(): readonly Work[] {
    return [...this.#seats].flatMap((seat) => {
      const batch = this.#delivery.workOf(seat)
      return batch ? [{ seat, order: batch.order, count: batch.count }] : []
    })
  }

  #isTrial(seat: EngineSeat): boolean {
    return this.#trial?.seat === seat
  }

  /** The image, and the tuning of now. */
  #runs(seat: EngineSeat, image: SlotImage | null): boolean {
    return hasImage(seat, image) && seat.tuningDigest === (this.#tuning?.digest ?? null)
  }

  async #load(trial: Trial): Promise<void> {
    const { image } = trial
    const started = await this.#start(image, (seat) => {
      trial.seat = seat
      return this.#trial === trial
    })
    if (this.#trial !== trial || this.#stopped) return
    if (started.kind === 'ready') {
      this.#activateCandidate(started.seat)
      this.#options.onCandidateActive(image)
      return
    }
    this.#trial = null
    const { kind, code, message } = started
    if (kind === 'refused') this.#options.onCandidateRefused(image, code, message)
    else if (kind === 'died') this.#options.onCandidateDied(image, code, message)
    else this.#options.onDamaged(image)
  }

  /** The engine that judged until now becomes the standby, if it is what a standby should be. */
  #activateCandidate(seat: EngineSeat): void {
    const before = this.#active
    this.#active = seat
    this.#delivery.activate(seat)
    if (before && !this.#runs(before, this.#confirmed)) this.#retire(before)
    else if (before) {
      if (this.#standby) this.#retire(this.#standby)
      this.#standby = before
    }
    this.#settle()
  }

  #activateStandby(): void {
    const standby = this.#standby
    if (!standby) return
    this.#standby = null
    this.#active = standby
    this.#delivery.activate(standby)
  }

  #onDied(seat: EngineSeat, code: string, message: string): void {
    const blame = this.#delivery.takeBackFromDead(seat)
    if (this.#stopped) return
    this.restarts++
    if (seat === this.#standby) this.#standby = null
    if (seat !== this.#active) {
      if (!this.#isTrial(seat)) this.#settleLater() // who loads a candidate hears it from `loaded`
      return
    }
    this.#active = null
    this.#activateStandby()
    if (!this.#confirmed) this.#delivery.forgetRecovery()
    if (this.#isTrial(seat)) {
      this.#trial = null
      this.#options.onCandidateDied(seat.image, code, message)
      this.#settle() // its death says nothing about the engines of the confirmed image
      return
    }
    if (blame === 'event') return this.#settle() // such deaths are few, and the events behind it wait
    if (hasImage(seat, this.#confirmed)) this.#options.onConfirmedDied(code, message)
    this.#settleLater()
  }

  #settleLater(): void {
    const nowMs = this.#options.nowMs()
    if (nowMs - this.#lastDeathMs > STEADY_MS) this.#restartDelayMs = RESTART_DELAY_MS
    this.#lastDeathMs = nowMs
    if (this.#retryTimer || this.#stopped) return
    this.#retryTimer = setTimeout(() => {
      this.#retryTimer = null
      this.#settle()
    }, this.#restartDelayMs)
    this.#restartDelayMs = Math.min(this.#restartDelayMs * 2, RESTART_DELAY_MS_MAX)
  }

  /** Starts what is missing, unless engines die so often that it has to wait. Safe to call at any time. */
  #settle(): void {
    this.#isUnsettled = true
    if (!this.#settling && !this.#retryTimer) void this.#fill()
  }

  async #fill(): Promise<void> {
    this.#settling = true
    while (this.#isUnsettled) {
      const again = await this.#fillOne()
      this.#isUnsettled ||= again // what is wanted may have changed meanwhile
    }
    this.#settling = false
  }

  /** @returns whether to look again */
  async #fillOne(): Promise<boolean> {
    this.#isUnsettled = false
    const image = this.#confirmed
    if (this.#stopped || !image) return false
    const stale = this.#active && !this.#isTrial(this.#active) && !this.#runs(this.#active, image) ? this.#active : null
    if (this.#active && !stale && this.#standby) return false
    if (this.#standby) {
      this.#activateStandby()
      if (stale) this.#retire(stale)
      return true
    }
    const started = await this.#start(image, () => true)
    if (this.#stopped) return false
    const isWanted = this.#confirmed?.imageDigest === image.imageDigest
    if (started.kind === 'ready') {
      if (this.#runs(started.seat, this.#confirmed) && !this.#standby) this.#standby = started.seat
      else this.#retire(started.seat)
      return true
    }
    if (!isWanted) return true
    // An image that should no longer run does not go on because its successor has trouble; one that lacks a tuning does.
    if (stale && this.#active === stale && !hasImage(stale, image)) this.#retire(stale)
    if (started.kind === 'damaged' || started.kind === 'refused') this.#options.onDamaged(image)
    else this.#settleLater()
    return false
  }

  async #start(image: SlotImage, take: (seat: EngineSeat) => boolean): Promise<StartedEngine> {
    const started = await startEngine(image, this.#tuning, this.#options, this.#seatEvents, (seat) => {
      this.#seats.add(seat)
      return !this.#stopped && take(seat)
    })
    if (started.kind === 'ready') {
      this.engineVersion = started.engineVersion
      if (started.tuningRefusal) this.#options.onTuningRefused(started.tuningRefusal)
    }
    return started
  }

  readonly #seatEvents: SeatEvents = {
    given: () => this.#watchdog.wake(),
    acknowledged: (seat, frame) => {
      if (this.#delivery.acknowledged(seat, frame)) return
      seat.kill('engine/bad-reply', 'an acknowledgement that does not fit any batch in hand')
    },
    died: (seat, code, message) => this.#onDied(seat, code, message),
    gone: (seat) => this.#seats.delete(seat),
  }

  #retire(seat: EngineSeat): void {
    if (this.#active === seat) this.#active = null
    if (this.#standby === seat) this.#standby = null
    seat.retire()
    this.#delivery.takeBack(seat)
  }
}

function hasImage(seat: EngineSeat, image: SlotImage | null): boolean {
  return seat.image.imageDigest === image?.imageDigest
}
