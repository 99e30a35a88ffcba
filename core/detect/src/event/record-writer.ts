import { assert, concatBytes } from '@firebreak/kernel'
import { DetectError } from '../errors.ts'
import { EVENT_BYTES_MAX, EVENT_VALUES_MAX } from './limits.ts'
import {
  BATCH_HEADER_BYTES,
  FIELD_HEADER_BYTES,
  RECORD_BATCH_BYTES_MAX,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_VERSION,
} from './record-format.ts'
import { BatchTables, type RecordShape, type ShapeNumbers } from './record-tables.ts'
import { VALUE } from './value-kind.ts'
import { writeCode } from './value-text.ts'

/** An event as a sensor has it. */
export interface RecordEvent {
  /** Null: lines of logs have none. */
  readonly category: string | null
  /** Null: the event says by its own fields what it is. */
  readonly product: string | null
  readonly service?: string | null
  readonly timeMs: number
  readonly fields: Readonly<Record<string, RecordValue>>
}

/** Numbers that are not finite are written as null, as in JSON. */
export type RecordValue = string | number | boolean | null

/** Writes one byte for each character of `text`, all of them below 256, to `out` from `at` on; `out` begins its buffer. */
export type WriteBytes = (out: Uint8Array, text: string, at: number) => void

const MINUS = 0x2d
const DIGIT_ZERO = 0x30
/** Digits that 32-bit arithmetic divides at once. */
const HALF_DIGITS = 9
const HALF = 10 ** HALF_DIGITS
/** Up to here a call of the host's own copy costs more than it saves. */
const SHORT_CHARS = 8
const BYTES_AT_FIRST = 64 * 1024

/**
 * Collects events into one batch. Trusted code; what the events say is not.
 *
 * Two ways in: `add` takes an event as an object. Who has thousands a second says `begin`, then one value for each field
 * of the shape, in its order, then `end`; that makes no object and no string. An event whose writing throws, or that is
 * not ended, was never there.
 */
export class RecordBatchWriter {
  readonly #writeBytes: WriteBytes
  #bytes: Uint8Array = new Uint8Array(BYTES_AT_FIRST)
  #view: DataView = new DataView(this.#bytes.buffer)
  /** The end of the events that are whole. */
  #end = 0
  /** Where the next value goes. */
  #at = 0
  #records = 0
  readonly #tables = new BatchTables()
  #names: Uint16Array = new Uint16Array(0)
  #source = 0
  #fields = 0
  #timeMs = 0
  /** Where the text that is being put together began; -1 when there is none. */
  #textAt = -1

  /** @param writeBytes - a faster way than ours, where the host has one */
  constructor(writeBytes: WriteBytes = writeEach) {
    this.#writeBytes = writeBytes
  }

  /** Events that are in the batch. */
  get count(): number {
    return this.#records
  }

  /** Bytes of the records so far, without the tables: to decide when to finish. */
  get recordBytes(): number {
    return this.#end
  }

  /** @throws DetectError detect/record-too-large when the event or the batch would be; the batch stays as it was */
  add(event: RecordEvent): void {
    const names = Object.keys(event.fields)
    if (names.length > EVENT_VALUES_MAX) throw tooLarge(`${names.length} fields, at most ${EVENT_VALUES_MAX}`)
    const source = { category: event.category, product: event.product, service: event.service ?? null }
    this.#start(this.#tables.numbersOf({ source, fields: names }), event.timeMs)
    for (const name of names) this.#value(event.fields[name] ?? null)
    this.end()
  }

  /**
   * @param shape - the same object each time: its names are looked up once
   * @throws DetectError detect/record-malformed without a time, detect/record-too-large
   */
  begin(shape: RecordShape, timeMs: number): void {
    this.#start(this.#tables.numbersOfShape(shape), timeMs)
  }

  /** One byte for each character, all of them below 256: UTF-8 that was never decoded. */
  bytes(text: string | null): void {
    if (text === null) return this.#plain(VALUE.NULL)
    this.openText()
    this.appendBytes(text)
    this.closeText()
  }

  text(text: string | null): void {
    if (text === null) return this.#plain(VALUE.NULL)
    // Cheap first, so that a huge text is not written to find out.
    if (text.length > EVENT_BYTES_MAX) throw tooLarge(`a value of ${text.length} characters`)
    this.openText()
    this.#need(text.length * 3)
    this.#at = writeUtf8(this.#bytes, this.#at, text)
    this.closeText()
  }

  number(value: number | null): void {
    if (value === null || !Number.isFinite(value)) return this.#plain(VALUE.NULL)
    this.openText()
    if (Number.isSafeInteger(value)) this.appendInteger(value)
    else this.appendBytes(String(value))
    this.#close(VALUE.NUMBER)
  }

  boolean(value: boolean | null): void {
    this.#plain(value === null ? VALUE.NULL : value ? VALUE.TRUE : VALUE.FALSE)
  }

  /** A text that is put together in place. */
  openText(): void {
    assert(this.#textAt < 0, 'a text within a text')
    this.#need(FIELD_HEADER_BYTES)
    this.#textAt = this.#at
    this.#at += FIELD_HEADER_BYTES
  }

  appendBytes(text: string): void {
    if (text.length > EVENT_BYTES_MAX) throw tooLarge(`a value of ${text.length} bytes`)
    this.#need(text.length)
    if (text.length <= SHORT_CHARS) writeEach(this.#bytes, text, this.#at)
    else this.#writeBytes(this.#bytes, text, this.#at)
    this.#at += text.length
  }

  /** @param value - a safe integer */
  appendInteger(value: number): void {
    this.#need(2 * HALF_DIGITS)
    if (value < 0) {
      this.#bytes[this.#at++] = MINUS
      value = -value
    }
    if (value < HALF) return this.#digits(value, digitsOf(value))
    const high = Math.floor(value / HALF)
    this.#digits(high, digitsOf(high))
    this.#digits(value - high * HALF, HALF_DIGITS)
  }

  closeText(): void {
    this.#close(VALUE.TEXT)
  }

  /** The event counts from here on. */
  end(): void {
    assert(this.#textAt < 0 && this.#fields === this.#names.length, 'an event that lacks fields')
    const start = this.#end
    this.#view.setUint32(start, this.#at - start, true)
    this.#view.setUint16(start + 4, this.#source, true)
    this.#view.setUint16(start + 6, this.#fields, true)
    this.#view.setFloat64(start + 8, this.#timeMs, true)
    this.#end = this.#at
    this.#records++
  }

  /**
   * The batch of all events added since the last `finish`.
   *
   * @throws DetectError detect/record-too-large when the tables make it too large; then nothing is lost or finished
   */
  finish(): Uint8Array {
    const tables = this.#tables.bytes()
    const header = new DataView(new ArrayBuffer(BATCH_HEADER_BYTES))
    const records = BATCH_HEADER_BYTES + tables.length
    const length = records + this.#end
    if (length > RECORD_BATCH_BYTES_MAX) throw tooLarge(`a batch has at most ${RECORD_BATCH_BYTES_MAX} bytes`)
    header.setUint32(0, RECORD_MAGIC, true)
    header.setUint32(4, RECORD_VERSION, true)
    header.setUint32(8, length, true)
    header.setUint16(12, this.#tables.names, true)
    header.setUint16(14, this.#tables.sources, true)
    header.setUint32(16, this.#records, true)
    header.setUint32(20, records, true)
    const batch = concatBytes([new Uint8Array(header.buffer), tables, this.#bytes.subarray(0, this.#end)])
    this.#end = 0
    this.#records = 0
    this.#tables.reset()
    return batch
  }

  #start(numbers: ShapeNumbers, timeMs: number): void {
    if (!Number.isFinite(timeMs)) throw new DetectError('detect/record-malformed', 'Cannot add an event: no time')
    this.#at = this.#end
    this.#textAt = -1
    this.#need(RECORD_HEADER_BYTES)
    this.#at += RECORD_HEADER_BYTES
    this.#names = numbers.names
    this.#source = numbers.source
    this.#fields = 0
    this.#timeMs = timeMs
  }

  #value(value: RecordValue): void {
    if (typeof value === 'string') this.text(value)
    else if (typeof value === 'number') this.number(value)
    else this.boolean(value)
  }

  #plain(kind: number): void {
    this.openText()
    this.#close(kind)
  }

  #close(kind: number): void {
    const at = this.#textAt
    const name = this.#names[this.#fields]
    assert(at >= 0 && name !== undefined, 'a value without a field')
    this.#textAt = -1
    this.#fields++
    if (this.#at - this.#end > EVENT_BYTES_MAX) throw tooLarge(`more than ${EVENT_BYTES_MAX} bytes`)
    this.#view.setUint16(at, name, true)
    this.#view.setUint32(at + 2, ((this.#at - at - FIELD_HEADER_BYTES) << 8) | kind, true)
  }

  #digits(value: number, count: number): void {
    const bytes = this.#bytes
    const start = this.#at
    for (let at = start + count - 1; at >= start; at--) {
      const rest = (value / 10) | 0
      bytes[at] = DIGIT_ZERO + value - 10 * rest
      value = rest
    }
    this.#at = start + count
  }

  #need(room: number): void {
    if (this.#at + room <= this.#bytes.length) return
    if (this.#at + room > RECORD_BATCH_BYTES_MAX) throw tooLarge(`a batch has at most ${RECORD_BATCH_BYTES_MAX} bytes`)
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + room))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }
}

function writeEach(out: Uint8Array, text: string, at: number): void {
  for (let i = 0; i < text.length; i++) out[at + i] = text.charCodeAt(i)
}

/** @param value - below 2^31 */
function digitsOf(value: number): number {
  let count = 1
  for (let limit = 10; value >= limit; limit *= 10) count++
  return count
}

/** A lone surrogate becomes U+FFFD. */
function writeUtf8(out: Uint8Array, at: number, text: string): number {
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit < 0x80) {
      out[at++] = unit
      continue
    }
    const code = text.codePointAt(i) ?? 0
    if (code > 0xffff) i++
    at = writeCode(out, at, code >= 0xd800 && code <= 0xdfff ? 0xfffd : code)
  }
  return at
}

function tooLarge(why: string): DetectError {
  return new DetectError('detect/record-too-large', `Cannot add an event: ${why}`)
}
