import { BYTE, isBlank } from './bytes.ts'
import { EVENT_SIZE_BYTES_MAX } from './limits.ts'
import type { EventSink } from './sink.ts'

/**
 * Cuts JSON that is no line of its own into events: objects one after another, pretty-printed or not, and the elements of
 * arrays, however many arrays there are. Knows only brackets, quotes and line ends; what an event says is for the engine
 * to judge. After an event that can't be right, goes on at the next `{` in the column where that one started.
 */
export async function readJsonDocuments(blocks: AsyncIterable<Uint8Array>, sink: EventSink): Promise<void> {
  const documents = new DocumentCutter(sink)
  for await (const block of blocks) documents.push(block)
  documents.end()
}

type State =
  | 'between' // outside every event
  | 'stray' // in bytes between events that are no event: said once
  | 'inside'
  | 'text' // inside a string of an event
  | 'escape' // behind a backslash of one
  | 'lost' // behind an event that can't be right

/** Bytes that end a stretch in which nothing can happen: most of an event is text. */
const ENDS_TEXT = stops(BYTE.quote, BYTE.backslash, BYTE.newline)
const ENDS_INSIDE = stops(
  BYTE.quote,
  BYTE.newline,
  BYTE.openBrace,
  BYTE.openBracket,
  BYTE.closeBrace,
  BYTE.closeBracket,
)

function stops(...bytes: readonly number[]): Uint8Array {
  const table = new Uint8Array(256)
  for (const byte of bytes) table[byte] = 1
  return table
}

class DocumentCutter {
  readonly #sink: EventSink
  readonly #begun: Uint8Array = new Uint8Array(EVENT_SIZE_BYTES_MAX)
  #begunBytes = 0
  #isTooLong = false
  #state: State = 'between'
  #depth = 0
  #line = 1
  #column = 0
  /** Nothing but blanks since the line began. */
  #isIndent = true
  #startLine = 1
  #startColumn = 0

  constructor(sink: EventSink) {
    this.#sink = sink
  }

  push(block: Uint8Array): void {
    /** Where the event starts in this block; 0 when it started before. */
    let from = 0
    for (let at = 0; at < block.length; at++) {
      at = this.#skip(block, at)
      if (at === block.length) break
      const byte = block[at] ?? 0
      const wasInside = this.#depth > 0
      this.#step(byte)
      if (!wasInside && this.#depth > 0) from = at
      else if (wasInside && this.#depth === 0) this.#finish(block, from, at + 1)
      this.#advance(byte)
    }
    if (this.#depth > 0) this.#keep(block, from, block.length)
  }

  end(): void {
    if (this.#depth > 0) this.#sink.malformed('unclosed', this.#startLine)
  }

  /** @returns where something may happen next */
  #skip(block: Uint8Array, from: number): number {
    const ends = this.#state === 'text' ? ENDS_TEXT : this.#state === 'inside' ? ENDS_INSIDE : null
    if (ends === null) return from
    let at = from
    while (at < block.length && ends[block[at] ?? 0] === 0) at++
    this.#column += at - from
    return at
  }

  #advance(byte: number): void {
    this.#column++
    if (byte === BYTE.newline) {
      this.#line++
      this.#column = 0
      this.#isIndent = true
    } else if (!isBlank(byte)) this.#isIndent = false
  }

  #step(byte: number): void {
    switch (this.#state) {
      case 'text':
        if (byte === BYTE.quote) this.#state = 'inside'
        else if (byte === BYTE.backslash) this.#state = 'escape'
        // JSON has no line end inside a string: a quote is missing, and everything after it would be misread.
        else if (byte === BYTE.newline) this.#lose()
        return
      case 'escape':
        this.#state = 'text'
        return
      case 'inside':
        if (byte === BYTE.quote) this.#state = 'text'
        else if (byte === BYTE.openBrace || byte === BYTE.openBracket) this.#depth++
        else if (byte === BYTE.closeBrace || byte === BYTE.closeBracket) this.#depth--
        return
      case 'lost':
        if (byte === BYTE.openBrace && this.#isIndent && this.#column === this.#startColumn) this.#begin()
        return
      case 'between':
      case 'stray':
        this.#between(byte)
    }
  }

  #between(byte: number): void {
    if (byte === BYTE.openBrace) this.#begin()
    else if (byte === BYTE.openBracket || byte === BYTE.closeBracket || byte === BYTE.comma) this.#state = 'between'
    else if (!isBlank(byte) && this.#state === 'between') {
      this.#sink.malformed('stray', this.#line)
      this.#state = 'stray'
    }
  }

  #begin(): void {
    this.#state = 'inside'
    this.#depth = 1
    this.#startLine = this.#line
    this.#startColumn = this.#column
    this.#begunBytes = 0
    this.#isTooLong = false
  }

  #lose(): void {
    this.#sink.malformed('unclosed', this.#startLine)
    this.#state = 'lost'
    this.#depth = 0
  }

  #finish(block: Uint8Array, from: number, to: number): void {
    if (this.#state === 'lost') return
    this.#state = 'between'
    if (this.#begunBytes === 0 && !this.#isTooLong && to - from <= EVENT_SIZE_BYTES_MAX) {
      this.#sink.event(block, from, to, this.#startLine)
      return
    }
    this.#keep(block, from, to)
    if (this.#isTooLong) this.#sink.malformed('too-long', this.#startLine)
    else this.#sink.event(this.#begun, 0, this.#begunBytes, this.#startLine)
  }

  #keep(block: Uint8Array, from: number, to: number): void {
    if (this.#begunBytes + to - from > EVENT_SIZE_BYTES_MAX) this.#isTooLong = true
    if (this.#isTooLong) return
    this.#begun.set(block.subarray(from, to), this.#begunBytes)
    this.#begunBytes += to - from
  }
}
