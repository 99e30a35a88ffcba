import { openAppendLog, openFolder } from '@firebreak/durable-fs'
import { utf8Encode } from '@firebreak/kernel'
import { ENGINE_REPLY_BYTES_MAX } from './engine-seat.ts'

const NEWLINE = 10
const SPACE = 32
/** `SEQUENCE ` */
const NUMBER_BYTES_MAX = 17
/** One upload: lines that fit here, at most. The longest line that an engine can send fits. */
const UPLOAD_BYTES_MAX = ENGINE_REPLY_BYTES_MAX + NUMBER_BYTES_MAX
const UPLOAD_LINES_MAX = 200

/** The bounded, durable queue of detections that the server does not hold yet. Each line: `SEQUENCE DETECTION`. */
export interface Spool {
  /** Appends the engine's lines, each with the next sequence. Durable when it resolves; false when the spool is full. */
  add(lines: Uint8Array): Promise<boolean>
  /** The oldest lines, for one upload. */
  next(): Promise<{ readonly lines: Uint8Array; readonly count: number }>
  /** Drops the lines up to and with `sequence`: the server holds them. */
  drop(sequence: number): Promise<void>
  close(): Promise<void>
}

/**
 * @param firstSequence - greater than any sequence that was ever given out on this host
 * @throws DurableError
 */
export async function openSpool(folder: string, firstSequence: number): Promise<Spool> {
  await openFolder(folder)
  const log = await openAppendLog(`${folder}/detections.log`)
  let sequence = firstSequence
  let last: Promise<unknown> = Promise.resolve()
  /** One operation on the file at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work)
    last = result.catch(() => {})
    return result
  }
  const head = async (): Promise<{ lines: Uint8Array; count: number }> => {
    const bytes = await log.head(UPLOAD_BYTES_MAX)
    let at = 0
    let count = 0
    while (count < UPLOAD_LINES_MAX && at < bytes.length) {
      at = endOfLine(bytes, at)
      count++
    }
    return { lines: bytes.subarray(0, at), count }
  }
  return {
    add: (lines) => inTurn(() => log.append(numbered(lines, () => sequence++))),
    next: () => inTurn(head),
    drop: (upTo) =>
      inTurn(async () => {
        const { lines } = await head()
        const bytes = bytesUpTo(lines, upTo)
        if (bytes > 0) await log.dropHead(bytes)
      }),
    close: () => inTurn(() => log.close()),
  }
}

/** Every line gets its number, and every line ends, whatever the engine wrote. */
function numbered(lines: Uint8Array, next: () => number): Uint8Array {
  const parts: Uint8Array[] = []
  for (let at = 0; at < lines.length;) {
    const end = endOfLine(lines, at)
    parts.push(utf8Encode(`${next()} `), lines.subarray(at, end))
    at = end
  }
  if (lines.length > 0 && lines.at(-1) !== NEWLINE) parts.push(Uint8Array.of(NEWLINE))
  return Buffer.concat(parts)
}

function bytesUpTo(lines: Uint8Array, sequence: number): number {
  let at = 0
  while (at < lines.length) {
    const space = lines.indexOf(SPACE, at)
    // A line without a number is none of ours, and goes with those before it.
    if (Number(Buffer.from(lines.subarray(at, space)).toString('latin1')) > sequence) break
    at = endOfLine(lines, at)
  }
  return at
}

/** Just after the newline; the end, if there is none. */
function endOfLine(bytes: Uint8Array, from: number): number {
  const newline = bytes.indexOf(NEWLINE, from)
  return newline === -1 ? bytes.length : newline + 1
}
