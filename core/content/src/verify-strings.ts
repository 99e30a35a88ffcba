import { KernelError, utf8Decode } from '@firebreak/kernel'
import { refuseWord, type Section, word } from './image-sections.ts'
import { STRING_CHARS_MAX } from './limits.ts'

/** The strings of an image, and which of them something has named. */
export class StringTable {
  readonly strings: readonly string[]
  readonly #section: Section
  readonly #used: Uint8Array

  /** Strict UTF-8, sorted, each once, padded with zeros to the last word: or content/image-strings. */
  constructor(section: Section) {
    this.#section = section
    this.strings = readStrings(section)
    this.#used = new Uint8Array(this.strings.length)
  }

  /** The string that a word of another section names; that section's error when there is none. */
  named(section: Section, at: number): string {
    const id = word(section, at)
    const text = this.strings[id]
    if (text === undefined) throw refuseWord(section, at, `no string ${id}`)
    this.#used[id] = 1
    return text
  }

  /** An image carries no string that nothing names: else it would not be the one image of its pack. */
  verifyAllUsed(): void {
    const unused = this.#used.indexOf(0)
    if (unused >= 0) throw refuseWord(this.#section, 1 + unused, `nothing names string ${unused}`)
  }
}

function readStrings(section: Section): readonly string[] {
  const count = word(section, 0)
  const blobWord = count + 2
  if (!(blobWord <= section.words.length)) throw refuseWord(section, 0, `no room for ${count} strings`)
  const { buffer, byteOffset } = section.words
  const blob = new Uint8Array(buffer, byteOffset + 4 * blobWord, 4 * (section.words.length - blobWord))
  const size = word(section, count + 1)
  if (word(section, 1) !== 0 || blob.length !== 4 * Math.ceil(size / 4)) {
    throw refuseWord(section, 1, 'the offsets do not cover the text')
  }
  const strings: string[] = []
  let last: string | null = null
  for (let i = 0; i < count; i++) {
    const from = word(section, i + 1)
    const to = word(section, i + 2)
    if (!(from <= to && to <= size)) throw refuseWord(section, i + 2, `string ${i} ends outside`)
    const text = readString(blob.subarray(from, to), section, i)
    if (last !== null && text <= last) throw refuseWord(section, i + 1, `string ${i} is not sorted`)
    strings.push(text)
    last = text
  }
  if (blob.subarray(size).some((byte) => byte !== 0)) throw refuseWord(section, blobWord, 'padding is not zero')
  return strings
}

function readString(bytes: Uint8Array, section: Section, i: number): string {
  try {
    const text = isAscii(bytes) ? String.fromCharCode.apply(null, bytes as unknown as number[]) : utf8Decode(bytes)
    if (text.length <= STRING_CHARS_MAX) return text
  } catch (error) {
    if (!(error instanceof KernelError)) throw error
    throw refuseWord(section, i + 1, `string ${i} is not UTF-8`, error)
  }
  throw refuseWord(section, i + 1, `string ${i} has more than ${STRING_CHARS_MAX} characters`)
}

/** Short text only: `String.fromCharCode` takes its characters as arguments. */
function isAscii(bytes: Uint8Array): boolean {
  if (bytes.length > STRING_CHARS_MAX) return false
  for (const byte of bytes) if (byte > 0x7f) return false
  return true
}
