import { LINE_BYTES_MAX } from './limits.ts'

const NEWLINE = 0x0a
const RETURN = 0x0d
const BEGUN_BYTES = 4_096

/**
 * Cuts chunks of a byte stream into lines. A line that is longer than LINE_BYTES_MAX is counted and skipped to its end;
 * empty lines are passed over. Memory is bounded by the chunk and one line.
 */
export class LineCutter {
  /** The beginning of a line whose end has not come yet. Grows with it, whatever the size of the chunks. */
  #begun: Uint8Array = new Uint8Array(BEGUN_BYTES)
  #begunBytes = 0
  #isTooLong = false
  /** Lines that were too long. */
  tooLong = 0

  /** Bytes since the end of the last whole line, also of a line that is too long to be kept. */
  #openBytes = 0
  get openBytes(): number {
    return this.#openBytes
  }

  /** The lines that the chunk completes, without their ends. They may share memory with it. */
  push(chunk: Uint8Array): readonly Uint8Array[] {
    const lines: Uint8Array[] = []
    let at = 0
    for (let end = chunk.indexOf(NEWLINE); end !== -1; end = chunk.indexOf(NEWLINE, at)) {
      const line = this.#finish(chunk.subarray(at, end))
      if (line !== null && line.length > 0) lines.push(line)
      at = end + 1
    }
    this.#begin(chunk.subarray(at))
    return lines
  }

  /** What is left counts as a line: nothing will end it any more. Null without any. */
  end(): Uint8Array | null {
    const line = this.#finish(new Uint8Array(0))
    return line !== null && line.length > 0 ? line : null
  }

  /** Forgets the line that has begun. */
  clear(): void {
    this.#begunBytes = 0
    this.#openBytes = 0
    this.#isTooLong = false
  }

  #begin(bytes: Uint8Array): void {
    this.#openBytes += bytes.length
    const length = this.#begunBytes + bytes.length
    if (length > LINE_BYTES_MAX) this.#isTooLong = true
    if (this.#isTooLong) return
    if (length > this.#begun.length) {
      const larger = new Uint8Array(Math.min(Math.max(2 * this.#begun.length, length), LINE_BYTES_MAX))
      larger.set(this.#begun.subarray(0, this.#begunBytes))
      this.#begun = larger
    }
    this.#begun.set(bytes, this.#begunBytes)
    this.#begunBytes = length
  }

  /** Null for a line that is too long. */
  #finish(last: Uint8Array): Uint8Array | null {
    const isLastOnly = this.#begunBytes === 0 && !this.#isTooLong && last.length <= LINE_BYTES_MAX
    if (!isLastOnly) this.#begin(last)
    const line = isLastOnly ? last : this.#begun.slice(0, this.#begunBytes)
    const isTooLong = this.#isTooLong
    this.clear()
    if (isTooLong) this.tooLong++
    return isTooLong ? null : withoutReturn(line)
  }
}

function withoutReturn(line: Uint8Array): Uint8Array {
  return line.at(-1) === RETURN ? line.subarray(0, -1) : line
}
