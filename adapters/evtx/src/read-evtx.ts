import { readDocument } from './binary-xml.ts'
import { EvtxError } from './errors.ts'
import { eventFields } from './event.ts'

/** Takes the events of a file; `place` is the number of the record. Called without waiting. */
export interface EvtxSink {
  event(bytes: Uint8Array, from: number, to: number, place: number): void
  malformed(what: 'bad-record' | 'damaged' | 'too-long', place: number): void
}

const CHUNK_SIZE_BYTES = 0x10000
const CHUNK_HEADER_SIZE_BYTES = 0x200
const CHUNK_MAGIC = Buffer.from('ElfChnk\0', 'latin1')
const FREE_SPACE_AT = 48
const HEADER_BLOCK_SIZE_BYTES = 0x1000
const RECORD_MAGIC = 0x2a2a
const RECORD_HEADER_SIZE_BYTES = 24
const RECORD_SIZE_BYTES_MIN = RECORD_HEADER_SIZE_BYTES + 4
/** Records begin where eight divides. */
const RECORD_STEP_BYTES = 8
/** One event as JSON: values grow when they are written as text. */
const EVENT_SIZE_BYTES_MAX = 1024 * 1024

/**
 * Reads a Windows event log chunk by chunk: 64 KiB of memory, whatever its size. A record that can't be read is counted
 * and the next one is looked for; so is what is left of a log that was cut, or carved from a disk. Never throws for what
 * the bytes say.
 */
export async function readEvtx(blocks: AsyncIterable<Uint8Array>, sink: EvtxSink): Promise<void> {
  const chunk = Buffer.alloc(CHUNK_SIZE_BYTES)
  const reader = new ChunkReader(chunk, sink)
  let filled = 0
  let skip = HEADER_BLOCK_SIZE_BYTES
  for await (const block of blocks) {
    let at = Math.min(skip, block.length)
    skip -= at
    while (at < block.length) {
      const part = block.subarray(at, at + CHUNK_SIZE_BYTES - filled)
      chunk.set(part, filled)
      filled += part.length
      at += part.length
      if (filled === CHUNK_SIZE_BYTES) {
        reader.read()
        filled = 0
      }
    }
  }
  if (filled > 0) reader.readCut(filled)
}

class ChunkReader {
  readonly #chunk: Buffer
  readonly #view: DataView
  readonly #sink: EvtxSink
  /** The number of the record that was met last: the place of what has no number. */
  #last = 0

  constructor(chunk: Buffer, sink: EvtxSink) {
    this.#chunk = chunk
    this.#view = new DataView(chunk.buffer, chunk.byteOffset, chunk.length)
    this.#sink = sink
  }

  /** The file ends inside this chunk: what is there is read, what is missing is said. */
  readCut(filled: number): void {
    this.#chunk.fill(0, filled)
    if (!this.#isUnused()) this.#sink.malformed('damaged', this.#last)
    this.read()
  }

  read(): void {
    // Windows makes files larger before it needs the room.
    if (this.#isUnused()) return
    if (!this.#chunk.subarray(0, CHUNK_MAGIC.length).equals(CHUNK_MAGIC)) {
      this.#sink.malformed('bad-record', this.#last)
      return
    }
    const free = this.#view.getUint32(FREE_SPACE_AT, true)
    const end = free >= CHUNK_HEADER_SIZE_BYTES && free <= CHUNK_SIZE_BYTES ? free : CHUNK_SIZE_BYTES
    let at = CHUNK_HEADER_SIZE_BYTES
    while (end - at >= RECORD_SIZE_BYTES_MIN) {
      const sizeBytes = this.#recordSize(at)
      if (sizeBytes !== null) this.#record(at, sizeBytes)
      else this.#sink.malformed('bad-record', this.#last)
      at = sizeBytes === null ? this.#nextRecord(at, end) : at + sizeBytes
    }
  }

  #isUnused(): boolean {
    return this.#chunk.subarray(0, CHUNK_HEADER_SIZE_BYTES).every((byte) => byte === 0)
  }

  /** A record says its size at both ends; null: there is none here. */
  #recordSize(at: number): number | null {
    if (this.#view.getUint32(at, true) !== RECORD_MAGIC) return null
    const sizeBytes = this.#view.getUint32(at + 4, true)
    if (sizeBytes < RECORD_SIZE_BYTES_MIN || sizeBytes > CHUNK_SIZE_BYTES - at) return null
    return this.#view.getUint32(at + sizeBytes - 4, true) === sizeBytes ? sizeBytes : null
  }

  #nextRecord(after: number, end: number): number {
    for (let at = after + RECORD_STEP_BYTES; end - at >= RECORD_SIZE_BYTES_MIN; at += RECORD_STEP_BYTES) {
      if (this.#recordSize(at) !== null) return at
    }
    return end
  }

  #record(at: number, sizeBytes: number): void {
    this.#last = Number(this.#view.getBigUint64(at + 8, true))
    try {
      const event = readDocument(this.#view, at + RECORD_HEADER_SIZE_BYTES, at + sizeBytes - 4)
      const bytes = Buffer.from(JSON.stringify(eventFields(event)))
      if (bytes.length > EVENT_SIZE_BYTES_MAX) this.#sink.malformed('too-long', this.#last)
      else this.#sink.event(bytes, 0, bytes.length, this.#last)
    } catch (error) {
      if (!(error instanceof EvtxError)) throw error
      this.#sink.malformed('bad-record', this.#last)
    }
  }
}
