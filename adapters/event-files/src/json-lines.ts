import { BYTE, isBlank } from './bytes.ts'
import { EVENT_SIZE_BYTES_MAX } from './limits.ts'
import type { EventSink } from './sink.ts'

/**
 * Cuts JSON lines into ranges without looking into them: what a line says is for the engine to judge. A line inside one
 * block is handed on where it lies; only a line that crosses two blocks is copied.
 */
export async function readJsonLines(blocks: AsyncIterable<Uint8Array>, sink: EventSink): Promise<void> {
  const lines = new LineCutter(sink)
  for await (const block of blocks) lines.push(block)
  lines.end()
}

class LineCutter {
  readonly #sink: EventSink
  /** The beginning of a line whose end has not come yet. */
  readonly #begun: Uint8Array = new Uint8Array(EVENT_SIZE_BYTES_MAX)
  #begunBytes = 0
  #isTooLong = false
  #line = 1

  constructor(sink: EventSink) {
    this.#sink = sink
  }

  push(block: Uint8Array): void {
    let at = 0
    for (let end = block.indexOf(BYTE.newline); end !== -1; end = block.indexOf(BYTE.newline, at)) {
      if (this.#begunBytes === 0 && !this.#isTooLong) this.#take(block, at, end)
      else this.#finish(block, at, end)
      this.#line++
      at = end + 1
    }
    this.#begin(block, at)
  }

  /** The last line may lack its end. */
  end(): void {
    this.#finish(this.#begun, 0, 0)
  }

  #begin(block: Uint8Array, from: number): void {
    const bytes = block.length - from
    if (this.#begunBytes + bytes > EVENT_SIZE_BYTES_MAX) this.#isTooLong = true
    if (this.#isTooLong) return
    this.#begun.set(block.subarray(from), this.#begunBytes)
    this.#begunBytes += bytes
  }

  #finish(block: Uint8Array, from: number, end: number): void {
    this.#begin(block.subarray(0, end), from)
    if (this.#isTooLong) this.#sink.malformed('too-long', this.#line)
    else this.#take(this.#begun, 0, this.#begunBytes)
    this.#begunBytes = 0
    this.#isTooLong = false
  }

  #take(bytes: Uint8Array, lineFrom: number, lineTo: number): void {
    let from = lineFrom
    let to = lineTo
    while (from < to && isBlank(bytes[from] ?? 0)) from++
    while (to > from && isBlank(bytes[to - 1] ?? 0)) to--
    if (to - from > EVENT_SIZE_BYTES_MAX) this.#sink.malformed('too-long', this.#line)
    else if (to > from) this.#sink.event(bytes, from, to, this.#line)
  }
}
