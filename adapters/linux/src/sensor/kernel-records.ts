import { type ByteText, byteTextAt, ByteTextCache } from './byte-text.ts'
import { TICK_MS } from './enrich.ts'
import type { Process, Program } from './process-table.ts'
import { DIRECTORY_UNKNOWN, LIMIT, RECORD } from './record-layout.ts'

const NS_PER_MS = 1_000_000
const NS_PER_TICK = TICK_MS * NS_PER_MS
const MINOR_BITS = 20
const COMMAND_BYTES = 16
const NUL = 0
const SPACE = 0x20

/** What an exec record says of the program; `path` is as the process gave it. */
export interface Executable {
  readonly path: ByteText
  readonly commandLine: ByteText | null
  readonly name: ByteText
  readonly currentDirectory: ByteText | null
  readonly inode: number
  /** As in stat(2). */
  readonly device: number
}

/** Reads ring buffer records at `at`. The text in them is chosen by whoever started the process. */
export class RecordReader {
  readonly #bytes: Buffer
  readonly #view: DataView
  readonly #texts = new ByteTextCache()
  /** A command line while its NULs are replaced. */
  readonly #line: Buffer = Buffer.alloc(LIMIT.argumentsBytes)
  #names = '' as ByteText
  #directoryOfNames = '/' as ByteText

  constructor(data: Uint8Array) {
    this.#bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  }

  kind(at: number): number {
    return this.#u32(at + RECORD.kind)
  }

  /** Milliseconds since boot. */
  bootMs(at: number): number {
    return this.#u64(at + RECORD.bootNs) / NS_PER_MS
  }

  pid(at: number): number {
    return this.#u32(at + RECORD.tgid)
  }

  startTicks(at: number): number {
    return Math.floor(this.#u64(at + RECORD.startNs) / NS_PER_TICK)
  }

  parentPid(at: number): number {
    return this.#u32(at + RECORD.parentTgid)
  }

  parentStartTicks(at: number): number {
    return Math.floor(this.#u64(at + RECORD.parentStartNs) / NS_PER_TICK)
  }

  cgroup(at: number): number {
    return this.#u64(at + RECORD.cgroup)
  }

  /**
   * The process that the record is about, running `program`.
   *
   * @param before - what is known of it: who forked it stays its parent, also when that is gone and init took over
   */
  process(at: number, before: Process | null, program: Program, container: ByteText | null): Process {
    const forker = before !== null && before.parentStartTicks !== null ? before : null
    return {
      pid: this.pid(at),
      startTicks: this.startTicks(at),
      parentPid: forker === null ? this.parentPid(at) : forker.parentPid,
      parentStartTicks: forker === null ? this.parentStartTicks(at) : forker.parentStartTicks,
      uid: this.#u32(at + RECORD.uid),
      gid: this.#u32(at + RECORD.gid),
      cgroup: this.cgroup(at),
      container,
      program,
    }
  }

  executable(at: number): Executable {
    const pathAt = at + RECORD.text
    const argumentsAt = pathAt + this.#u32(at + RECORD.pathLength)
    const directoryAt = argumentsAt + this.#u32(at + RECORD.argumentsLength)
    return {
      path: this.#texts.at(this.#bytes, pathAt, argumentsAt - 1),
      commandLine: this.#commandLine(argumentsAt, directoryAt),
      name: this.#texts.at(this.#bytes, at + RECORD.command, this.#commandEnd(at + RECORD.command)),
      currentDirectory: this.#directory(directoryAt, this.#u32(at + RECORD.directoryLength)),
      inode: this.#u64(at + RECORD.inode),
      device: statDevice(this.#u32(at + RECORD.device)),
    }
  }

  #commandEnd(start: number): number {
    let end = start
    while (end < start + COMMAND_BYTES && this.#bytes[end] !== NUL) end++
    return end
  }

  #commandLine(start: number, end: number): ByteText | null {
    if (end === start) return null
    const bytes = this.#bytes
    const line = this.#line
    const length = bytes[end - 1] === NUL ? end - 1 - start : end - start // a cut one does not end in NUL
    for (let i = 0; i < length; i++) {
      const byte = bytes[start + i] as number
      line[i] = byte === NUL ? SPACE : byte
    }
    return byteTextAt(line, 0, length)
  }

  /** The names are innermost first, each with its NUL. Most processes start where the one before them did. */
  #directory(start: number, length: number): ByteText | null {
    if (length === DIRECTORY_UNKNOWN) return null
    const names = this.#texts.at(this.#bytes, start, start + length)
    if (names !== this.#names) {
      this.#names = names
      this.#directoryOfNames = (names.split('\0').toReversed().join('/') || '/') as ByteText
    }
    return this.#directoryOfNames
  }

  #u32(at: number): number {
    return this.#view.getUint32(at, true)
  }

  /** Exact to 2^53: in nanoseconds 104 days, and after that to within a few of them. */
  #u64(at: number): number {
    return this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true)
  }
}

/** The kernel's own device number (20 bits of minor) as stat(2) shows it. */
export function statDevice(device: number): number {
  const major = device >>> MINOR_BITS
  const minor = device & ((1 << MINOR_BITS) - 1)
  return (minor & 0xff) + major * 0x100 + (minor >>> 8) * 0x10_0000
}
