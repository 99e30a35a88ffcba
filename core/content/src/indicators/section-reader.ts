import { ContentError } from '../errors.ts'

/** Cuts a hostile section into columns, each a view of it. */
export class SectionReader {
  readonly #words: Uint32Array
  #at = 0

  constructor(words: Uint32Array) {
    this.#words = words
  }

  /** The next `length` words. */
  take(length: number): Column {
    const from = this.#at
    if (!(length <= this.#words.length - from)) throw refuse(`no room for ${length} words`, from)
    this.#at += length
    return { at: from, words: this.#words.subarray(from, this.#at) }
  }

  /** The next `size` bytes, and the zeros up to a word. */
  takeBytes(size: number): Uint8Array {
    const { at, words } = this.take(Math.ceil(size / 4))
    const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
    for (let i = size; i < bytes.length; i++) {
      if (bytes[i] !== 0) throw refuse('padding is not zero', at + words.length - 1)
    }
    return bytes.subarray(0, size)
  }

  end(): void {
    if (this.#at !== this.#words.length) throw refuse('more words than its header says', this.#at)
  }
}

/** Words of a section, and at which word of it they begin. */
export interface Column {
  readonly at: number
  readonly words: Uint32Array
}

/** @param word - of the section */
export function refuse(why: string, word: number, cause?: unknown): ContentError {
  const offset = 4 * word
  const message = `Cannot accept image: indicators: ${why} at byte ${offset} of the section`
  return new ContentError('content/image-indicators', message, null, { offset }, cause)
}
