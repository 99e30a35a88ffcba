import { readDurable, writeDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage } from '@firebreak/kernel'
import { POSITION_SIZE_BYTES_MAX } from '../input/messages.ts'

/**
 * Where an input goes on after the next start: opaque bytes, replaced whole, one write at a time, the newest last. A disk
 * that takes nothing costs repeated events, not lost ones: the old position stays, and that is said once.
 */
export class PositionFile {
  readonly #path: string
  readonly #onFault: (code: string, message: string) => void
  #saved: Uint8Array
  #wanted: Uint8Array
  #writing: Promise<void> | null = null
  #faultSaid = ''

  /** A file that is too large is none of ours: the input then reads from the beginning. */
  static async open(path: string, onFault: (code: string, message: string) => void): Promise<PositionFile> {
    const saved = await readDurable(path, POSITION_SIZE_BYTES_MAX).catch((error: unknown) => {
      onFault(errorCode(error), errorMessage(error))
      return null
    })
    return new PositionFile(path, saved ?? new Uint8Array(0), onFault)
  }

  private constructor(path: string, saved: Uint8Array, onFault: (code: string, message: string) => void) {
    this.#path = path
    this.#saved = saved
    this.#wanted = saved
    this.#onFault = onFault
  }

  /** What the last start left; empty without. */
  get saved(): Uint8Array {
    return this.#saved
  }

  want(position: Uint8Array): void {
    this.#wanted = position
  }

  /** Makes the newest wanted position durable. */
  save(): Promise<void> {
    this.#writing ??= this.#write().finally(() => {
      this.#writing = null
    })
    return this.#writing
  }

  async #write(): Promise<void> {
    while (this.#saved !== this.#wanted) {
      const wanted = this.#wanted
      try {
        await writeDurable(this.#path, wanted)
      } catch (error) {
        this.#sayOnce(errorCode(error), errorMessage(error))
        return // with the next save
      }
      this.#saved = wanted
      this.#faultSaid = ''
    }
  }

  #sayOnce(code: string, message: string): void {
    if (code === this.#faultSaid) return
    this.#faultSaid = code
    this.#onFault(code, message)
  }
}
