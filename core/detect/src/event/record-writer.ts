import { concatBytes, utf8Encode } from '@firebreak/kernel'
import { DetectError } from '../errors.ts'
import { EVENT_BYTES_MAX, EVENT_VALUES_MAX } from './limits.ts'
import {
  BATCH_HEADER_BYTES,
  FIELD_HEADER_BYTES,
  RECORD_BATCH_BYTES_MAX,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_NAME_BYTES_MAX,
  RECORD_NAMES_MAX,
  RECORD_VERSION,
} from './record-format.ts'
import { VALUE } from './value-kind.ts'
import { writeCode } from './value-text.ts'

/** An event as a sensor has it. */
export interface RecordEvent {
  readonly category: string
  readonly product: string
  readonly service?: string | null
  readonly timeMs: number
  readonly fields: Readonly<Record<string, RecordValue>>
}

/** Numbers that are not finite are written as null, as in JSON. */
export type RecordValue = string | number | boolean | null

/** Collects events into one batch. Trusted code; what the events say is not. */
export class RecordBatchWriter {
  #bytes: Uint8Array = new Uint8Array(64 * 1024)
  #view: DataView = new DataView(this.#bytes.buffer)
  /** The end of the records; during `add`, of the one being written. */
  #at = 0
  #records = 0
  readonly #names = new StringTable()
  readonly #sources = new StringTable()

  /** Bytes of the records so far, without the tables: to decide when to finish. */
  get recordBytes(): number {
    return this.#at
  }

  /** @throws DetectError detect/record-too-large when the event or the batch would be; the batch stays as it was */
  add(event: RecordEvent): void {
    const start = this.#at
    try {
      this.#write(event)
    } catch (error) {
      this.#at = start
      throw error
    }
    this.#records++
  }

  #write(event: RecordEvent): void {
    const start = this.#at
    const names = Object.keys(event.fields)
    if (names.length > EVENT_VALUES_MAX) throw tooLarge(`${names.length} fields, at most ${EVENT_VALUES_MAX}`)
    if (!Number.isFinite(event.timeMs)) throw new DetectError('detect/record-malformed', 'Cannot add an event: no time')
    this.#need(RECORD_HEADER_BYTES)
    this.#at += RECORD_HEADER_BYTES
    const source = this.#sources.number([event.category, event.product, event.service ?? ''])
    for (const name of names) this.#field(start, this.#names.number([name]), event.fields[name] ?? null)
    this.#view.setUint32(start, this.#at - start, true)
    this.#view.setUint16(start + 4, source, true)
    this.#view.setUint16(start + 6, names.length, true)
    this.#view.setFloat64(start + 8, event.timeMs, true)
  }

  #field(start: number, name: number, value: RecordValue): void {
    const text = typeof value === 'string' || isNumber(value) ? String(value) : ''
    const room = FIELD_HEADER_BYTES + text.length * 3
    // Cheap first, so that a huge text is not written to find out.
    if (text.length > EVENT_BYTES_MAX) throw tooLarge(`a value of ${text.length} characters`)
    this.#need(room)
    const at = this.#at
    this.#at = writeUtf8(this.#bytes, at + FIELD_HEADER_BYTES, text)
    if (this.#at - start > EVENT_BYTES_MAX) throw tooLarge(`more than ${EVENT_BYTES_MAX} bytes`)
    this.#view.setUint16(at, name, true)
    this.#view.setUint32(at + 2, ((this.#at - at - FIELD_HEADER_BYTES) << 8) | kindOf(value), true)
  }

  #need(room: number): void {
    if (this.#at + room > RECORD_BATCH_BYTES_MAX) throw tooLarge(`a batch has at most ${RECORD_BATCH_BYTES_MAX} bytes`)
    if (this.#at + room <= this.#bytes.length) return
    const larger = new Uint8Array(Math.max(this.#bytes.length * 2, this.#at + room))
    larger.set(this.#bytes.subarray(0, this.#at))
    this.#bytes = larger
    this.#view = new DataView(larger.buffer)
  }

  /**
   * The batch of all events added since the last `finish`.
   *
   * @throws DetectError detect/record-too-large when the tables make it too large; then nothing is lost or finished
   */
  finish(): Uint8Array {
    const names = this.#names.bytes()
    const sources = this.#sources.bytes()
    const header = new DataView(new ArrayBuffer(BATCH_HEADER_BYTES))
    const records = BATCH_HEADER_BYTES + names.length + sources.length
    const length = records + this.#at
    if (length > RECORD_BATCH_BYTES_MAX) throw tooLarge(`a batch has at most ${RECORD_BATCH_BYTES_MAX} bytes`)
    header.setUint32(0, RECORD_MAGIC, true)
    header.setUint32(4, RECORD_VERSION, true)
    header.setUint32(8, length, true)
    header.setUint16(12, this.#names.count, true)
    header.setUint16(14, this.#sources.count, true)
    header.setUint32(16, this.#records, true)
    header.setUint32(20, records, true)
    const batch = concatBytes([new Uint8Array(header.buffer), names, sources, this.#bytes.subarray(0, this.#at)])
    this.#at = 0
    this.#records = 0
    this.#names.clear()
    this.#sources.clear()
    return batch
  }
}

/** Rows of one or more strings, each row once. */
class StringTable {
  readonly #numbers = new Map<string, number>()
  #parts: Uint8Array[] = []

  get count(): number {
    return this.#numbers.size
  }

  number(row: readonly string[]): number {
    const key = row.length === 1 ? (row[0] ?? '') : JSON.stringify(row)
    const known = this.#numbers.get(key)
    if (known !== undefined) return known
    if (this.count === RECORD_NAMES_MAX) throw tooLarge(`a batch has at most ${RECORD_NAMES_MAX} names`)
    this.#parts.push(...row.map(lengthAndBytes))
    this.#numbers.set(key, this.count)
    return this.count - 1
  }

  bytes(): Uint8Array {
    return concatBytes(this.#parts)
  }

  clear(): void {
    this.#numbers.clear()
    this.#parts = []
  }
}

function lengthAndBytes(text: string): Uint8Array {
  const bytes = utf8Encode(text)
  if (bytes.length > RECORD_NAME_BYTES_MAX) throw tooLarge(`a name of ${bytes.length} bytes`)
  return concatBytes([Uint8Array.of(bytes.length & 255, bytes.length >> 8), bytes])
}

function isNumber(value: RecordValue): boolean {
  return typeof value === 'number' && Number.isFinite(value)
}

function kindOf(value: RecordValue): number {
  if (typeof value === 'string') return VALUE.TEXT
  if (typeof value === 'boolean') return value ? VALUE.TRUE : VALUE.FALSE
  return isNumber(value) ? VALUE.NUMBER : VALUE.NULL
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
