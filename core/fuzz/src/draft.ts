const VIEWS_KEPT = 1024
const SHORT_BYTES = 16

/** An input that is being changed: bytes in memory that is allocated once. */
export class Draft {
  readonly bytes: Uint8Array
  length = 0
  readonly #views: (Uint8Array | undefined)[] = Array.from({ length: VIEWS_KEPT }, () => undefined)

  constructor(bytesMax: number) {
    this.bytes = new Uint8Array(bytesMax)
  }

  /** Its content, in the same memory. Views of usual lengths are made once. */
  view(): Uint8Array {
    const { length } = this
    if (length >= VIEWS_KEPT) return this.bytes.subarray(0, length)
    return (this.#views[length] ??= this.bytes.subarray(0, length))
  }

  set(input: Uint8Array): void {
    this.length = Math.min(input.length, this.bytes.length)
    this.bytes.set(this.length === input.length ? input : input.subarray(0, this.length))
  }

  remove(at: number, count: number): void {
    this.bytes.copyWithin(at, at + count, this.length)
    this.length -= count
  }

  /** Makes room at `at`, as much as there is; returns how much. What is in it is left over. */
  open(at: number, count: number): number {
    const room = Math.min(count, this.bytes.length - this.length)
    this.bytes.copyWithin(at + room, at, this.length)
    this.length += room
    return room
  }

  insert(at: number, piece: Uint8Array): void {
    this.put(piece, at, this.open(at, piece.length))
  }

  /** Puts `piece` where `count` bytes were. */
  replace(at: number, count: number, piece: Uint8Array): void {
    if (count !== piece.length) {
      this.remove(at, count)
      this.insert(at, piece)
    } else this.put(piece, at, count)
  }

  /** The first `count` bytes of `piece` over what is there. */
  put(piece: Uint8Array, at: number, count: number): void {
    // For a few bytes a call costs more than a loop.
    if (count > SHORT_BYTES) this.bytes.set(count === piece.length ? piece : piece.subarray(0, count), at)
    else for (let i = 0; i < count; i++) this.bytes[at + i] = piece[i] ?? 0
  }

  /** An unsigned number of 1, 2 or 4 bytes; it must lie within the input. */
  read(at: number, width: number, littleEndian: boolean): number {
    let value = 0
    for (let i = 0; i < width; i++) {
      value = value * 256 + (this.bytes[at + (littleEndian ? width - 1 - i : i)] ?? 0)
    }
    return value
  }

  /** Modulo 2^(8 width). */
  write(at: number, width: number, littleEndian: boolean, value: number): void {
    for (let i = 0; i < width; i++) this.bytes[at + (littleEndian ? i : width - 1 - i)] = value >>> (8 * i)
  }
}
