import { BYTE, isBlank } from './bytes.ts'

export const EVENT_FORMATS = ['jsonl', 'json', 'csv', 'evtx'] as const
/** `jsonl`: an event a line. `json`: arrays, or objects one after another, over as many lines as they like. */
export type EventFormat = (typeof EVENT_FORMATS)[number]

const EVTX_MAGIC = [0x45, 0x6c, 0x66, 0x46, 0x69, 0x6c, 0x65, 0x00]
const DELIMITERS = [',', '\t', ';', '|'] as const

/** Tells the format by what the file begins with (without a mark of UTF-8), never by its name; null: none of ours. */
export function formatOf(head: Uint8Array): EventFormat | null {
  if (EVTX_MAGIC.every((byte, index) => head[index] === byte)) return 'evtx'
  let at = 0
  while (at < head.length && isBlank(head[at] ?? 0)) at++
  if (head[at] === BYTE.openBracket) return 'json'
  // A log that was cut at its beginning starts with half an event: one whole line among the first is enough.
  if (hasWholeLine(head)) return 'jsonl'
  if (head[at] === BYTE.openBrace) return 'json'
  return delimiterOf(head) === null ? null : 'csv'
}

function hasWholeLine(head: Uint8Array): boolean {
  for (let from = 0; from < head.length;) {
    const newline = head.indexOf(BYTE.newline, from)
    const to = newline === -1 ? head.length : newline
    if (isWholeObject(head, from, to)) return true
    from = to + 1
  }
  return false
}

/** One object from the first column to the end of the line, nothing behind it. */
function isWholeObject(bytes: Uint8Array, from: number, to: number): boolean {
  if (bytes[from] !== BYTE.openBrace) return false
  let depth = 0
  let isText = false
  for (let at = from; at < to; at++) {
    const byte = bytes[at] ?? 0
    if (isText) {
      if (byte === BYTE.backslash) at++
      else if (byte === BYTE.quote) isText = false
    } else if (byte === BYTE.quote) isText = true
    else if (byte === BYTE.openBrace || byte === BYTE.openBracket) depth++
    else if (byte === BYTE.closeBrace || byte === BYTE.closeBracket) depth--
    if (depth === 0) return onlyBlanks(bytes, at + 1, to)
  }
  return false
}

function onlyBlanks(bytes: Uint8Array, from: number, to: number): boolean {
  return bytes.subarray(from, to).every(isBlank)
}

/** What separates the cells of the first row, by which one there is most of; null: no table of text. */
export function delimiterOf(head: Uint8Array): string | null {
  const newline = head.indexOf(BYTE.newline)
  const first = head.subarray(0, newline === -1 ? head.length : newline)
  if (first.some((byte) => byte < BYTE.space && !isBlank(byte))) return null
  const row = new TextDecoder().decode(first)
  if (row.includes('\u{FFFD}')) return null
  const [best] = DELIMITERS.map((delimiter) => ({ delimiter, cells: row.split(delimiter).length })).toSorted(
    (a, b) => b.cells - a.cells,
  )
  return best !== undefined && best.cells > 1 ? best.delimiter : null
}
