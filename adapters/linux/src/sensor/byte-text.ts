/**
 * Bytes of the kernel (paths, arguments, names) as a string of one character a byte. V8 keeps such a string as those
 * bytes on its own heap: of all copies that JavaScript can make it is the cheapest to make, to write out again and to
 * forget. Nothing is lost: a path that is no UTF-8 stays what it is. Never show one to a person, or give it to a file
 * function, without `plainText` or `pathBytes`.
 */
export type ByteText = string & { readonly ofBytes: true }

const NOT_ASCII = /[^\0-\x7f]/

/** What stands from `from` to `to`. */
export function byteTextAt(bytes: Buffer, from: number, to: number): ByteText {
  return bytes.toString('latin1', from, to) as ByteText
}

/** The UTF-8 of a text. */
export function byteText(text: string): ByteText {
  return (NOT_ASCII.test(text) ? Buffer.from(text, 'utf8').toString('latin1') : text) as ByteText
}

/** As a person reads it: what is no UTF-8 is U+FFFD. */
export function plainText(text: ByteText): string {
  return NOT_ASCII.test(text) ? pathBytes(text).toString('utf8') : text
}

/** For file functions: a path with exactly these bytes. */
export function pathBytes(text: ByteText): Buffer {
  return Buffer.from(text, 'latin1')
}

/** Texts that come again and again: program names, paths, directories. */
const CACHE_SLOTS = 1024

/** What is longer is rarely the same twice. */
const CACHED_BYTES_MAX = 256

/** Gives the same string for the same bytes, so that those that many processes share are kept once. */
export class ByteTextCache {
  readonly #slots: (ByteText | undefined)[] = Array.from({ length: CACHE_SLOTS }, () => undefined)

  /** What stands from `from` to `to`. */
  at(bytes: Buffer, from: number, to: number): ByteText {
    if (to - from > CACHED_BYTES_MAX) return byteTextAt(bytes, from, to)
    let hash = to - from
    for (let i = from; i < to; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x9e3779b1)
    const slot = (hash ^ (hash >>> 15)) & (CACHE_SLOTS - 1)
    const known = this.#slots[slot]
    if (known !== undefined && isWritten(bytes, from, to, known)) return known
    return (this.#slots[slot] = byteTextAt(bytes, from, to))
  }
}

function isWritten(bytes: Buffer, from: number, to: number, text: ByteText): boolean {
  if (text.length !== to - from) return false
  for (let i = from; i < to; i++) if (text.charCodeAt(i - from) !== bytes[i]) return false
  return true
}
