import { errorCode, errorMessage } from '@firebreak/kernel'
import {
  decideOffer,
  type SlotEffect,
  type SlotEvent,
  type SlotImage,
  type SlotState,
  stepSlots,
} from '@firebreak/updater'
import type { SlotStore } from './slot-store.ts'

export interface SlotKeeperEvents {
  readonly obey: (effect: SlotEffect) => void
  /** After it is obeyed. */
  readonly onDecided: (cause: SlotEvent) => void
  /** Something could not be written; said once until something can be again. */
  readonly onFault: (code: string, message: string) => void
}

/** With these a host goes forward. They count only when they are durable; all others are ways back, and are always open. */
const FORWARD: ReadonlySet<SlotEvent['kind']> = new Set(['offered', 'trial-passed', 'resumed'])
const SAVE_AGAIN_MS = 1_000

/** Takes one event at a time: decides, makes the decision durable, has it obeyed. */
export class SlotKeeper {
  readonly #store: SlotStore
  readonly #events: SlotKeeperEvents
  #last: Promise<void> = Promise.resolve()
  #faultSaid = ''
  #retry: NodeJS.Timeout | null = null
  #stopped = false

  constructor(store: SlotStore, events: SlotKeeperEvents) {
    this.#store = store
    this.#events = events
  }

  get state(): SlotState {
    return this.#store.state
  }

  dispatch(event: SlotEvent): void {
    this.#inTurn(() => this.#apply(event))
  }

  /** For what happened to a candidate: nothing, if that is no longer the candidate when its turn comes. */
  dispatchAbout(candidate: SlotImage, event: SlotEvent): void {
    this.#inTurn(async () => {
      if (this.state.candidate?.image.imageDigest === candidate.imageDigest) await this.#apply(event)
    })
  }

  /**
   * An image that the plan of `generation` offers. The bytes come to lie in the slot folder, by digest, before the state
   * names them.
   */
  offer(image: SlotImage, generation: number, read: () => Promise<Uint8Array | null>): void {
    this.#inTurn(async () => {
      if (decideOffer(this.state, image, generation, Date.now()).kind !== 'take') return
      const bytes = await read()
      if (!bytes || !(await this.#store.keepImage(image.imageDigest, bytes))) return
      await this.#apply({ kind: 'offered', image, generation })
    })
  }

  /** When all that was dispatched before has had its turn. */
  settled(): Promise<void> {
    return this.#last
  }

  /** Ends after what is in hand; what waits for its turn is left. */
  async stop(): Promise<void> {
    this.#stopped = true
    if (this.#retry) clearTimeout(this.#retry)
    await this.#last
  }

  #inTurn(work: () => Promise<void>): void {
    this.#last = this.#last
      .then(() => (this.#stopped ? undefined : work()))
      .catch((error: unknown) => this.#onFault(error))
  }

  async #apply(event: SlotEvent): Promise<void> {
    const before = this.state
    const step = stepSlots(before, event, Date.now())
    if (step.state === before && step.effects.length === 0) return
    try {
      await this.#store.save(step.state)
      this.#faultSaid = ''
    } catch (error) {
      this.#onFault(error)
      if (FORWARD.has(event.kind)) return
      this.#store.adopt(step.state)
      this.#saveLater()
    }
    for (const effect of step.effects) this.#events.obey(effect)
    this.#events.onDecided(event)
  }

  #saveLater(): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null
      this.#inTurn(async () => {
        await this.#store.save(this.state).catch((error: unknown) => {
          this.#saveLater()
          throw error
        })
        this.#faultSaid = ''
      })
    }, SAVE_AGAIN_MS).unref()
  }

  #onFault(error: unknown): void {
    const code = errorCode(error)
    if (code === this.#faultSaid) return
    this.#faultSaid = code
    this.#events.onFault(code, errorMessage(error))
  }
}
