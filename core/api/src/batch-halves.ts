/** A part of a record batch: a record batch of its own. */
export interface BatchPart {
  readonly payload: Uint8Array
  readonly count: number
}

/*
 * The outline of a record batch (core/detect/docs/record-format.md), as `batch-halves.test.ts` holds it to the real writer. It is not
 * imported: who cuts batches loads no code that reads events.
 */
const MAGIC = 0x42524246
const VERSION = 1
const HEADER_BYTES = 24
const RECORD_HEADER_BYTES = 16
const LENGTH_AT = 8
const COUNT_AT = 16
const FIRST_RECORD_AT = 20

/**
 * Cuts a record batch of at least two records into two, the earlier records first. It is cut like a stream of frames: by the batch's
 * length and number of records and by each record's length, all checked against the bytes; names, log sources and values are
 * copied unread. `batch` may be hostile.
 *
 * @param count - how many records its sender said it has
 * @returns null when it has not this outline, or fewer than two records
 */
export function halveBatch(batch: Uint8Array, count: number): readonly [BatchPart, BatchPart] | null {
  if (count < 2 || batch.length < HEADER_BYTES) return null
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  const word = (at: number) => view.getUint32(at, true)
  const isBatch = word(0) === MAGIC && word(4) === VERSION && word(LENGTH_AT) === batch.length
  if (!isBatch || word(COUNT_AT) !== count || word(FIRST_RECORD_AT) < HEADER_BYTES) return null
  const head = word(FIRST_RECORD_AT)
  const first = Math.floor(count / 2)
  let middle = 0
  let at = head
  for (let i = 0; i < count; i++) {
    if (i === first) middle = at
    if (at + RECORD_HEADER_BYTES > batch.length || word(at) < RECORD_HEADER_BYTES) return null
    at += word(at)
  }
  if (at !== batch.length) return null
  return [partOf(batch, head, head, middle, first), partOf(batch, head, middle, at, count - first)]
}

/** The tables of `batch`, which end at `head`, and its records between `from` and `to`. */
function partOf(batch: Uint8Array, head: number, from: number, to: number, count: number): BatchPart {
  const payload = new Uint8Array(head + to - from)
  payload.set(batch.subarray(0, head))
  payload.set(batch.subarray(from, to), head)
  const view = new DataView(payload.buffer)
  view.setUint32(LENGTH_AT, payload.length, true)
  view.setUint32(COUNT_AT, count, true)
  return { payload, count }
}
