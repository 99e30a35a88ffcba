import { AF_INET, AF_INET6, type AuditArch, auditArches } from './audit-rules.ts'
import { type AuditEvent, AuditRecords } from './audit-records.ts'
import { type AuditSession, openAuditSession } from './audit-session.ts'
import type { Announcement } from './connector-records.ts'
import { ConnectorSocket } from './connector-socket.ts'
import { putBounded } from '../bounded-map.ts'
import { LinuxError } from '../errors.ts'
import { type Connection, TICK_MS, unknownProcess } from './enrich.ts'
import { formatIpv4, formatIpv6 } from './ip-address.ts'
import { DatagramReader, ENOBUFS, NETLINK_HEADER_BYTES } from './netlink.ts'
import type { Observer } from './observer.ts'
import { readStat } from './proc-files.ts'
import type { Process } from './process-table.ts'
import { rescan } from './rescan.ts'
import type { Drops, Tier } from './tier.ts'

/** Between two reads: the longest that an event waits. */
const AUDIT_INTERVAL_MS = 20

/** Every so many rounds (1 s) the kernel is asked what it lost. */
const CHECK_EVERY_ROUNDS = 50

const DATAGRAMS_PER_READ = 64
/** The kernel's longest record, with its header. */
const DATAGRAM_BYTES_MAX = 9216
/** Before the other work of this process gets its turn: 16,384 records. */
const READS_PER_ROUND_MAX = 256

/** Sockets whose protocol we know; the oldest goes first. */
const SOCKET_COUNT_MAX = 16_384

/** An event is never placed further back than this, whatever the wall clock did. */
const AGE_MS_MAX = 60_000

const SOCK_TYPE_MASK = 0xfn
const SOCK_STREAM = 1n
const SOCK_DGRAM = 2n
/** A connect that says the same again: under way already, or done. */
const REPEATED = new Set([-114, -106])

const NS_PER_MS = 1_000_000

/**
 * Tier 3: Linux audit, which reports every exec with its arguments, and connections. It does not say when processes
 * fork or end, so the table is kept by the process connector where that is permitted, and otherwise from /proc.
 *
 * @throws LinuxError linux/sensor-unavailable, having changed nothing
 */
export function openAuditTier(observer: Observer): Tier {
  const session = openAuditSession()
  let connector: ConnectorSocket | null = null
  try {
    connector = openConnector()
    observer.learnRunning()
    return new AuditTier(observer, session, connector)
  } catch (error) {
    connector?.close()
    session.close()
    throw error
  }
}

function openConnector(): ConnectorSocket | null {
  try {
    return new ConnectorSocket()
  } catch (error) {
    if (error instanceof LinuxError) return null
    throw error
  }
}

class AuditTier implements Tier {
  readonly categories: readonly string[]
  readonly #observer: Observer
  readonly #session: AuditSession
  readonly #connector: ConnectorSocket | null
  readonly #records = new AuditRecords()
  readonly #reader = new DatagramReader(DATAGRAMS_PER_READ, DATAGRAM_BYTES_MAX)
  readonly #arches: ReadonlyMap<number, AuditArch> = new Map(auditArches().map((arch) => [arch.arch, arch]))
  /** By `PID FD`. */
  readonly #sockets = new Map<string, 'tcp' | 'udp'>()
  readonly #timer: NodeJS.Timeout
  #rounds = 0
  #lost = 0
  #overruns = 0
  #closed = false

  constructor(observer: Observer, session: AuditSession, connector: ConnectorSocket | null) {
    this.categories = session.categories
    this.#observer = observer
    this.#session = session
    this.#connector = connector
    this.#timer = setInterval(() => this.#round(), AUDIT_INTERVAL_MS)
  }

  /** Records that the kernel counted as lost, buffers that were full, and events that never ended. */
  dropped(): Drops {
    return [this.#lost + this.#overruns + this.#records.lost, 0, 0]
  }

  catchUp(): void {
    this.#drain()
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    clearInterval(this.#timer)
    this.#session.silence()
    this.#connector?.silence()
    this.#drain()
    this.#lost = this.#session.check()
    this.#session.close()
    this.#connector?.close()
    return Promise.resolve()
  }

  #round(): void {
    this.#drain()
    if (++this.#rounds % CHECK_EVERY_ROUNDS === 0) this.#lost = this.#session.check()
  }

  #drain(): void {
    this.#observer.startRound()
    this.#followProcesses()
    for (let k = 0; k < READS_PER_ROUND_MAX; k++) {
      const count = this.#reader.read(this.#session.fd, (data, from, to) => this.#visit(data, from, to))
      if (count === -ENOBUFS) this.#overruns++
      else if (count < DATAGRAMS_PER_READ) break
    }
    this.#observer.flush()
  }

  #visit(data: Buffer, from: number, to: number): void {
    if (to - from < NETLINK_HEADER_BYTES) return
    const event = this.#records.read(data.readUInt16LE(from + 4), data, from + NETLINK_HEADER_BYTES, to)
    const arch = event === null ? undefined : this.#arches.get(event.arch)
    if (event === null || arch === undefined) return
    if (event.syscall === arch.execve || event.syscall === arch.execveat) this.#executed(event)
    else if (event.syscall === arch.socket) this.#opened(event)
    else if (event.syscall === arch.connect) this.#connected(event)
  }

  #executed(event: AuditEvent): void {
    if (!event.success) return
    const { table } = this.#observer
    const { pid, parentPid, uid, gid } = event
    const before = table.find(pid, null)
    const startTicks = before?.startTicks ?? readStat(pid)?.startTicks ?? null
    const parentStartTicks = before?.parentPid === parentPid ? before.parentStartTicks : null
    const { image, commandLine, name, currentDirectory } = event
    const program = { image, commandLine, name, currentDirectory, inode: null, device: null }
    const process = { ...unknownProcess(pid), startTicks, parentPid, parentStartTicks, uid, gid, program }
    const bootMs = this.#bootMsOf(event)
    table.put(process, this.#observer.bootMs)
    this.#observer.created(process, bootMs)
  }

  #opened({ success, exit, args, pid }: AuditEvent): void {
    if (!success) return
    const type = (args[1] ?? 0n) & SOCK_TYPE_MASK
    const key = `${pid} ${exit}`
    this.#sockets.delete(key)
    if (type === SOCK_STREAM) putBounded(this.#sockets, key, 'tcp', SOCKET_COUNT_MAX)
    else if (type === SOCK_DGRAM) putBounded(this.#sockets, key, 'udp', SOCKET_COUNT_MAX)
  }

  #connected(event: AuditEvent): void {
    // A socket that somebody else opened for it: almost always TCP, which is what servers pass on.
    const protocol = this.#sockets.get(`${event.pid} ${event.args[0]}`) ?? 'tcp'
    const destination = event.address === null ? null : parseAddress(event.address)
    if (destination === null || REPEATED.has(event.exit)) return
    const connection: Connection = { protocol, initiated: true, sourceIp: null, sourcePort: null, ...destination }
    this.#observer.connected(this.#processOf(event.pid), connection, this.#bootMsOf(event))
  }

  #processOf(pid: number): Process {
    return this.#observer.table.find(pid, null) ?? this.#observer.learn(pid) ?? unknownProcess(pid)
  }

  #bootMsOf({ timeMs }: AuditEvent): number {
    const ageMs = Math.min(Math.max(0, Date.now() - timeMs), AGE_MS_MAX)
    return this.#observer.bootMs - ageMs
  }

  /** Forks and ends, before the execs of the same round. */
  #followProcesses(): void {
    const sinceBootMs = this.#observer.bootMs - Number(process.hrtime.bigint()) / NS_PER_MS
    for (let k = 0; k < READS_PER_ROUND_MAX; k++) {
      const more = this.#connector?.read((announcement) => {
        if (announcement === null) rescan(this.#observer)
        else this.#follow(announcement, announcement.timeNs / NS_PER_MS + sinceBootMs)
      })
      if (more !== true) break
    }
  }

  #follow(announcement: Announcement, bootMs: number): void {
    const { table } = this.#observer
    if (announcement.kind === 'exit') table.end(announcement.pid, null, bootMs)
    if (announcement.kind !== 'fork') return
    const { pid, parentPid } = announcement
    const parent = this.#processOf(parentPid)
    const startTicks = Math.floor(bootMs / TICK_MS)
    table.put({ ...parent, pid, startTicks, parentPid, parentStartTicks: parent.startTicks }, bootMs)
  }
}

/** @param address - struct sockaddr_in or sockaddr_in6 */
function parseAddress(address: Buffer): { readonly destinationIp: string; readonly destinationPort: number } | null {
  if (address.length < 8) return null
  const family = address.readUInt16LE(0)
  const destinationPort = address.readUInt16BE(2)
  if (family === AF_INET) return { destinationIp: formatIpv4(address, 4), destinationPort }
  return family === AF_INET6 && address.length >= 24 ? { destinationIp: formatIpv6(address, 8), destinationPort } : null
}
