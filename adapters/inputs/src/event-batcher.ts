import { EVENT_BYTES_MAX } from '@firebreak/detect/json'
import { DetectError, type HostEvent, RecordBatchWriter } from '@firebreak/detect/records'
import type { LineReader, LineRefusal } from './line-reader.ts'

/** A batch has at most so many events, and is full when its records have so many bytes: an engine that dies repeats little. */
export const BATCH_EVENTS_MAX = 256
export const BATCH_BYTES_FULL: number = 256 * 1024

/** Of one UTF-16 unit. */
const UTF8_BYTES_MAX = 3

/** Lines that were refused, by reason. */
export type RefusalCounts = Readonly<Record<LineRefusal, number>>

/** Makes batches of records of the lines of one input, and counts those that are no events. */
export class EventBatcher {
  readonly #read: LineReader
  readonly #writer = new RecordBatchWriter()
  #count = 0
  /** What the names of the batch take at most: names of a hostile line may be larger than the line. */
  #nameBytes = 0
  readonly #refused: Record<LineRefusal, number> = { 'too-long': 0, malformed: 0, 'other-shape': 0, 'not-supplied': 0 }

  constructor(read: LineReader) {
    this.#read = read
  }

  /** Since it was made. */
  get refused(): RefusalCounts {
    return this.#refused
  }

  /** Events of the batch. */
  get count(): number {
    return this.#count
  }

  get isFull(): boolean {
    return this.#count >= BATCH_EVENTS_MAX || this.#writer.recordBytes + this.#nameBytes >= BATCH_BYTES_FULL
  }

  /** @returns whether the line is an event, which the batch then has */
  add(line: Uint8Array, receivedMs: number): boolean {
    const result = this.#read(line, receivedMs)
    const refusal = typeof result === 'string' ? result : this.#write(result)
    if (refusal === null) this.#count++
    else this.#refused[refusal]++
    return refusal === null
  }

  /** The batch, which begins anew. */
  finish(): Uint8Array {
    this.#count = 0
    this.#nameBytes = 0
    return this.#writer.finish()
  }

  /** A line within its limits may be an event beyond its own. */
  #write(event: HostEvent): LineRefusal | null {
    const nameBytes = UTF8_BYTES_MAX * Object.keys(event.fields).reduce((sum, name) => sum + name.length, 0)
    if (nameBytes > EVENT_BYTES_MAX) return 'too-long'
    try {
      this.#writer.add(event)
    } catch (error) {
      if (!(error instanceof DetectError)) throw error
      return 'too-long'
    }
    this.#nameBytes += nameBytes
    return null
  }
}
