import { crc32 } from 'node:zlib'

/**
 * Writes EVTX as Windows does, for tests: a file header, chunks of 64 KiB with checksums, records of binary XML with a
 * template each that is defined where it is used first.
 *
 * @see the EVTX chapters of libevtx's documentation, and MS-EVEN6 2.2.12
 */
export interface EvtxRecord {
  readonly id: number
  readonly timeMs: number
  readonly system: {
    readonly provider: string
    readonly eventId: number
    readonly channel: string
    readonly computer: string
  }
  readonly data: readonly (readonly [name: string, value: EvtxValue])[]
  /** `UserData` instead of `EventData`, with this element inside. */
  readonly userData?: string
  /** The data as a value of binary XML with a template of its own, as most providers have it. */
  readonly isNested?: boolean
}

export type EvtxValue =
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'strings'; readonly value: readonly string[] }
  | { readonly kind: 'uint8' | 'int8' | 'uint16' | 'int16' | 'uint32' | 'int32' | 'hex32'; readonly value: number }
  | { readonly kind: 'uint64' | 'int64' | 'hex64' | 'filetime'; readonly value: bigint }
  | { readonly kind: 'double'; readonly value: number }
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'binary' | 'guid' | 'sid'; readonly value: Uint8Array }
  | { readonly kind: 'null' }

export const CHUNK_SIZE_BYTES = 0x10000
const CHUNK_HEADER_SIZE_BYTES = 0x200
const STRING_CHAINS_AT = 0x80
const TEMPLATE_CHAINS_AT = 0x180
const HEADER_BLOCK_SIZE_BYTES = 0x1000
const NAMESPACE = 'http://schemas.microsoft.com/win/2004/08/events/event'

const BINARY_XML = 0x21
const TYPE: Readonly<Record<EvtxValue['kind'], number>> = {
  null: 0x00,
  string: 0x01,
  strings: 0x81,
  int8: 0x03,
  uint8: 0x04,
  int16: 0x05,
  uint16: 0x06,
  int32: 0x07,
  uint32: 0x08,
  int64: 0x09,
  uint64: 0x0a,
  double: 0x0c,
  boolean: 0x0d,
  binary: 0x0e,
  guid: 0x0f,
  filetime: 0x11,
  sid: 0x13,
  hex32: 0x14,
  hex64: 0x15,
}

/** Milliseconds since 1970 as the 100 ns since 1601 of Windows. */
export function toFileTime(ms: number): bigint {
  return (BigInt(ms) + 11_644_473_600_000n) * 10_000n
}

export function evtxFile(chunks: readonly (readonly EvtxRecord[])[]): Buffer {
  const header = Buffer.alloc(HEADER_BLOCK_SIZE_BYTES)
  header.write('ElfFile\0', 'latin1')
  header.writeBigUInt64LE(BigInt(Math.max(0, chunks.length - 1)), 16)
  header.writeBigUInt64LE(BigInt(chunks.flat().length + 1), 24)
  header.writeUInt32LE(128, 32)
  header.writeUInt16LE(1, 36)
  header.writeUInt16LE(3, 38)
  header.writeUInt16LE(HEADER_BLOCK_SIZE_BYTES, 40)
  header.writeUInt16LE(chunks.length, 42)
  header.writeUInt32LE(crc32(header.subarray(0, 120)), 124)
  return Buffer.concat([header, ...chunks.map(evtxChunk)])
}

function evtxChunk(records: readonly EvtxRecord[]): Buffer {
  const chunk = Buffer.alloc(CHUNK_SIZE_BYTES)
  const writer = new ChunkWriter(chunk)
  for (const record of records) writer.record(record)
  const [first, last] = [records[0]?.id ?? 0, records.at(-1)?.id ?? 0]
  chunk.write('ElfChnk\0', 'latin1')
  for (const [at, id] of [first, last, first, last].entries()) chunk.writeBigUInt64LE(BigInt(id), 8 + 8 * at)
  chunk.writeUInt32LE(128, 40)
  chunk.writeUInt32LE(writer.lastRecordAt, 44)
  chunk.writeUInt32LE(writer.at, 48)
  sealChunk(chunk, writer.at)
  return chunk
}

/** Brings the checksums in line with the bytes: also for tests that change some. */
export function sealChunk(chunk: Buffer, end: number = chunk.readUInt32LE(48)): void {
  chunk.writeUInt32LE(crc32(chunk.subarray(CHUNK_HEADER_SIZE_BYTES, end)), 52)
  const header = Buffer.concat([chunk.subarray(0, 120), chunk.subarray(128, CHUNK_HEADER_SIZE_BYTES)])
  chunk.writeUInt32LE(crc32(header), 124)
}

class ChunkWriter {
  at = CHUNK_HEADER_SIZE_BYTES
  lastRecordAt = 0
  readonly #chunk: Buffer
  readonly #names = new Map<string, number>()
  readonly #templates = new Map<string, number>()

  constructor(chunk: Buffer) {
    this.#chunk = chunk
  }

  record(record: EvtxRecord): void {
    const { id, timeMs, system, data } = record
    this.lastRecordAt = this.at
    const start = this.at
    this.#u32(0x2a2a)
    this.#u32(0)
    this.#u64(BigInt(id))
    this.#u64(toFileTime(timeMs))
    this.#fragment()
    const values: EvtxValue[] = [
      { kind: 'uint16', value: system.eventId },
      { kind: 'filetime', value: toFileTime(timeMs) },
      { kind: 'uint64', value: BigInt(id) },
      { kind: 'uint32', value: 4 },
    ]
    const section = () => this.#section(record, record.isNested === true ? 0 : values.length)
    const names = JSON.stringify([record.userData, record.isNested, data.map(([name, { kind }]) => [name, kind])])
    if (record.isNested === true) {
      const nested = () => {
        this.#fragment()
        this.#instance(
          names,
          data.map(([, value]) => value),
          section,
        )
        this.#u8(0)
      }
      const substitute = () => this.#substitution(values.length, BINARY_XML)
      this.#instance(JSON.stringify(system), [...values, nested], () => this.#event(system, substitute))
    } else {
      const all = [...values, ...data.map(([, value]) => value)]
      this.#instance(`${JSON.stringify(system)}${names}`, all, () => this.#event(system, section))
    }
    this.#u8(0)
    this.at = start + 8 * Math.ceil((this.at - start + 4) / 8) - 4
    this.#u32(this.at - start + 4)
    this.#chunk.writeUInt32LE(this.at - start, start + 4)
  }

  /** A value that is a function writes itself, as binary XML. */
  #instance(key: string, values: readonly (EvtxValue | (() => void))[], body: () => void): void {
    const known = this.#templates.get(key)
    this.#u8(0x0c)
    this.#u8(1)
    const id = 0x1000 + (known === undefined ? this.#templates.size : [...this.#templates.keys()].indexOf(key))
    this.#u32(id)
    const at = known ?? this.at + 4
    this.#u32(at)
    if (known === undefined) {
      this.#templates.set(key, at)
      this.#chain(TEMPLATE_CHAINS_AT + 4 * (id & 0x1f))
      this.#u32(id)
      this.at += 12
      const sizeAt = this.at
      this.#u32(0)
      this.#fragment()
      body()
      this.#u8(0)
      this.#chunk.writeUInt32LE(this.at - sizeAt - 4, sizeAt)
    }
    this.#u32(values.length)
    const headsAt = this.at
    this.at += 4 * values.length
    for (const [index, value] of values.entries()) {
      const from = this.at
      if (typeof value === 'function') value()
      else this.#raw(valueBytes(value))
      this.#chunk.writeUInt16LE(this.at - from, headsAt + 4 * index)
      this.#chunk.writeUInt8(typeof value === 'function' ? BINARY_XML : TYPE[value.kind], headsAt + 4 * index + 2)
    }
  }

  #event(system: EvtxRecord['system'], section: () => void): void {
    this.#element('Event', [['xmlns', () => this.#text(NAMESPACE)]], () => {
      this.#element('System', [], () => {
        this.#element('Provider', [['Name', () => this.#text(system.provider)]], null)
        this.#element('EventID', [], () => this.#substitution(0, TYPE.uint16))
        this.#element('TimeCreated', [['SystemTime', () => this.#substitution(1, TYPE.filetime)]], null)
        this.#element('EventRecordID', [], () => this.#substitution(2, TYPE.uint64))
        this.#element('Execution', [['ProcessID', () => this.#substitution(3, TYPE.uint32)]], null)
        this.#element('Channel', [], () => this.#text(system.channel))
        this.#element('Computer', [], () => this.#text(system.computer))
      })
      section()
    })
  }

  #section({ data, userData }: EvtxRecord, firstValue: number): void {
    const fill = (index: number) => () => this.#substitution(firstValue + index, TYPE[data[index]?.[1].kind ?? 'null'])
    if (userData !== undefined) {
      const inner = () => data.forEach(([name], index) => this.#element(name, [], fill(index)))
      this.#element('UserData', [], () => this.#element(userData, [], inner))
      return
    }
    this.#element('EventData', [], () =>
      data.forEach(([name], index) =>
        this.#element('Data', name === '' ? [] : [['Name', () => this.#text(name)]], fill(index)),
      ),
    )
  }

  #element(
    name: string,
    attributes: readonly (readonly [name: string, value: () => void])[],
    content: (() => void) | null,
  ): void {
    this.#u8(attributes.length > 0 ? 0x41 : 0x01)
    this.#u16(0xffff)
    const sizeAt = this.at
    this.#u32(0)
    this.#name(name)
    if (attributes.length > 0) {
      const listAt = this.at
      this.#u32(0)
      for (const [index, [attribute, value]] of attributes.entries()) {
        this.#u8(index < attributes.length - 1 ? 0x46 : 0x06)
        this.#name(attribute)
        value()
      }
      this.#chunk.writeUInt32LE(this.at - listAt - 4, listAt)
    }
    if (content === null) this.#u8(0x03)
    else {
      this.#u8(0x02)
      content()
      this.#u8(0x04)
    }
    this.#chunk.writeUInt32LE(this.at - sizeAt - 4, sizeAt)
  }

  #name(name: string): void {
    const known = this.#names.get(name)
    this.#u32(known ?? this.at + 4)
    if (known !== undefined) return
    this.#names.set(name, this.at)
    let hash = 0
    for (const unit of name) hash = (Math.imul(hash, 65_599) + unit.charCodeAt(0)) >>> 0
    // Windows finds names by their hash: 64 chains.
    this.#chain(STRING_CHAINS_AT + 4 * (hash & 0x3f))
    this.#u16(hash & 0xffff)
    this.#u16(name.length)
    this.#raw(Buffer.from(`${name}\0`, 'utf16le'))
  }

  /** Puts what begins here at the head of a chain. */
  #chain(headAt: number): void {
    const next = this.#chunk.readUInt32LE(headAt)
    this.#chunk.writeUInt32LE(this.at, headAt)
    this.#u32(next)
  }

  #text(text: string): void {
    this.#u8(0x05)
    this.#u8(0x01)
    this.#u16(text.length)
    this.#raw(Buffer.from(text, 'utf16le'))
  }

  #substitution(index: number, type: number): void {
    // A template says the type that a value has when it is there; one that may be missing is optional.
    this.#u8(type === TYPE.null ? 0x0e : 0x0d)
    this.#u16(index)
    this.#u8(type === TYPE.null ? TYPE.string : type)
  }

  #fragment(): void {
    this.#raw(Buffer.from([0x0f, 1, 1, 0]))
  }

  #u8(value: number): void {
    this.at = this.#chunk.writeUInt8(value, this.at)
  }
  #u16(value: number): void {
    this.at = this.#chunk.writeUInt16LE(value, this.at)
  }
  #u32(value: number): void {
    this.at = this.#chunk.writeUInt32LE(value, this.at)
  }
  #u64(value: bigint): void {
    this.at = this.#chunk.writeBigUInt64LE(value, this.at)
  }
  #raw(bytes: Uint8Array): void {
    this.#chunk.set(bytes, this.at)
    this.at += bytes.length
  }
}

function valueBytes(one: EvtxValue): Uint8Array {
  if (one.kind === 'null') return new Uint8Array(0)
  if (one.kind === 'string') return Buffer.from(one.value, 'utf16le')
  if (one.kind === 'strings') return Buffer.from(one.value.map((text) => `${text}\0`).join(''), 'utf16le')
  if (typeof one.value === 'object') return one.value
  const bytes = Buffer.alloc(8)
  if (one.kind === 'double') return bytes.subarray(0, bytes.writeDoubleLE(one.value))
  const sizeBytes = SIZE_BYTES[one.kind]
  bytes.writeBigUInt64LE(BigInt.asUintN(64, BigInt(one.value)))
  return bytes.subarray(0, sizeBytes)
}

const SIZE_BYTES = {
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  int32: 4,
  uint32: 4,
  hex32: 4,
  boolean: 4,
  int64: 8,
  uint64: 8,
  hex64: 8,
  filetime: 8,
} as const
