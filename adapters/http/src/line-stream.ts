const encoder = new TextEncoder()

/** A client that is this far behind is cut: it may come back and start from the current status. */
export const STREAM_BEHIND_BYTES_MAX = 4 * 1024 * 1024

/** One client of an endless answer, a line at a time. */
export class LineStream {
  readonly response: Response
  readonly #onEnd: () => void
  readonly #behindBytesMax: number
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null
  /** Lines that the connection has not asked for yet. */
  #waiting: Uint8Array[] = []
  #waitingBytes = 0
  #isWanted = false

  /** @param onEnd - called once: the client left, was cut, or `end` was called */
  constructor(onEnd: () => void, behindBytesMax: number = STREAM_BEHIND_BYTES_MAX) {
    this.#onEnd = onEnd
    this.#behindBytesMax = behindBytesMax
    const source: UnderlyingDefaultSource<Uint8Array> = {
      start: (controller) => {
        this.#controller = controller
      },
      pull: () => {
        this.#isWanted = true
        this.#pass()
      },
      cancel: () => this.#finish(),
    }
    this.response = new Response(new ReadableStream(source, { highWaterMark: 0 }), {
      headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' },
    })
  }

  /** `line` without its line end. Never waits; does nothing after the end. */
  write(line: string): void {
    if (!this.#controller) return
    const bytes = encoder.encode(`${line}\n`)
    this.#waiting.push(bytes)
    this.#waitingBytes += bytes.length
    this.#pass()
    if (this.#waitingBytes > this.#behindBytesMax) this.#cut()
  }

  /** Lets the client have what was written, then ends. */
  end(): void {
    const controller = this.#controller
    if (!controller) return
    for (const bytes of this.#waiting) controller.enqueue(bytes)
    this.#finish()
    controller.close()
  }

  #pass(): void {
    if (!this.#isWanted || this.#waiting.length === 0) return
    this.#isWanted = false
    for (const bytes of this.#waiting) this.#controller?.enqueue(bytes)
    this.#waiting = []
    this.#waitingBytes = 0
  }

  #cut(): void {
    const controller = this.#controller
    this.#finish()
    controller?.close()
  }

  #finish(): void {
    if (!this.#controller) return
    this.#controller = null
    this.#waiting = []
    this.#waitingBytes = 0
    this.#onEnd()
  }
}
