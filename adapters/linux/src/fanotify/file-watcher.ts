import { closeSync, openSync, readFileSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import { LinuxError } from '../errors.ts'
import { available } from '../platform.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'
import { openMount, openNameGroup, pathOfHandle, watchNames } from './calls.ts'
import { keepFairShares, nameChanges, type SeenChange } from './changes.ts'
import { FAN, type FidEvent, readFidEvents } from './fid-events.ts'
import { FolderPaths } from './folder-paths.ts'
import { type Mount, mountsToWatch } from './mounts.ts'

/** Between two rounds. The kernel's queue of 16,384 events lasts for 160,000 a second. */
const FILE_ROUND_INTERVAL_MS = 100

/** Read in one round at most: about 11,000 events. */
export const ROUND_BYTES_MAX = 1024 * 1024

/** After so many full rounds on end more happens than we can name: who was only late has read all there was by then. */
const CROWDED_AFTER_ROUNDS = 8

/** From then on so many events of a round are named and handed on at most, until one is not full. */
export const CROWDED_ROUND_EVENTS_MAX = 4096

/** File systems watched at most: each has a queue and a descriptor of its own. */
const FILE_SYSTEMS_MAX = 64

/** Between two looks at the mounts while they change. */
const MOUNTS_INTERVAL_MS = 200

/** No event is longer: three records with the longest handle and name each. */
const EVENT_BYTES_MAX = 4096

const MOUNTINFO = '/proc/self/mountinfo'
const POLLPRI = 2

export interface FileWatcherOptions {
  /** Called once a round in which there are events, after they were read and before they are handed on. */
  onRead(): void
  /** What was seen, in order for each file system. */
  onChanges(changes: readonly SeenChange[]): void
  /** Which mounts, of those that can be watched; default all. */
  isWanted?(mount: Mount): boolean
}

export interface FileLosses {
  /** Times that the kernel's queue was full: each lost one event or more. */
  readonly overflows: number
  /** Events left out because there were too many at once, the noisiest folders' first. */
  readonly shed: number
  /** Events whose folder was gone before its name was asked for. */
  readonly unnamed: number
}

export interface UnwatchedMount {
  readonly mountPoint: string
  /** One word or errno name. */
  readonly reason: string
}

interface Filesystem {
  /** By which names are asked for: mounts come, go and move. */
  mount: Mount
  readonly group: number
  readonly paths: FolderPaths
}

/**
 * Watches the file systems of this machine through fanotify: one group and so one queue for each, so that noise on one
 * loses nothing on another. It holds nobody up, and keeps no mount busy between rounds.
 *
 * Invariants: nothing waits for a round in which it does not read; after `close` no descriptor is left.
 */
export class FileWatcher {
  readonly #options: FileWatcherOptions
  /** By device. */
  readonly #filesystems = new Map<string, Filesystem>()
  readonly #buffer = Buffer.allocUnsafeSlow(ROUND_BYTES_MAX)
  readonly #mountsFd: number
  /** Open while names are asked for, by device. */
  readonly #mountFds = new Map<string, number | null>()
  readonly #timer: NodeJS.Timeout
  #unwatched: readonly UnwatchedMount[] = []
  #mountsChanged = false
  #lookedAtMountsMs = 0
  #again: NodeJS.Immediate | null = null
  #isClosed = false
  #fullRounds = 0
  #overflows = 0
  #shed = 0
  #unnamed = 0

  /** @throws LinuxError linux/fanotify-unavailable, with nothing left open */
  constructor(options: FileWatcherOptions) {
    if (!available()) throw unavailable('this is not a Linux that this agent knows')
    this.#options = options
    this.#mountsFd = openSync(MOUNTINFO, 'r')
    this.#lookAtMounts()
    if (this.#filesystems.size === 0) {
      closeSync(this.#mountsFd)
      const reason = this.#unwatched[0]?.reason ?? 'there is no file system that could be'
      throw unavailable(reason === 'EPERM' ? 'it needs CAP_SYS_ADMIN' : reason)
    }
    this.#timer = setInterval(() => this.round(), FILE_ROUND_INTERVAL_MS)
  }

  get watched(): readonly string[] {
    return [...this.#filesystems.values()].map(({ mount }) => mount.mountPoint.toString())
  }

  get unwatched(): readonly UnwatchedMount[] {
    return this.#unwatched
  }

  losses(): FileLosses {
    return { overflows: this.#overflows, shed: this.#shed, unnamed: this.#unnamed }
  }

  /** Reads what is there, up to ROUND_BYTES_MAX, and hands it on. */
  round(): void {
    this.#followMounts()
    const { read, isFull } = this.#read()
    this.#fullRounds = isFull ? this.#fullRounds + 1 : 0
    if (read.length === 0) return
    this.#options.onRead()
    try {
      for (const [filesystem, events] of read) this.#handOn(filesystem, events)
    } finally {
      for (const fd of this.#mountFds.values()) if (fd !== null) closeSync(fd)
      this.#mountFds.clear()
    }
    if (isFull) this.#again ??= setImmediate(() => this.#roundAgain())
  }

  /** Hands on what is still to be read. May be repeated. */
  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    clearInterval(this.#timer)
    if (this.#again !== null) clearImmediate(this.#again)
    this.round()
    if (this.#again !== null) clearImmediate(this.#again)
    for (const { group } of this.#filesystems.values()) closeSync(group)
    this.#filesystems.clear()
    closeSync(this.#mountsFd)
  }

  #roundAgain(): void {
    this.#again = null
    this.round()
  }

  #read(): { readonly read: readonly (readonly [Filesystem, readonly FidEvent[]])[]; readonly isFull: boolean } {
    const read: [Filesystem, readonly FidEvent[]][] = []
    let room = ROUND_BYTES_MAX
    for (const filesystem of this.#filesystems.values()) {
      const bytes = this.#readGroup(filesystem.group, room)
      if (bytes.length === 0) continue
      room -= bytes.length
      const { events, malformed } = readFidEvents(bytes)
      if (malformed) this.#overflows++ // what could not be read is as lost as what was never there
      read.push([filesystem, events])
    }
    return { read, isFull: room < EVENT_BYTES_MAX }
  }

  /** As many whole events as fit into `room` bytes. */
  #readGroup(group: number, room: number): Buffer {
    let length = 0
    while (room - length >= EVENT_BYTES_MAX) {
      const count = trySyscall(SYS.read, group, this.#buffer.subarray(length), room - length)
      if (count <= 0) break
      length += count
    }
    return this.#buffer.subarray(0, length)
  }

  #handOn(filesystem: Filesystem, events: readonly FidEvent[]): void {
    for (const { mask } of events) if ((mask & FAN.overflow) !== 0) this.#overflows++
    const isCrowded = this.#fullRounds > CROWDED_AFTER_ROUNDS
    const kept = isCrowded ? keepFairShares(events, CROWDED_ROUND_EVENTS_MAX) : events
    this.#shed += events.length - kept.length
    const { changes, unnamed } = nameChanges(kept, filesystem.paths)
    this.#unnamed += unnamed
    if (changes.length > 0) this.#options.onChanges(changes)
  }

  #followMounts(): void {
    this.#mountsChanged ||= haveMountsChanged(this.#mountsFd)
    if (!this.#mountsChanged || performance.now() - this.#lookedAtMountsMs < MOUNTS_INTERVAL_MS) return
    this.#lookAtMounts()
  }

  /** Watches what is new, again what may have been mounted anew under the old numbers, and no longer what is gone. */
  #lookAtMounts(): void {
    this.#mountsChanged = false
    this.#lookedAtMountsMs = performance.now()
    const mounts = mountsToWatch(readFileSync(MOUNTINFO, 'latin1'))
    const isWanted = (mount: Mount) => this.#options.isWanted?.(mount) ?? true
    const wanted = new Map(mounts.filter(isWanted).map((mount) => [mount.device, mount]))
    for (const [device, filesystem] of this.#filesystems) {
      filesystem.paths.forgetPaths()
      const mount = wanted.get(device)
      if (mount === undefined) this.#unwatch(filesystem)
      else filesystem.mount = mount
    }
    this.#unwatched = [...wanted.values()].flatMap((mount) => {
      const reason = this.#watch(mount)
      return reason === null ? [] : [{ mountPoint: mount.mountPoint.toString(), reason }]
    })
  }

  /** @returns null, or why not */
  #watch(mount: Mount): string | null {
    const known = this.#filesystems.get(mount.device)
    if (known === undefined && this.#filesystems.size >= FILE_SYSTEMS_MAX) return `more than ${FILE_SYSTEMS_MAX}`
    const mountFd = openMount(mount)
    if (mountFd === null) return 'out of reach'
    const group = known?.group ?? openNameGroup()
    const marked = group < 0 ? group : watchNames(group, mountFd, mount.type)
    closeSync(mountFd)
    if (marked < 0) {
      if (known !== undefined) this.#unwatch(known)
      else if (group >= 0) closeSync(group)
      return getSystemErrorName(marked)
    }
    if (known === undefined) {
      const paths = new FolderPaths((handle) => this.#pathOf(filesystem.mount, handle))
      const filesystem: Filesystem = { mount, group, paths }
      this.#filesystems.set(mount.device, filesystem)
    }
    return null
  }

  #unwatch({ mount, group }: Filesystem): void {
    closeSync(group)
    this.#filesystems.delete(mount.device)
  }

  #pathOf(mount: Mount, handle: string) {
    let fd = this.#mountFds.get(mount.device)
    if (fd === undefined) {
      fd = openMount(mount)
      this.#mountFds.set(mount.device, fd)
    }
    return fd === null ? null : pathOfHandle(fd, handle)
  }
}

/** Whether mounts changed since this was asked last, proc_pid_mounts(5). */
function haveMountsChanged(fd: number): boolean {
  const pollfd = Buffer.alloc(8) // {fd i32, events i16, revents i16}
  pollfd.writeInt32LE(fd, 0)
  pollfd.writeInt16LE(POLLPRI, 4)
  return trySyscall(SYS.ppoll, pollfd, 1, Buffer.alloc(16), 0, 0) > 0
}

function unavailable(why: string): LinuxError {
  return new LinuxError('linux/fanotify-unavailable', `Cannot watch files: ${why}`)
}
