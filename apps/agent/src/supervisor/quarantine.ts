import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { sha256Hex } from '@firebreak/crypto'
import { openFolder, writeDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage } from '@firebreak/kernel'

/** Together: what is kept for people to look at. */
export const QUARANTINE_EVENTS_MAX = 64
export const QUARANTINE_BYTES_MAX = 1024 * 1024

/**
 * Events that kill engines by themselves: each a record batch of its own, named by its digest. The first ones stay: who can make events
 * can't push out what came before. Nothing reads them but people, and `fsck`.
 */
export class Quarantine {
  readonly #folder: string
  readonly #onFault: (code: string, message: string) => void
  /** By name, in bytes. */
  readonly #held: Map<string, number>
  #last: Promise<void> = Promise.resolve()

  /** Never fails: without a folder nothing is kept, and events are counted as ever. */
  static async open(folder: string, onFault: (code: string, message: string) => void): Promise<Quarantine> {
    const held = new Map<string, number>()
    try {
      await openFolder(folder)
      for (const name of await readdir(folder)) held.set(name, (await stat(join(folder, name))).size)
    } catch (error) {
      onFault(errorCode(error), errorMessage(error))
    }
    return new Quarantine(folder, held, onFault)
  }

  private constructor(folder: string, held: Map<string, number>, onFault: (code: string, message: string) => void) {
    this.#folder = folder
    this.#held = held
    this.#onFault = onFault
  }

  /** Keeps `event` if there is room. */
  keep(event: Uint8Array): void {
    this.#last = this.#last.then(() => this.#write(event))
  }

  /** When all that was kept before is durable, or could not be. */
  settled(): Promise<void> {
    return this.#last
  }

  async #write(event: Uint8Array): Promise<void> {
    const name = `${sha256Hex(event)}.frb`
    const bytes = [...this.#held.values()].reduce((sum, size) => sum + size, event.length)
    if (this.#held.has(name) || this.#held.size >= QUARANTINE_EVENTS_MAX || bytes > QUARANTINE_BYTES_MAX) return
    try {
      await writeDurable(join(this.#folder, name), event)
      this.#held.set(name, event.length)
    } catch (error) {
      this.#onFault(errorCode(error), errorMessage(error))
    }
  }
}
