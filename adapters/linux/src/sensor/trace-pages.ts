import type { PageFormat } from './trace-format.ts'

/** In the commit word: the length of the data; above it, flags that say what was lost before this page. */
const LENGTH_MASK = 2 ** 27 - 1
const TYPE_BITS = 5
const TYPE_MASK = 2 ** TYPE_BITS - 1
const DELTA_SPAN = 2 ** 27

/** Types of entries; 1 to 28 are records of that many words, 0 is a record that says its length itself. */
const ENTRY = { long: 0, padding: 29, timeExtend: 30, timeStamp: 31 } as const

/** Absolute times have 59 bits; what is above comes from the page. */
const STAMP_SPAN = 2 ** 59

const WORD_BYTES = 4
const LONG_HEADER_BYTES = 8

/**
 * Visits the records of one page of the kernel's trace buffer (`trace_pipe_raw`), oldest first. Binary pages, and not
 * the text of `trace_pipe`: there a file name with a line break in it forges records.
 *
 * A page that is not as the kernel makes it ends early; nothing is read beyond `bytes`.
 *
 * @param visit - gets the time in nanoseconds of the buffer's clock, where the record is, and its length in bytes
 * @returns false when the page broke off
 * @see kernel: include/linux/ring_buffer.h, kernel/trace/ring_buffer.c
 */
export function visitPage(
  format: PageFormat,
  bytes: Buffer,
  visit: (timeNs: number, at: number, length: number) => void,
): boolean {
  if (bytes.length < format.dataOffset) return false
  const length = bytes.readUInt32LE(format.commitOffset) & LENGTH_MASK
  const end = format.dataOffset + length
  if (end > bytes.length) return false
  let timeNs = u64(bytes, 0)
  let at = format.dataOffset
  while (at + WORD_BYTES <= end) {
    const head = bytes.readUInt32LE(at)
    const type = head & TYPE_MASK
    const delta = head >>> TYPE_BITS
    const size = sizeOf(bytes, at, type, end)
    if (type === ENTRY.padding && delta === 0) return true // the rest of the page is empty
    if (size === 0 || at + size > end) return false
    if (type === ENTRY.timeExtend) timeNs += bytes.readUInt32LE(at + WORD_BYTES) * DELTA_SPAN + delta
    else if (type === ENTRY.timeStamp) timeNs = stamp(bytes, at, delta, timeNs)
    else {
      timeNs += delta
      const header = type === ENTRY.long ? LONG_HEADER_BYTES : WORD_BYTES
      if (type !== ENTRY.padding) visit(timeNs, at + header, size - header)
    }
    at += size
  }
  return at === end
}

/** @returns bytes with the header; 0 when it can't be */
function sizeOf(bytes: Buffer, at: number, type: number, end: number): number {
  if (type > ENTRY.long && type < ENTRY.padding) return WORD_BYTES + type * WORD_BYTES
  if (at + LONG_HEADER_BYTES > end) return 0
  if (type === ENTRY.timeExtend || type === ENTRY.timeStamp) return LONG_HEADER_BYTES
  const said = bytes.readUInt32LE(at + WORD_BYTES) // counts itself, not the word before it
  return said < WORD_BYTES ? 0 : WORD_BYTES + Math.ceil(said / WORD_BYTES) * WORD_BYTES
}

function stamp(bytes: Buffer, at: number, delta: number, before: number): number {
  const low = bytes.readUInt32LE(at + WORD_BYTES) * DELTA_SPAN + delta
  return Math.floor(before / STAMP_SPAN) * STAMP_SPAN + low
}

/** Exact to 2^53: in nanoseconds 104 days, and after that to within a few of them. */
function u64(bytes: Buffer, at: number): number {
  return bytes.readUInt32LE(at + 4) * 2 ** 32 + bytes.readUInt32LE(at)
}
