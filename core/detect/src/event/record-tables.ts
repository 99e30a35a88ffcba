import { concatBytes, utf8Encode } from '@firebreak/kernel'
import { DetectError } from '../errors.ts'
import { RECORD_NAME_BYTES_MAX, RECORD_NAMES_MAX, type RecordSource } from './record-format.ts'

/** The fields of one kind of event, in the order in which they are written. */
export interface RecordShape {
  readonly source: RecordSource
  readonly fields: readonly string[]
}

/** What the tables of a batch call the log source and the fields of a shape. */
export interface ShapeNumbers {
  readonly source: number
  readonly names: Uint16Array
}

/** Names and log sources of a batch up to which the next one has them too, used or not. */
const NAMES_KEPT_MAX = 256

/**
 * The names and log sources of a batch that is being written: each once, by number. Most batches of a sensor say the
 * same names, so those of one are kept for the next.
 */
export class BatchTables {
  readonly #names = new StringTable()
  readonly #sources = new StringTable()
  readonly #shapes = new Map<RecordShape, ShapeNumbers>()
  #bytes: Uint8Array | null = null

  get names(): number {
    return this.#names.count
  }

  get sources(): number {
    return this.#sources.count
  }

  /** As `numbersOf`, for a shape that comes again and again: the same object each time. */
  numbersOfShape(shape: RecordShape): ShapeNumbers {
    const known = this.#shapes.get(shape)
    if (known !== undefined) return known
    const numbers = this.numbersOf(shape)
    this.#shapes.set(shape, numbers)
    return numbers
  }

  /** @throws DetectError detect/record-too-large */
  numbersOf({ source, fields }: RecordShape): ShapeNumbers {
    this.#bytes = null
    const names = Uint16Array.from(fields, (field) => this.#names.number([field]))
    return { source: this.#sources.number([source.category ?? '', source.product ?? '', source.service ?? '']), names }
  }

  bytes(): Uint8Array {
    this.#bytes ??= concatBytes([this.#names.bytes(), this.#sources.bytes()])
    return this.#bytes
  }

  /** For the next batch. */
  reset(): void {
    if (Math.max(this.names, this.sources) <= NAMES_KEPT_MAX) return
    this.#bytes = null
    this.#shapes.clear()
    this.#names.clear()
    this.#sources.clear()
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
    if (this.count === RECORD_NAMES_MAX) throw tooMany(`a batch has at most ${RECORD_NAMES_MAX} names`)
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
  if (bytes.length > RECORD_NAME_BYTES_MAX) throw tooMany(`a name of ${bytes.length} bytes`)
  return concatBytes([Uint8Array.of(bytes.length & 255, bytes.length >> 8), bytes])
}

function tooMany(why: string): DetectError {
  return new DetectError('detect/record-too-large', `Cannot add an event: ${why}`)
}
