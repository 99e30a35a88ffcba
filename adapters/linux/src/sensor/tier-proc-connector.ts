import { closeSync, read } from 'node:fs'
import { LinuxError } from '../errors.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { available } from '../platform.ts'
import { trySyscall } from '../syscalls.ts'
import { readProcess } from './proc-files.ts'
import type { Observer } from './observer.ts'
import { type Process, UNKNOWN_PROGRAM } from './process-table.ts'
import type { Tier } from './tier.ts'

/** Room for about 20,000 announcements; each one takes 832 bytes of it. */
const RECEIVE_BUFFER_BYTES = 16 * 1024 * 1024

/** A blocked read returns after this, to see whether the sensor is to stop. */
const READ_TIMEOUT_MS = 100

/** Announcements handled before the other work of this process gets its turn. */
const ROUND_COUNT_MAX = 512

const AF_NETLINK = 16
const SOCK_DGRAM_CLOEXEC = 0x80002
const NETLINK_CONNECTOR = 11
const SOL_SOCKET = 1
const SO_RCVTIMEO = 20
const SO_RCVBUFFORCE = 33
const MSG_DONTWAIT = 0x40
const NLMSG_DONE = 3
const CN_IDX_PROC = 1
const CN_VAL_PROC = 1
const LISTEN = 1
const IGNORE = 2

/** Offsets in a datagram: nlmsghdr 16 bytes, cn_msg 20, then proc_event. */
const AT = { what: 36, data: 52, end: 76 }
const WHAT = { none: 0, fork: 1, exec: 2, exit: 0x8000_0000 }

const EAGAIN = 11
const ENOBUFS = 105

/**
 * Tier 2: the kernel announces forks, execs and exits over netlink; the rest is read from /proc, if the process still
 * lives. Needs CAP_NET_ADMIN. A process that has gone is reported by its pid and parent alone, never wrongly.
 *
 * @throws LinuxError linux/sensor-unavailable
 */
export function openProcConnectorTier(observer: Observer): Tier {
  if (!available()) throw unavailable('this is not Linux on x86-64')
  const socket = openSocket()
  try {
    observer.learnRunning()
  } catch (error) {
    closeSync(socket)
    throw error
  }
  return new ConnectorTier(observer, socket)
}

function openSocket(): number {
  const fd = trySyscall(SYS.socket, AF_NETLINK, SOCK_DGRAM_CLOEXEC, NETLINK_CONNECTOR)
  if (fd < 0) throw unavailable(`no netlink connector (errno ${-fd})`)
  try {
    const address = new DataView(new ArrayBuffer(12))
    address.setUint16(0, AF_NETLINK, true) // the port id stays 0: the kernel chooses a free one
    address.setUint32(8, CN_IDX_PROC, true)
    expect('join its group', trySyscall(SYS.bind, fd, bytesOf(address), 12))
    const room = new DataView(new ArrayBuffer(4))
    room.setInt32(0, RECEIVE_BUFFER_BYTES, true)
    expect('enlarge its buffer', trySyscall(SYS.setsockopt, fd, SOL_SOCKET, SO_RCVBUFFORCE, bytesOf(room), 4))
    const timeout = new DataView(new ArrayBuffer(16))
    timeout.setBigInt64(8, BigInt(READ_TIMEOUT_MS * 1000), true)
    expect('limit its reads', trySyscall(SYS.setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, bytesOf(timeout), 16))
    send(fd, LISTEN)
    confirmListening(fd)
    return fd
  } catch (error) {
    closeSync(fd)
    throw error
  }
}

/** The kernel answers LISTEN before send returns; in a namespace that may not listen, it stays silent. */
function confirmListening(fd: number): void {
  const datagram = Buffer.alloc(8192)
  const size = trySyscall(SYS.recvfrom, fd, datagram, datagram.length, MSG_DONTWAIT, 0, 0)
  if (size < AT.data) throw unavailable('the kernel does not announce processes to us')
}

function send(fd: number, operation: number): void {
  const message = new DataView(new ArrayBuffer(40))
  message.setUint32(0, message.byteLength, true)
  message.setUint16(4, NLMSG_DONE, true)
  message.setUint32(16, CN_IDX_PROC, true)
  message.setUint32(20, CN_VAL_PROC, true)
  message.setUint16(32, 4, true)
  message.setUint32(36, operation, true)
  expect('speak to it', trySyscall(SYS.sendto, fd, bytesOf(message), message.byteLength, 0, 0, 0))
}

class ConnectorTier implements Tier {
  readonly categories: readonly string[] = ['process_creation']
  readonly #observer: Observer
  readonly #socket: number
  readonly #datagram = Buffer.alloc(8192)
  readonly #view = new DataView(this.#datagram.buffer, this.#datagram.byteOffset, this.#datagram.length)
  #overruns = 0
  #stopping = false
  readonly #stopped: Promise<void>

  constructor(observer: Observer, socket: number) {
    this.#observer = observer
    this.#socket = socket
    this.#stopped = this.#readUntilStopped()
  }

  /** Each count is a gap of unknown length: the kernel only says that its buffer was full. */
  dropped(): number {
    return this.#overruns
  }

  async close(): Promise<void> {
    if (this.#stopping) return this.#stopped
    this.#stopping = true
    await this.#stopped
    send(this.#socket, IGNORE) // else the last announcement would never come
    this.#drain(Infinity)
    closeSync(this.#socket)
  }

  /** A pool thread waits for the next announcement, because a timer would come too late for most command lines. */
  async #readUntilStopped(): Promise<void> {
    while (!this.#stopping) {
      const size = await this.#waitForOne()
      this.#observer.startRound()
      this.#handle(size)
      this.#drain(ROUND_COUNT_MAX)
    }
  }

  #drain(countMax: number): void {
    for (let k = 0; k < countMax; k++) {
      const size = trySyscall(SYS.recvfrom, this.#socket, this.#datagram, this.#datagram.length, MSG_DONTWAIT, 0, 0)
      if (size === -EAGAIN) break
      this.#handle(size)
    }
    this.#observer.flush()
  }

  /** @returns the size, or -errno */
  #waitForOne(): Promise<number> {
    return new Promise((resolve) => {
      read(this.#socket, this.#datagram, (error, size) => resolve(error === null ? size : (error.errno ?? 0)))
    })
  }

  #handle(size: number): void {
    if (size === -ENOBUFS) return this.#recover()
    if (size < AT.end) return
    const what = this.#view.getUint32(AT.what, true)
    const pid = this.#view.getUint32(AT.data + 4, true)
    // A thread group id that differs from the pid is a thread: not a process of its own.
    if (what === WHAT.fork) this.#forked()
    else if (this.#view.getUint32(AT.data, true) !== pid) return
    else if (what === WHAT.exec) this.#executed(pid)
    else if (what === WHAT.exit) this.#observer.table.end(pid, null, this.#observer.bootMs)
  }

  #forked(): void {
    const [parentPid, childPid, childTgid] = [4, 8, 12].map((offset) => this.#view.getUint32(AT.data + offset, true))
    if (childPid === undefined || parentPid === undefined || childPid !== childTgid) return
    const parent = this.#observer.table.find(parentPid, null)
    this.#observer.table.put({ ...UNKNOWN, ...parent, ...bornNow(childPid, parentPid, parent) }, this.#observer.bootMs)
  }

  #executed(pid: number): void {
    const { table } = this.#observer
    const before = table.find(pid, null)
    const found = readProcess(pid)
    // The fork's word goes first: while a process is being reaped, /proc shows 0 as its parent.
    const parentPid = before?.parentPid ?? found?.parentPid ?? null
    const process = { ...UNKNOWN, ...found, pid, parentPid }
    table.put(process, this.#observer.bootMs)
    this.#observer.created(process, this.#observer.bootMs)
  }

  /** Announcements were lost: what runs now is read again, so that at least later parents are right. */
  #recover(): void {
    this.#overruns++
    for (const process of this.#observer.table.living()) {
      if (this.#observer.learn(process.pid) === null) {
        this.#observer.table.end(process.pid, process.startTicks, this.#observer.bootMs)
      }
    }
    this.#observer.learnRunning()
  }
}

const UNKNOWN: Omit<Process, 'pid'> = {
  startTicks: null,
  parentPid: null,
  parentStartTicks: null,
  uid: null,
  gid: null,
  cgroup: null,
  program: UNKNOWN_PROGRAM,
}

function bornNow(pid: number, parentPid: number, parent: Process | null): Partial<Process> & { readonly pid: number } {
  return { pid, startTicks: null, parentPid, parentStartTicks: parent?.startTicks ?? null }
}

function bytesOf(view: DataView): Uint8Array {
  return new Uint8Array(view.buffer)
}

function expect(what: string, result: number): void {
  if (result < 0) throw unavailable(`not permitted to ${what} (errno ${-result})`)
}

function unavailable(reason: string): LinuxError {
  return new LinuxError('linux/sensor-unavailable', `Cannot use the process connector: ${reason}`)
}
