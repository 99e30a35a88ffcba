/** What the process connector announces. Times are in nanoseconds of the monotonic clock. */
export type Announcement =
  | { readonly kind: 'fork'; readonly timeNs: number; readonly parentPid: number; readonly pid: number }
  | { readonly kind: 'exec'; readonly timeNs: number; readonly pid: number }
  | { readonly kind: 'exit'; readonly timeNs: number; readonly pid: number }

/** Offsets in a datagram: nlmsghdr 16 bytes, cn_msg 20, then proc_event. */
const AT = { sequence: 24, what: 36, cpu: 40, timeNs: 44, data: 52, fork: 68, end: 60 }
const WHAT = { none: 0, fork: 1, exec: 2, exit: 0x8000_0000 }

const SEQUENCE_SPAN = 2 ** 32
/** A jump further than this is a counter that began again, not losses. */
const GAP_MAX = 2 ** 24

/** Reads announcements, and counts those that are missing: each CPU numbers its own. Pure. */
export class AnnouncementReader {
  readonly #next = new Map<number, number>()
  #lost = 0

  /** Announcements that were sent and never came. They may have been about threads. */
  get lost(): number {
    return this.#lost
  }

  /** @returns null for what is not about a process: threads, names, sessions, answers to us */
  read(data: Buffer, from: number, to: number): Announcement | null {
    if (to - from < AT.end) return null
    const what = data.readUInt32LE(from + AT.what)
    if (what === WHAT.none) return null // an answer, numbered by us
    this.#count(data.readUInt32LE(from + AT.cpu), data.readUInt32LE(from + AT.sequence))
    const timeNs = data.readUInt32LE(from + AT.timeNs + 4) * SEQUENCE_SPAN + data.readUInt32LE(from + AT.timeNs)
    const word = (k: number): number => data.readUInt32LE(from + AT.data + 4 * k)
    if (what === WHAT.fork) {
      if (to - from < AT.fork) return null
      const [parentPid, pid, process] = [word(1), word(2), word(3)]
      return pid === process ? { kind: 'fork', timeNs, parentPid, pid } : null
    }
    // A process id that differs from the thread's is a thread: not a process of its own.
    const pid = word(1)
    if (word(0) !== pid) return null
    if (what === WHAT.exec) return { kind: 'exec', timeNs, pid }
    return what === WHAT.exit ? { kind: 'exit', timeNs, pid } : null
  }

  #count(cpu: number, sequence: number): void {
    const expected = this.#next.get(cpu)
    this.#next.set(cpu, (sequence + 1) % SEQUENCE_SPAN)
    if (expected === undefined) return
    const gap = (sequence - expected + SEQUENCE_SPAN) % SEQUENCE_SPAN
    if (gap < GAP_MAX) this.#lost += gap
  }
}
