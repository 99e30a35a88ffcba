import type { SlotImage } from '@firebreak/updater'
import type { EnginePair } from './engine-pair.ts'

export interface TrialClockEvents {
  readonly onPassed: (image: SlotImage) => void
  /** The candidate was active for the whole trial and has not given a verdict on anything. */
  readonly onNoVerdict: (image: SlotImage) => void
}

/** Measures a trial from the activation of the candidate. */
export class TrialClock {
  readonly #trialMs: number
  readonly #pair: EnginePair
  readonly #events: TrialClockEvents
  #timer: NodeJS.Timeout | null = null

  constructor(trialMs: number, pair: EnginePair, events: TrialClockEvents) {
    this.#trialMs = trialMs
    this.#pair = pair
    this.#events = events
  }

  /** Rings once, and again after as long, should the first time have been without effect: a full disk confirms nothing. */
  start(image: SlotImage): void {
    this.stop()
    this.#timer = setInterval(() => {
      const running = this.#pair.running
      if (!running?.trial || running.image !== image) this.stop()
      else if (this.#pair.counters.hasAnswered) this.#events.onPassed(image)
      else this.#events.onNoVerdict(image)
    }, this.#trialMs)
  }

  stop(): void {
    if (this.#timer) clearInterval(this.#timer)
    this.#timer = null
  }
}
