import type { Announcement } from './connector-records.ts'
import { ConnectorSocket } from './connector-socket.ts'
import { unknownProcess } from './enrich.ts'
import type { Observer } from './observer.ts'
import { readProcess } from './proc-files.ts'
import { rescan } from './rescan.ts'
import type { Drops, Tier } from './tier.ts'

/** Reads of 64 announcements before the other work of this process gets its turn. */
const READS_PER_ROUND_MAX = 8

/**
 * Tier 4: the kernel announces forks, execs and exits over netlink; the rest is read from /proc, if the process still
 * lives. Needs CAP_NET_ADMIN. A process that has gone is reported by its pid and parent alone, never wrongly.
 *
 * @throws LinuxError linux/sensor-unavailable
 */
export function openProcConnectorTier(observer: Observer): Tier {
  const socket = new ConnectorSocket()
  try {
    observer.learnRunning()
  } catch (error) {
    socket.close()
    throw error
  }
  return new ConnectorTier(observer, socket)
}

class ConnectorTier implements Tier {
  readonly categories: readonly string[] = ['process_creation']
  readonly #observer: Observer
  readonly #socket: ConnectorSocket
  #stopping = false
  readonly #stopped: Promise<void>

  constructor(observer: Observer, socket: ConnectorSocket) {
    this.#observer = observer
    this.#socket = socket
    this.#stopped = this.#readUntilStopped()
  }

  /** Announcements that the kernel sent and that we did not get, whatever they were about. */
  dropped(): Drops {
    return [this.#socket.lost, 0, 0]
  }

  async close(): Promise<void> {
    if (this.#stopping) return this.#stopped
    this.#stopping = true
    await this.#stopped
    this.#socket.silence() // else the last announcement would never come
    this.#read(Infinity)
    this.#socket.close()
  }

  /** A pool thread waits for the next announcement, because a timer would come too late for most command lines. */
  async #readUntilStopped(): Promise<void> {
    while (!this.#stopping) {
      await this.#socket.wait()
      this.#observer.startRound()
      this.#read(READS_PER_ROUND_MAX)
    }
  }

  #read(readsMax: number): void {
    for (let k = 0; k < readsMax; k++) {
      if (!this.#socket.read((announcement) => this.#handle(announcement))) break
    }
    this.#observer.flush()
  }

  #handle(announcement: Announcement | null): void {
    if (announcement === null) return rescan(this.#observer)
    const { pid } = announcement
    if (announcement.kind === 'fork') this.#forked(pid, announcement.parentPid)
    else if (announcement.kind === 'exec') this.#executed(pid)
    else this.#observer.table.end(pid, null, this.#observer.bootMs)
  }

  #forked(pid: number, parentPid: number): void {
    const { table, bootMs } = this.#observer
    const parent = table.find(parentPid, null)
    const born = { pid, startTicks: null, parentPid, parentStartTicks: parent?.startTicks ?? null }
    table.put({ ...unknownProcess(pid), ...parent, ...born }, bootMs)
  }

  #executed(pid: number): void {
    const { table } = this.#observer
    const before = table.find(pid, null)
    const found = readProcess(pid)
    // The fork's word goes first: while a process is being reaped, /proc shows 0 as its parent.
    const parentPid = before?.parentPid ?? found?.parentPid ?? null
    const process = { ...unknownProcess(pid), ...found, pid, parentPid }
    table.put(process, this.#observer.bootMs)
    this.#observer.created(process, this.#observer.bootMs)
  }
}
