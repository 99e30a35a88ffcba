/** Why a part of a file is no event. */
export type Malformed =
  | 'too-long' // over EVENT_SIZE_BYTES_MAX
  | 'unclosed' // the file, or the line, ends inside an event
  | 'stray' // bytes between events that are no event
  | 'bad-row' // a CSV row that can't be told apart
  | 'bad-record' // an EVTX record, or a chunk of records, that can't be read
  | 'damaged' // the file ends in the middle: a packed stream that is cut or corrupt

/**
 * Takes what a reader finds, in the order of the file. Called without waiting: a reader asks for the next block when the
 * sink has taken everything of the last one, so that memory stays bounded by the block.
 */
export interface EventSink {
  /**
   * One event: UTF-8 that is meant to be one JSON value, in `bytes[from, to)`. Hostile, and valid only during the call.
   *
   * @param place - the line where it starts, from 1; of EVTX the record's own number
   */
  event(bytes: Uint8Array, from: number, to: number, place: number): void
  malformed(what: Malformed, place: number): void
}

/** Reads one file of one format to its end. Never throws for what the bytes say. */
export type EventReader = (blocks: AsyncIterable<Uint8Array>, sink: EventSink) => Promise<void>
