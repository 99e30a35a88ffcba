import { type ByteText, byteTextAt } from './byte-text.ts'
import { PTRACE } from './bpf-access-programs.ts'
import { type DnsQuestion, parseDnsQuery } from './dns-query.ts'
import type { Connection } from './enrich.ts'
import { formatIpv4, formatIpv6 } from './ip-address.ts'
import type { Observer } from './observer.ts'
import type { Process } from './process-table.ts'
import { ACCESS, DATAGRAM, KIND, LIMIT, MEMORY_FILE, TCP, VM_ACCESS } from './record-layout.ts'

const AF_INET = 2
const PROTOCOL_UDP = 17
const DOMAIN_PORT = 53
const UNSPECIFIED: ReadonlySet<string> = new Set(['0.0.0.0', '::'])

const REQUESTS: ReadonlyMap<number, string> = new Map([
  ...Object.entries(PTRACE).map(([name, request]) => [request, name] as const),
  [VM_ACCESS.processVmReadv, 'process_vm_readv'],
  [VM_ACCESS.processVmWritev, 'process_vm_writev'],
])

/** A socket's two ends. Null is what is not chosen yet: any address, any port. */
export interface SocketEnds {
  readonly protocol: 'tcp' | 'udp'
  readonly localIp: string
  readonly localPort: number | null
  readonly remoteIp: string
  readonly remotePort: number
}

/**
 * Reads the records of sockets, accesses and memory files. Addresses, names and payloads in them are chosen by the
 * process that is observed.
 */
export class NetworkRecords {
  readonly #bytes: Buffer
  readonly #view: DataView

  constructor(data: Uint8Array) {
    this.#bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength)
    this.#view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  }

  /** Reports the record at `at`, which is not one of fork, exec and exit. */
  report(observer: Observer, kind: number, at: number, process: Process, bootMs: number): void {
    switch (kind) {
      case KIND.connect:
        return observer.connected(process, outbound(this.ends(at)), bootMs)
      case KIND.accept:
        return observer.connected(process, inbound(this.ends(at)), bootMs)
      case KIND.bind: {
        const { protocol, localIp, localPort } = this.ends(at)
        return observer.bound(process, { protocol, ip: localIp, port: localPort ?? 0 }, bootMs)
      }
      case KIND.datagram:
        return this.#sent(observer, at, process, bootMs)
      case KIND.access:
        return observer.accessed(process, this.#target(at), this.#request(at), bootMs)
      case KIND.memoryFile: {
        const change = { kind: 'create', path: this.#memoryFile(at), sourcePath: null } as const
        return observer.fileChanged(process, process.pid, change, bootMs)
      }
      default:
    }
  }

  ends(at: number): SocketEnds {
    const ipv4 = this.#view.getUint16(at + TCP.family, true) === AF_INET
    const address = (four: number, sixteen: number): string =>
      ipv4 ? formatIpv4(this.#bytes, at + four) : formatIpv6(this.#bytes, at + sixteen)
    const localPort = this.#view.getUint16(at + TCP.portLocal, true)
    return {
      protocol: this.#view.getUint16(at + TCP.protocol, true) === PROTOCOL_UDP ? 'udp' : 'tcp',
      localIp: address(TCP.addressLocal, TCP.address6Local),
      localPort: localPort === 0 ? null : localPort,
      remoteIp: address(TCP.addressRemote, TCP.address6Remote),
      remotePort: this.#view.getUint16(at + TCP.portRemote, false),
    }
  }

  /** Null when the datagram holds no question that can be read. */
  question(at: number): DnsQuestion | null {
    const length = Math.min(this.#view.getUint32(at + DATAGRAM.payloadLength, true), LIMIT.payloadBytes)
    const start = at + DATAGRAM.payload
    return length === 0 ? null : parseDnsQuery(this.#bytes.subarray(start, start + length))
  }

  /** A question is reported as that; what else goes to port 53, and that nobody could read, as a connection. */
  #sent(observer: Observer, at: number, process: Process, bootMs: number): void {
    const ends = this.ends(at)
    const question = ends.remotePort === DOMAIN_PORT ? this.question(at) : null
    if (question === null) return observer.connected(process, outbound(ends), bootMs)
    observer.queried(process, { ...question, server: ends.remoteIp }, bootMs)
  }

  /** 0, which nobody has, for a caller in a pid namespace of its own: what it calls 7 is not our 7. */
  #target(at: number): number {
    const level = this.#view.getUint32(at + ACCESS.level, true)
    return level === 0 ? this.#view.getUint32(at + ACCESS.target, true) : 0
  }

  #request(at: number): string {
    const request = this.#view.getUint32(at + ACCESS.request, true)
    return REQUESTS.get(request) ?? String(request)
  }

  #memoryFile(at: number): ByteText {
    const length = Math.min(this.#view.getUint32(at + MEMORY_FILE.nameLength, true), LIMIT.memoryNameBytes)
    const start = at + MEMORY_FILE.name
    return `/memfd:${byteTextAt(this.#bytes, start, start + Math.max(length - 1, 0))}` as ByteText
  }
}

/** The one who connects, or sends, is the source. */
function outbound({ protocol, localIp, localPort, remoteIp, remotePort }: SocketEnds): Connection {
  return {
    protocol,
    initiated: true,
    sourceIp: UNSPECIFIED.has(localIp) ? null : localIp,
    sourcePort: localPort,
    destinationIp: remoteIp,
    destinationPort: remotePort,
  }
}

/** So the source of what is accepted is the far end, as in Sysmon's event 3. */
function inbound({ protocol, localIp, localPort, remoteIp, remotePort }: SocketEnds): Connection {
  return {
    protocol,
    initiated: false,
    sourceIp: remoteIp,
    sourcePort: remotePort,
    destinationIp: localIp,
    destinationPort: localPort ?? 0,
  }
}
