import { type ByteText, byteTextAt } from './byte-text.ts'
import type { Connection } from './enrich.ts'
import { formatIpv4, formatIpv6 } from './ip-address.ts'
import { TRACE_EVENT_NAMES, TRACE_EVENTS, type TraceEventName } from '../tracing/trace-events.ts'
import { parseTraceFormat, type TraceFormat } from './trace-format.ts'

export type TraceRecord =
  | { readonly kind: 'exec'; readonly timeNs: number; readonly pid: number; readonly path: ByteText }
  /** Of one thread: the process ends when `pid` is its first. `groupDead` null: this kernel does not say. */
  | { readonly kind: 'exit'; readonly timeNs: number; readonly pid: number; readonly groupDead: boolean | null }
  | {
      readonly kind: 'fork'
      readonly timeNs: number
      readonly creatorThread: number
      readonly pid: number
      readonly isThread: boolean
      /** The child's parent is its creator's parent. */
      readonly isSibling: boolean
    }
  | {
      readonly kind: 'connect'
      readonly timeNs: number
      readonly thread: number
      readonly connection: Connection
    }

const CLONE_PARENT = 0x8000
const CLONE_THREAD = 0x10000
const AF_INET = 2
const IPPROTO_TCP = 6
const TCP_SYN_SENT = 2
const TCP_CLOSE = 7
/** struct trace_entry: the event's number stands first in every record. */
const COMMON_TYPE_OFFSET = 0
const LENGTH_SHIFT = 16
const OFFSET_MASK = 0xffff

/** @param read - the text of `events/NAME/format` */
export function readTraceFormats(read: (event: TraceEventName) => string): ReadonlyMap<TraceEventName, TraceFormat> {
  return new Map(TRACE_EVENT_NAMES.map((name) => [name, parseTraceFormat(read(name), TRACE_EVENTS[name])]))
}

/**
 * Reads the records of the events that we trace, by the offsets that this kernel states. What a record says was
 * chosen by the process it is about only where it is text.
 */
export class TraceRecords {
  readonly #names: ReadonlyMap<number, TraceEventName>
  readonly #formats: ReadonlyMap<TraceEventName, TraceFormat>
  /** What a record has to have at least, by event. */
  readonly #lengths: ReadonlyMap<TraceEventName, number>

  constructor(formats: ReadonlyMap<TraceEventName, TraceFormat>) {
    this.#formats = formats
    this.#names = new Map([...formats].map(([name, { id }]) => [id, name]))
    this.#lengths = new Map([...formats].map(([name, { fields }]) => [name, endOf(fields.values())]))
  }

  /** @returns null for a record that is not ours, or too short */
  read(bytes: Buffer, at: number, length: number, timeNs: number): TraceRecord | null {
    const name = length < 2 ? undefined : this.#names.get(bytes.readUInt16LE(at + COMMON_TYPE_OFFSET))
    if (name === undefined || length < (this.#lengths.get(name) ?? 0)) return null
    const i32 = (field: string): number => bytes.readInt32LE(at + this.#offset(name, field))
    switch (name) {
      case 'sched/sched_process_exec':
        return { kind: 'exec', timeNs, pid: i32('pid'), path: this.#text(bytes, at, length, name, 'filename') }
      case 'sched/sched_process_exit':
        return { kind: 'exit', timeNs, pid: i32('pid'), groupDead: this.#flag(bytes, at, name, 'group_dead') }
      case 'task/task_newtask': {
        const flags = bytes.readUInt32LE(at + this.#offset(name, 'clone_flags'))
        const [isThread, isSibling] = [(flags & CLONE_THREAD) !== 0, (flags & CLONE_PARENT) !== 0]
        return { kind: 'fork', timeNs, creatorThread: i32('common_pid'), pid: i32('pid'), isThread, isSibling }
      }
      case 'sock/inet_sock_set_state':
        return i32('oldstate') === TCP_CLOSE && i32('newstate') === TCP_SYN_SENT
          ? this.#connect(bytes, at, timeNs, i32('common_pid'))
          : null
      default:
        return null
    }
  }

  /** From closed to SYN sent: in the context of the process that connects. Ports are in the host's byte order. */
  #connect(bytes: Buffer, at: number, timeNs: number, thread: number): TraceRecord | null {
    const name = 'sock/inet_sock_set_state'
    const u16 = (field: string): number => bytes.readUInt16LE(at + this.#offset(name, field))
    if (u16('protocol') !== IPPROTO_TCP) return null
    const ipv4 = u16('family') === AF_INET
    const address = (four: string, sixteen: string): string => {
      if (ipv4) return formatIpv4(bytes, at + this.#offset(name, four))
      return formatIpv6(bytes, at + this.#offset(name, sixteen))
    }
    const connection: Connection = {
      protocol: 'tcp',
      initiated: true,
      sourceIp: address('saddr', 'saddr_v6'),
      sourcePort: u16('sport') === 0 ? null : u16('sport'),
      destinationIp: address('daddr', 'daddr_v6'),
      destinationPort: u16('dport'),
    }
    return { kind: 'connect', timeNs, thread, connection }
  }

  #offset(event: TraceEventName, field: string): number {
    return this.#formats.get(event)?.fields.get(field)?.offset ?? 0
  }

  #flag(bytes: Buffer, at: number, event: TraceEventName, name: string): boolean | null {
    const field = this.#formats.get(event)?.fields.get(name)
    return field === undefined ? null : bytes[at + field.offset] !== 0
  }

  #text(bytes: Buffer, at: number, length: number, event: TraceEventName, field: string): ByteText {
    const place = bytes.readUInt32LE(at + this.#offset(event, field))
    const start = Math.min(place & OFFSET_MASK, length)
    const end = Math.min(start + (place >>> LENGTH_SHIFT), length)
    const nul = bytes.subarray(at + start, at + end).indexOf(0)
    return byteTextAt(bytes, at + start, nul < 0 ? at + end : at + start + nul)
  }
}

function endOf(fields: Iterable<{ readonly offset: number; readonly sizeBytes: number }>): number {
  return Math.max(...[...fields].map(({ offset, sizeBytes }) => offset + sizeBytes))
}
