import { errorCode, errorMessage } from '@firebreak/kernel'
import type { Spool } from './spool.ts'

/** Detections that wait for the disk. Beyond it they are dropped, and counted. */
const PENDING_BYTES_MAX = 8 * 1024 * 1024
/** Without an answer for so long the same lines are sent again: the server keeps each sequence once. */
const UPLOAD_RETRY_MS = 5_000

export interface DetectionsOptions {
  readonly spool: Spool
  readonly upload: (lines: Uint8Array, count: number) => void
  /** The disk fails; said once for each kind of work, until that works again. */
  readonly onFault: (code: string, message: string) => void
}

/** The way of detections from the engine to the server: durable before they leave, kept until the server holds them. */
export class Detections {
  readonly #options: DetectionsOptions
  #pendingBytes = 0
  #awaited: NodeJS.Timeout | null = null
  readonly #faults = new Map<string, string>()
  spooled = 0
  dropped = 0

  constructor(options: DetectionsOptions) {
    this.#options = options
  }

  /** Never fails: what can't be kept is counted. */
  async keep(lines: Uint8Array, count: number): Promise<void> {
    if (this.#pendingBytes + lines.length > PENDING_BYTES_MAX) {
      this.dropped += count
      return
    }
    this.#pendingBytes += lines.length
    const isKept = await this.#guarded('add', () => this.#options.spool.add(lines), false)
    this.#pendingBytes -= lines.length
    if (isKept) this.spooled += count
    else this.dropped += count
  }

  /** Sends the oldest lines, unless an answer to the last ones is awaited. */
  async uploadNext(): Promise<void> {
    if (this.#awaited) return
    this.#awaited = setTimeout(() => this.#stopWaiting(), UPLOAD_RETRY_MS).unref()
    const next = await this.#guarded('next', () => this.#options.spool.next(), null)
    if (next && next.count > 0) this.#options.upload(next.lines, next.count)
    else this.#stopWaiting()
  }

  /** The server holds all up to `sequence`. */
  async uploaded(sequence: number): Promise<void> {
    await this.#guarded('drop', () => this.#options.spool.drop(sequence), undefined)
    this.#stopWaiting()
  }

  async stop(): Promise<void> {
    this.#stopWaiting()
    await this.#guarded('close', () => this.#options.spool.close(), undefined)
  }

  #stopWaiting(): void {
    if (this.#awaited) clearTimeout(this.#awaited)
    this.#awaited = null
  }

  async #guarded<T>(what: string, work: () => Promise<T>, otherwise: T): Promise<T> {
    try {
      const result = await work()
      this.#faults.delete(what)
      return result
    } catch (error) {
      const code = errorCode(error)
      if (code !== this.#faults.get(what)) this.#options.onFault(code, errorMessage(error))
      this.#faults.set(what, code)
      return otherwise
    }
  }
}
