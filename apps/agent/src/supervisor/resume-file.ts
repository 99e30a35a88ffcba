import { access } from 'node:fs/promises'
import { removeDurable } from '@firebreak/durable-fs'
import type { SlotKeeper } from './slot-keeper.ts'

/**
 * A file by which a person ends safe mode: who may write into the agent's folder may. It goes when safe mode has ended durably: a
 * crash in between has it looked at again, which changes nothing.
 */
export class ResumeFile {
  readonly #path: string
  readonly #slots: SlotKeeper
  #looking = false

  constructor(path: string, slots: SlotKeeper) {
    this.#path = path
    this.#slots = slots
  }

  /** Never fails: what can't be done now is done at the next look. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      await access(this.#path)
      this.#slots.dispatch({ kind: 'resumed' })
      await this.#slots.settled()
      if (!this.#slots.state.safe) await removeDurable(this.#path)
    } catch {
      // Not there, or no disk to say so.
    } finally {
      this.#looking = false
    }
  }
}
