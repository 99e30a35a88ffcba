import { closeSync, readFileSync } from 'node:fs'
import { getSystemErrorName } from 'node:util'
import { LinuxError } from '../errors.ts'
import { holdExecs, openExecGroup, openMount, passExecs } from '../fanotify/calls.ts'
import { mountsToWatch } from '../fanotify/mounts.ts'
import { available } from '../platform.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'
import { type HeldExec, readHeldExecs } from './exec-events.ts'

/** So many questions at once: each comes with a descriptor, and without a free one the kernel says no by itself. */
const READ_BYTES = 24 * 64
const POLLIN = 1
const FAN_ALLOW = 1
const FAN_DENY = 2
const CLOCK_MONOTONIC = 1
const SIGKILL = 9
const NS_PER_MS = 1_000_000
const EAGAIN = 11

export type Answer = 'allow' | 'deny'

/**
 * The kernel's questions whether a program may be executed. Every caller waits until it is answered; when this process
 * ends, by whatever cause, the kernel lets all of them go on.
 */
export class ExecGroup {
  readonly #fd: number
  readonly #events = Buffer.allocUnsafeSlow(READ_BYTES)
  readonly #pollfd = Buffer.alloc(8)
  readonly #timeout = Buffer.alloc(16)
  readonly #answer = Buffer.alloc(8)
  readonly #timerId: number
  /** struct itimerspec {interval, value}, each {seconds i64, nanoseconds i64}. */
  readonly #timer = Buffer.alloc(32)

  /**
   * @param mountPoints - of the file systems to hold execs on
   * @param passed - files that are never held: without them the agent could wait for itself
   * @throws LinuxError linux/fanotify-unavailable
   */
  constructor(mountPoints: readonly string[], passed: readonly string[]) {
    if (!available()) throw unavailable('this is not a Linux that this agent knows')
    const mounts = mountsToWatch(readFileSync('/proc/self/mountinfo', 'latin1'))
    this.#fd = openExecGroup()
    if (this.#fd < 0) throw unavailable(`fanotify_init: ${getSystemErrorName(this.#fd)}`)
    try {
      this.#timerId = createKillTimer()
      for (const path of passed) check(path, passExecs(this.#fd, path))
      for (const point of mountPoints) {
        const mount = mounts.find(({ mountPoint }) => mountPoint.toString() === point)
        const mountFd = mount === undefined ? null : openMount(mount)
        if (mountFd === null) throw unavailable(`${point} is not the mount point of a local file system`)
        const held = holdExecs(this.#fd, mountFd)
        closeSync(mountFd)
        check(point, held)
      }
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
    this.#pollfd.writeInt32LE(this.#fd, 0)
    this.#pollfd.writeInt16LE(POLLIN, 4)
  }

  /** Waits for questions, at most so long; returns at once with what is there. */
  wait(timeoutMs: number): readonly HeldExec[] {
    writeTime(this.#timeout, 0, timeoutMs)
    if (trySyscall(SYS.ppoll, this.#pollfd, 1, this.#timeout, 0, 0) <= 0) return []
    const length = trySyscall(SYS.read, this.#fd, this.#events, READ_BYTES)
    if (length === -EAGAIN || length === 0) return []
    const held = length < 0 ? null : readHeldExecs(this.#events.subarray(0, length))
    // To end is the one thing that helps those who wait and whom we don't know: the kernel lets them go on.
    if (held === null) throw unavailable(`the kernel's questions can't be read (${length})`)
    return held
  }

  /** Lets the caller go on, or fail with EPERM. */
  answer({ fd }: HeldExec, answer: Answer): void {
    this.#answer.writeInt32LE(fd, 0)
    this.#answer.writeUInt32LE(answer === 'allow' ? FAN_ALLOW : FAN_DENY, 4)
    trySyscall(SYS.write, this.#fd, this.#answer, 8)
  }

  /** After the answer, or later: the file can be read until then. */
  release({ fd }: HeldExec): void {
    trySyscall(SYS.close, fd)
  }

  /**
   * Unless this is called again within so long, the kernel ends this process, even when it is stopped: that needs nobody
   * who still runs. 0 switches it off.
   */
  endUnlessCalledWithin(timeoutMs: number): void {
    writeTime(this.#timer, 16, timeoutMs)
    trySyscall(SYS.timer_settime, this.#timerId, 0, this.#timer, 0)
  }

  close(): void {
    this.endUnlessCalledWithin(0)
    closeSync(this.#fd)
  }
}

/** A timer whose signal can be neither blocked nor ignored. */
function createKillTimer(): number {
  const event = Buffer.alloc(64) // struct sigevent {value u64, signal i32, notify i32 0 = signal}
  event.writeInt32LE(SIGKILL, 8)
  const id = Buffer.alloc(4)
  check('timer_create', trySyscall(SYS.timer_create, CLOCK_MONOTONIC, event, id))
  return id.readInt32LE()
}

/** struct timespec {seconds i64, nanoseconds i64}; for less than 50 days. */
function writeTime(bytes: Buffer, at: number, milliseconds: number): void {
  bytes.writeUInt32LE(Math.floor(milliseconds / 1000), at)
  bytes.writeUInt32LE(Math.floor((milliseconds % 1000) * NS_PER_MS), at + 8)
}

function check(what: string, result: number): void {
  if (result < 0) throw unavailable(`${what}: ${getSystemErrorName(result)}`)
}

function unavailable(why: string): LinuxError {
  return new LinuxError('linux/fanotify-unavailable', `Cannot hold program starts: ${why}`)
}
