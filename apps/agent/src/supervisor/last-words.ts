import type { Readable } from 'node:stream'

/** Of one process: a stack trace fits, a flood does not. */
const WORDS_BYTES_MAX = 16 * 1024
const REPLACEMENT = '?'

/**
 * Passes on what a hostile process writes to its standard error, which would otherwise be the supervisor's own: a terminal that obeys
 * control characters, a journal that fills, a file that could be read back and written over.
 */
export function passOnWords(words: Readable, write: (text: string) => void): void {
  let left = WORDS_BYTES_MAX
  words.on('data', (chunk: Uint8Array) => {
    const taken = chunk.subarray(0, left) // what is beyond is read, and forgotten: nothing may wait for us
    left -= taken.length
    if (taken.length > 0) write(printable(taken))
  })
  words.on('error', () => {})
}

/** ASCII that prints, and line ends. */
export function printable(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
    .toString('latin1')
    .replaceAll(/[^\n\x20-\x7e]/g, REPLACEMENT)
}
