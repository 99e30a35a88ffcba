import { EvtxError } from './errors.ts'

/** Reads a part of a chunk from one place on, and never a byte outside of it: every length in the file is hostile. */
export class Cursor {
  at: number
  readonly #view: DataView
  readonly #end: number

  /** @param end - behind the last byte of the part */
  constructor(view: DataView, at: number, end: number) {
    this.#view = view
    this.at = at
    this.#end = end
    if (at < 0 || at > end || end > view.byteLength) throw outside(at, end - at)
  }

  get left(): number {
    return this.#end - this.at
  }

  u8(): number {
    return this.#view.getUint8(this.#take(1))
  }
  i8(): number {
    return this.#view.getInt8(this.#take(1))
  }
  u16(): number {
    return this.#view.getUint16(this.#take(2), true)
  }
  i16(): number {
    return this.#view.getInt16(this.#take(2), true)
  }
  u32(): number {
    return this.#view.getUint32(this.#take(4), true)
  }
  i32(): number {
    return this.#view.getInt32(this.#take(4), true)
  }
  u64(): bigint {
    return this.#view.getBigUint64(this.#take(8), true)
  }
  i64(): bigint {
    return this.#view.getBigInt64(this.#take(8), true)
  }
  f32(): number {
    return this.#view.getFloat32(this.#take(4), true)
  }
  f64(): number {
    return this.#view.getFloat64(this.#take(8), true)
  }

  skip(bytes: number): void {
    this.#take(bytes)
  }

  bytes(length: number): Buffer {
    const at = this.#take(length)
    return Buffer.from(this.#view.buffer, this.#view.byteOffset + at, length)
  }

  /** UTF-16 of `units` code units, as it stands. */
  utf16(units: number): string {
    return this.bytes(units * 2).toString('utf16le')
  }

  /** The next `length` bytes as a part of its own; goes on behind it. */
  part(length: number): Cursor {
    const at = this.#take(length)
    return new Cursor(this.#view, at, at + length)
  }

  #take(length: number): number {
    const { at } = this
    if (length > this.#end - at) throw outside(at, length)
    this.at = at + length
    return at
  }
}

function outside(at: number, length: number): EvtxError {
  return new EvtxError(
    'evtx/outside',
    `Cannot read ${length} bytes at ${at} of a chunk: they are outside of their part`,
  )
}
