const encoder = new TextEncoder()

/** A client that is this far behind is cut: it may come back and start from the current status. */
export const STREAM_BEHIND_BYTES_MAX = 4 * 1024 * 1024

/** One client of an endless answer, a line at a time. */
export class LineStream {
  readonly response: Response
  readonly #onEnd: () => void
  #controller: ReadableStreamDefaultController<Uint8Array> | null = null

  /** @param onEnd - called once: the client left, was cut, or `end` was called */
  constructor(onEnd: () => void, behindBytesMax: number = STREAM_BEHIND_BYTES_MAX) {
    this.#onEnd = onEnd
    const stream = new ReadableStream<Uint8Array>(
      {
        start: (controller) => {
          this.#controller = controller
        },
        cancel: () => this.#finish(),
      },
      { highWaterMark: behindBytesMax, size: (chunk) => chunk.length },
    )
    this.response = new Response(stream, {
      headers: { 'content-type': 'application/x-ndjson; charset=utf-8', 'cache-control': 'no-store' },
    })
  }

  /** `line` without its line end. Never waits. */
  write(line: string): void {
    const controller = this.#controller
    if (!controller) return
    if ((controller.desiredSize ?? 0) <= 0) {
      this.#finish()
      controller.error(new Error('the client reads too slowly'))
      return
    }
    controller.enqueue(encoder.encode(`${line}\n`))
  }

  end(): void {
    const controller = this.#controller
    this.#finish()
    controller?.close()
  }

  #finish(): void {
    if (!this.#controller) return
    this.#controller = null
    this.#onEnd()
  }
}
