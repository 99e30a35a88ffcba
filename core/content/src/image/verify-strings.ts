import { compareRuns, foldCase, KernelError } from '@firebreak/kernel'
import { STRING_BYTES_MAX } from '../limits.ts'
import { refuseWord, type Section, word } from './sections.ts'
import { StringPool } from './string-pool.ts'

/** The strings of an image, and which of them something has named. */
export class StringTable {
  readonly pool: StringPool
  readonly #section: Section
  readonly #used: Uint8Array
  /** Strings that are not plain ASCII without capitals, so that folding may change them. */
  readonly #mayFold: Uint8Array

  /** Strict UTF-8, sorted by byte, each once, padded with zeros to the last word: or content/image-strings. */
  constructor(section: Section) {
    this.#section = section
    this.pool = readPool(section)
    this.#used = new Uint8Array(this.pool.count)
    this.#mayFold = new Uint8Array(this.pool.count)
    for (let id = 0; id < this.pool.count; id++) this.#verifyString(id)
  }

  /** The string that a word of another section names; that section's error when there is none. */
  named(section: Section, at: number): string {
    return this.pool.text(this.use(section, at))
  }

  /** As `named`, without decoding. @returns the number of the string */
  use(section: Section, at: number): number {
    const id = word(section, at)
    if (!(id < this.pool.count)) throw refuseWord(section, at, `no string ${id}`)
    this.#used[id] = 1
    return id
  }

  /** As `use`, for text that is compared folded. */
  useFolded(section: Section, at: number): number {
    const id = this.use(section, at)
    if (this.#mayFold[id] === 0) return id
    const text = this.pool.text(id)
    if (foldCase(text) !== text) throw refuseWord(section, at, 'not case-folded')
    return id
  }

  /** A section with a verifier of its own names this string. */
  mark(id: number): void {
    this.#used[id] = 1
  }

  length(id: number): number {
    return (this.pool.offsets[id + 1] ?? 0) - (this.pool.offsets[id] ?? 0)
  }

  /** An image carries no string that nothing names: else it would not be the one image of its pack. */
  verifyAllUsed(): void {
    const unused = this.#used.indexOf(0)
    if (unused >= 0) throw refuseWord(this.#section, 1 + unused, `nothing names string ${unused}`)
  }

  #verifyString(id: number): void {
    const { offsets, bytes } = this.pool
    const from = offsets[id] ?? 0
    const to = offsets[id + 1] ?? 0
    if (to - from > STRING_BYTES_MAX) throw refuseWord(this.#section, id + 1, `more than ${STRING_BYTES_MAX} bytes`)
    let isAscii = true
    for (let at = from; at < to; at++) {
      const byte = bytes[at] ?? 0
      if (byte >= 0x80) isAscii = false
      if (byte >= 0x80 || (byte >= 0x41 && byte <= 0x5a)) this.#mayFold[id] = 1
    }
    if (!isAscii) this.#verifyUtf8(id)
    if (id > 0 && !this.#isAfter(id)) throw refuseWord(this.#section, id + 1, `string ${id} is not sorted`)
  }

  #verifyUtf8(id: number): void {
    try {
      this.pool.text(id)
    } catch (error) {
      if (!(error instanceof KernelError)) throw error
      throw refuseWord(this.#section, id + 1, `string ${id} is not UTF-8`, error)
    }
  }

  #isAfter(id: number): boolean {
    const { offsets, bytes } = this.pool
    const middle = offsets[id] ?? 0
    return compareRuns(bytes, offsets[id - 1] ?? 0, middle, bytes, middle, offsets[id + 1] ?? 0) < 0
  }
}

function readPool(section: Section): StringPool {
  const count = word(section, 0)
  const blobWord = count + 2
  if (!(blobWord <= section.words.length)) throw refuseWord(section, 0, `no room for ${count} strings`)
  const { buffer, byteOffset } = section.words
  const blob = new Uint8Array(buffer, byteOffset + 4 * blobWord, 4 * (section.words.length - blobWord))
  const offsets = section.words.subarray(1, blobWord)
  const size = offsets[count] ?? 0
  if (offsets[0] !== 0 || blob.length !== 4 * Math.ceil(size / 4)) {
    throw refuseWord(section, 1, 'the offsets do not cover the text')
  }
  for (let i = 0; i < count; i++) {
    if (!((offsets[i] ?? 0) <= (offsets[i + 1] ?? 0))) throw refuseWord(section, i + 2, `string ${i} ends outside`)
  }
  if (blob.subarray(size).some((byte) => byte !== 0)) throw refuseWord(section, blobWord, 'padding is not zero')
  return new StringPool(offsets, blob.subarray(0, size))
}
