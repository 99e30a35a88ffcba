import { stat } from 'node:fs/promises'
import { sha256Hex } from '@firebreak/crypto'
import { readDurable } from '@firebreak/durable-fs'
import { errorCode, errorMessage } from '@firebreak/kernel'
import type { Reason } from './engine-replies.ts'
import type { Tuning } from './engine-seat.ts'

/** Of a tuning; a longer file is not one. As content's TUNING_BYTES_MAX, which a supervisor does not load. */
const TUNING_FILE_BYTES_MAX = 256 * 1024

export interface TuningEvents {
  onTuning(tuning: Tuning | null): void
  onFault(reason: Reason): void
}

/** The tuning that was taken from the customer's policy: bytes in a file, opaque here. No file: no tuning. */
export class TuningFile {
  readonly #path: string
  readonly #events: TuningEvents
  /** Of the file that was read last, so that each is read once. */
  #stamp = ''
  #looking = false

  constructor(path: string, events: TuningEvents) {
    this.#path = path
    this.#events = events
  }

  /** Tells of a file that is new, changed or gone. What can't be read is told once, and the tuning before stays. */
  async look(): Promise<void> {
    if (this.#looking) return
    this.#looking = true
    try {
      const stamp = await this.#stampNow()
      if (stamp === this.#stamp) return
      this.#stamp = stamp
      const bytes = await readDurable(this.#path, TUNING_FILE_BYTES_MAX)
      this.#events.onTuning(bytes && { digest: sha256Hex(bytes), bytes })
    } catch (error) {
      this.#events.onFault({ code: errorCode(error), message: errorMessage(error) })
    } finally {
      this.#looking = false
    }
  }

  /** Files are replaced, never changed in place: another one has another inode or another time. */
  async #stampNow(): Promise<string> {
    return stat(this.#path, { bigint: true }).then(
      ({ ino, mtimeNs, size }) => `${ino} ${mtimeNs} ${size}`,
      () => '',
    )
  }
}
