import { assert, errorMessage, KernelError, utf8Decode } from '@firebreak/kernel'
import { DetectError } from '../errors.ts'
import type { EventColumns } from './event-columns.ts'
import type { EventSource } from './event-source.ts'
import type { FieldNames } from './field-names.ts'
import { EVENT_BYTES_MAX, EVENT_VALUES_MAX } from './limits.ts'
import {
  BATCH_HEADER_BYTES,
  FIELD_HEADER_BYTES,
  RECORD_BATCH_BYTES_MAX,
  RECORD_HEADER_BYTES,
  RECORD_MAGIC,
  RECORD_NAME_BYTES_MAX,
  RECORD_VERSION,
  type RecordSource,
} from './record-format.ts'
import { VALUE } from './value-kind.ts'

/** The one object that a record is, for `EventColumns.open`. */
const OBJECT = 1

/**
 * The events of one batch, from hostile bytes: header and tables are verified at once, each record when it is read.
 * The bytes must not change while the batch is used. `next` allocates nothing.
 */
export class RecordBatch implements EventSource {
  readonly json = false
  /** Events in the batch, as its header claims; `next` refuses a batch that has another number. */
  readonly count: number
  readonly #bytes: Uint8Array
  readonly #view: DataView
  readonly #names: FieldNames
  /** The field of each name of the batch, -1 if no rule knows it. */
  readonly #fields: Int32Array
  readonly #sources: readonly RecordSource[]
  readonly #batchNames: readonly string[]
  /** The same batch for columns with other names. */
  #again: RecordBatch | null = null
  #read = 0
  #at: number
  #sourceId = 0
  #timeMs = 0

  /** @throws DetectError detect/record-malformed */
  static open(bytes: Uint8Array, names: FieldNames): RecordBatch {
    try {
      return new RecordBatch(bytes, names)
    } catch (error) {
      if (!(error instanceof KernelError) || error.code !== 'kernel/malformed') throw error
      throw malformed(errorMessage(error), 0)
    }
  }

  private constructor(bytes: Uint8Array, names: FieldNames) {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    checkHeader(view)
    const tables = new TableReader(bytes, view)
    const batchNames = tables.strings(view.getUint16(12, true))
    const words = tables.strings(view.getUint16(14, true) * 3)
    if (tables.at !== view.getUint32(20, true)) throw malformed('its tables end elsewhere', tables.at)
    this.#bytes = bytes
    this.#view = view
    this.#names = names
    this.#fields = Int32Array.from(batchNames, (name) => names.find(bytes, name.from, name.to))
    this.#sources = sourcesOf(words.map((word) => word.text))
    this.#batchNames = batchNames.map((name) => name.text)
    this.#at = tables.at
    this.count = view.getUint32(16, true)
  }

  /** The log source of the event that `next` read, for `sourceOf`. */
  get sourceId(): number {
    return this.#sourceId
  }

  /** When that event happened: milliseconds since 1970 UTC, finite, otherwise unchecked. */
  get timeMs(): number {
    return this.#timeMs
  }

  get sourceCount(): number {
    return this.#sources.length
  }

  sourceOf(id: number): RecordSource {
    const source = this.#sources[id]
    assert(source !== undefined, `no log source ${id}`)
    return source
  }

  /**
   * Reads the next event into `columns`, which must have the names that the batch was opened with.
   *
   * @returns false behind the last event
   * @throws DetectError detect/record-malformed; then `columns` has no field, and the batch can't be read further
   */
  next(columns: EventColumns): boolean {
    assert(columns.names === this.#names, 'columns of another image')
    const start = this.#at
    if (this.#read === this.count && start === this.#bytes.length) {
      columns.clear()
      return false
    }
    const end = this.#recordEnd(start)
    if (end > 0) {
      columns.begin(this, this.#bytes, start, end)
      if (this.#fill(columns, start, end)) {
        this.#at = end
        this.#read++
        return true
      }
    }
    columns.clear()
    columns.counters.refused++
    throw malformed(`record ${this.#read} of ${this.count} is wrong`, start)
  }

  /** Where the record ends, 0 if it can't be one. */
  #recordEnd(start: number): number {
    const view = this.#view
    if (this.#read === this.count || start + RECORD_HEADER_BYTES > view.byteLength) return 0
    const length = view.getUint32(start, true)
    const fits = length >= RECORD_HEADER_BYTES && length <= EVENT_BYTES_MAX && start + length <= view.byteLength
    return fits ? start + length : 0
  }

  #fill(columns: EventColumns, start: number, end: number): boolean {
    const view = this.#view
    const fields = this.#fields
    const sourceId = view.getUint16(start + 4, true)
    const count = view.getUint16(start + 6, true)
    const timeMs = view.getFloat64(start + 8, true)
    if (sourceId >= this.#sources.length || count > EVENT_VALUES_MAX || !Number.isFinite(timeMs)) return false
    let at = start + RECORD_HEADER_BYTES
    for (let i = 0; i < count; i++) {
      const from = at + FIELD_HEADER_BYTES
      if (from > end) return false
      const name = view.getUint16(at, true)
      const packed = view.getUint32(at + 2, true)
      const kind = packed & 255
      at = from + (packed >>> 8)
      if (at > end || name >= fields.length || !isKind(kind, at - from)) return false
      const field = fields[name] ?? -1
      if (field >= 0 && columns.open(field, OBJECT, 0)) columns.push(field, kind, from, at)
    }
    this.#sourceId = sourceId
    this.#timeMs = timeMs
    return at === end
  }

  /** For EventSource: the record that `next` verified, by the names of `others`. */
  readAgain({ from }: EventColumns, others: EventColumns): void {
    let again = this.#again
    if (again === null || again.#names !== others.names) again = new RecordBatch(this.#bytes, others.names)
    this.#again = again
    again.#at = from
    again.#read = this.#read - 1
    again.next(others)
  }

  /** For EventColumns: the values of unknown fields of the record that `next` verified. */
  readUnknown(columns: EventColumns): void {
    const view = this.#view
    const { from: start, to: end } = columns
    let at = start + RECORD_HEADER_BYTES
    while (at < end) {
      const name = view.getUint16(at, true)
      const packed = view.getUint32(at + 2, true)
      const from = at + FIELD_HEADER_BYTES
      at = from + (packed >>> 8)
      if ((this.#fields[name] ?? -1) < 0) columns.addUnknown(packed & 255, from, at, this.#batchNames[name] ?? '')
    }
  }
}

function isKind(kind: number, length: number): boolean {
  if (kind === VALUE.TEXT) return true
  return kind === VALUE.NUMBER ? length > 0 : kind >= VALUE.TRUE && kind <= VALUE.NULL && length === 0
}

function checkHeader(view: DataView): void {
  const length = view.byteLength
  if (length < BATCH_HEADER_BYTES || length > RECORD_BATCH_BYTES_MAX) throw malformed(`${length} bytes`, 0)
  if (view.getUint32(0, true) !== RECORD_MAGIC) throw malformed('not a batch of records', 0)
  if (view.getUint32(4, true) !== RECORD_VERSION) throw malformed(`version ${view.getUint32(4, true)}`, 4)
  if (view.getUint32(8, true) !== length) throw malformed(`${length} bytes, not ${view.getUint32(8, true)}`, 8)
}

interface TableEntry {
  readonly from: number
  readonly to: number
  readonly text: string
}

class TableReader {
  readonly #bytes: Uint8Array
  readonly #view: DataView
  at = BATCH_HEADER_BYTES

  constructor(bytes: Uint8Array, view: DataView) {
    this.#bytes = bytes
    this.#view = view
  }

  strings(count: number): TableEntry[] {
    const entries: TableEntry[] = []
    for (let i = 0; i < count; i++) {
      if (this.at + 2 > this.#bytes.length) throw malformed('its tables are cut off', this.at)
      const from = this.at + 2
      const to = from + this.#view.getUint16(this.at, true)
      if (to - from > RECORD_NAME_BYTES_MAX || to > this.#bytes.length) throw malformed('a name is too long', this.at)
      entries.push({ from, to, text: utf8Decode(this.#bytes.subarray(from, to)) })
      this.at = to
    }
    return entries
  }
}

function sourcesOf(words: readonly string[]): RecordSource[] {
  const sources: RecordSource[] = []
  const part = (i: number): string | null => words[i] || null
  for (let i = 0; i < words.length; i += 3) {
    sources.push({ category: part(i), product: part(i + 1), service: part(i + 2) })
  }
  return sources
}

function malformed(why: string, offset: number): DetectError {
  return new DetectError('detect/record-malformed', `Cannot read a batch of records: ${why}`, { offset })
}
