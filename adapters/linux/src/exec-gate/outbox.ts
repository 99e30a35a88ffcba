import { OUTPUT_FD } from '../sandbox/launch-spec.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'

/** What waits for a slow reader at most; more is dropped, whole frames at a time. */
const OUTBOX_BYTES_MAX = 256 * 1024

const F_GETFL = 3
const F_SETFL = 4
const O_NONBLOCK = 0o4000

/** Writes frames to whoever called `spawnConfined`, without ever waiting for them. Instead of `openPipes`. */
export class Outbox {
  #waiting = Buffer.alloc(0)
  dropped = 0

  constructor() {
    trySyscall(SYS.fcntl, OUTPUT_FD, F_SETFL, trySyscall(SYS.fcntl, OUTPUT_FD, F_GETFL) | O_NONBLOCK)
  }

  /** Writes what the reader takes now. */
  put(frame: Uint8Array): void {
    if (this.#waiting.length + frame.length > OUTBOX_BYTES_MAX) {
      this.dropped++
      this.flush()
      return
    }
    this.#waiting = Buffer.concat([this.#waiting, frame])
    this.flush()
  }

  flush(): void {
    if (this.#waiting.length === 0) return
    const written = trySyscall(SYS.write, OUTPUT_FD, this.#waiting, this.#waiting.length)
    if (written > 0) this.#waiting = this.#waiting.subarray(written)
  }
}
