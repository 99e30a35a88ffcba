import { setTimeout as delay } from 'node:timers/promises'

export interface BeaconLoopOptions {
  /** @returns whether the server holds it now */
  readonly send: () => Promise<boolean>
  /** Until the next one. @param failures - in a row, up to the last one */
  readonly delayMs: (failures: number) => number
}

/** Sends beacons one after the other: each after a while, at once when there is news. */
export class BeaconLoop {
  readonly #options: BeaconLoopOptions
  #isWanted = false
  #asked: ((gotThrough: boolean) => void)[] = []
  #wake: () => void = () => {}
  #failures = 0

  constructor(options: BeaconLoopOptions) {
    this.#options = options
  }

  /** Attempts in a row, up to the last one, that did not get through. */
  get failures(): number {
    return this.#failures
  }

  /** There is news. */
  soon(): void {
    this.#isWanted = true
    this.#wake()
  }

  /** Sends one that says all that is known by now. @returns whether the server holds it; when not, it is tried again later */
  now(): Promise<boolean> {
    return new Promise((resolve) => {
      this.#asked.push(resolve)
      this.soon()
    })
  }

  async run(): Promise<never> {
    for (;;) {
      this.#isWanted = false
      const asked = this.#asked
      this.#asked = []
      const gotThrough = await this.#options.send()
      this.#failures = gotThrough ? 0 : this.#failures + 1
      for (const answer of asked) answer(gotThrough)
      if (!this.#isWanted) await this.#pause()
    }
  }

  async #pause(): Promise<void> {
    const ended = new AbortController()
    this.#wake = () => ended.abort()
    await delay(this.#options.delayMs(this.#failures), null, { signal: ended.signal }).catch(() => {}) // woken
  }
}
