/** One record of a built event: `handle` is the bytes after the handle's header. */
export interface BuiltRecord {
  readonly type: number
  readonly handle: Uint8Array
  /** Without it there is no room for a name. */
  readonly name?: Uint8Array
}

export interface BuiltEvent {
  readonly mask: number
  readonly pid: number
  readonly records: readonly BuiltRecord[]
}

const METADATA_BYTES = 24

/** What a kernel would write for these events. */
export function fidBytes(events: readonly BuiltEvent[]): Buffer {
  return Buffer.concat(events.map(eventBytes))
}

/** A `struct file_handle`, as a key of folders. */
export function handleKey(handle: Uint8Array): string {
  return handleBytes(handle).toString('latin1')
}

function eventBytes({ mask, pid, records }: BuiltEvent): Buffer {
  const body = Buffer.concat(records.map(recordBytes))
  const head = Buffer.alloc(METADATA_BYTES)
  head.writeUInt32LE(METADATA_BYTES + body.length, 0)
  head.writeUInt8(3, 4)
  head.writeUInt16LE(METADATA_BYTES, 6)
  head.writeBigUInt64LE(BigInt(mask), 8)
  head.writeInt32LE(-1, 16)
  head.writeInt32LE(pid, 20)
  return Buffer.concat([head, body])
}

function recordBytes({ type, handle, name }: BuiltRecord): Buffer {
  const named = name === undefined ? Buffer.alloc(0) : Buffer.concat([name, Buffer.of(0)])
  const unpadded = Buffer.concat([Buffer.alloc(12), handleBytes(handle), named])
  const record = Buffer.concat([unpadded, Buffer.alloc(-unpadded.length & 3)]) // each starts at a multiple of four
  record.writeUInt8(type, 0)
  record.writeUInt16LE(record.length, 2)
  return record
}

function handleBytes(handle: Uint8Array): Buffer {
  const head = Buffer.alloc(8)
  head.writeUInt32LE(handle.length, 0)
  head.writeInt32LE(1, 4)
  return Buffer.concat([head, handle])
}
