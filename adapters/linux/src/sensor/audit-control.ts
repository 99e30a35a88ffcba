import { closeSync } from 'node:fs'
import { LinuxError } from '../errors.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'
import { ENOBUFS, NETLINK_HEADER_BYTES, netlinkSocket, sendNetlink, setReceiveTimeout } from './netlink.ts'

/** What can be set of the kernel's audit, and the loss that it counts. */
export interface AuditStatus {
  /** 0 off, 1 on, 2 locked until the next boot. */
  readonly enabled: number
  /** What a loss does: 0 nothing, 1 a kernel message, 2 a panic. */
  readonly failure: number
  /** Of the daemon; 0 without one. */
  readonly pid: number
  readonly backlogLimit: number
  readonly lost: number
  /** In ticks: how long a task is held when the backlog is full. */
  readonly backlogWait: number
}
export type AuditChange = Partial<Omit<AuditStatus, 'lost'>>

/** Their places in struct audit_status, and their bits in its mask. */
const STATUS = {
  enabled: [4, 1],
  failure: [8, 2],
  pid: [12, 4],
  backlogLimit: [20, 0x10],
  backlogWait: [36, 0x20],
} as const
const LOST_AT = 24
const STATUS_BYTES = 44

const NETLINK_AUDIT = 9
const REQUEST_WITH_ACK = 5
const NLMSG_ERROR = 2
const NLMSG_DONE = 3
const AUDIT_GET = 1000
const AUDIT_SET = 1001
const AUDIT_ADD_RULE = 1011
const AUDIT_DEL_RULE = 1012
const AUDIT_LIST_RULES = 1013

const EINTR = 4

/** The kernel answers from a thread of its own, in microseconds on a machine that has any time left. */
const ANSWER_TIMEOUT_MS = 5000
const MESSAGE_BYTES_MAX = 16 * 1024
/** Messages that may come before an answer: as the daemon, a socket gets records too. */
const MESSAGES_BEFORE_ANSWER_MAX = 100_000

/** One netlink socket to the kernel's audit. Needs CAP_AUDIT_CONTROL, in the first pid and user namespaces. */
export class AuditControl {
  readonly #fd: number
  readonly #message = Buffer.alloc(MESSAGE_BYTES_MAX)
  #sequence = 0

  /** @throws LinuxError linux/sensor-unavailable */
  constructor() {
    this.#fd = netlinkSocket(NETLINK_AUDIT)
    if (this.#fd < 0) throw unavailable('open a socket to it', this.#fd)
    setReceiveTimeout(this.#fd, ANSWER_TIMEOUT_MS)
  }

  get fd(): number {
    return this.#fd
  }

  close(): void {
    closeSync(this.#fd)
  }

  /** @throws LinuxError linux/sensor-unavailable, here and below: what the kernel refused, and its errno */
  status(): AuditStatus {
    const answers = this.#ask('read its state', AUDIT_GET, Buffer.alloc(0), 1)
    const status = answers[0]
    if (status === undefined || status.length < STATUS_BYTES - 4) throw unavailable('read its state', 0)
    const at = (name: keyof typeof STATUS): number => status.readUInt32LE(STATUS[name][0])
    return {
      enabled: at('enabled'),
      failure: at('failure'),
      pid: at('pid'),
      backlogLimit: at('backlogLimit'),
      backlogWait: at('backlogWait'),
      lost: status.readUInt32LE(LOST_AT),
    }
  }

  set(change: AuditChange): void {
    const payload = Buffer.alloc(STATUS_BYTES)
    let mask = 0
    for (const [name, [offset, bit]] of Object.entries(STATUS)) {
      const value = change[name as keyof AuditChange]
      if (value === undefined) continue
      payload.writeUInt32LE(value, offset)
      mask |= bit
    }
    payload.writeUInt32LE(mask, 0)
    this.#ask(`set its ${Object.keys(change).join(', ')}`, AUDIT_SET, payload, 0)
  }

  addRule(rule: Buffer): void {
    this.#ask('add a rule to it', AUDIT_ADD_RULE, rule, 0)
  }

  deleteRule(rule: Buffer): void {
    this.#ask('remove a rule from it', AUDIT_DEL_RULE, rule, 0)
  }

  listRules(): readonly Buffer[] {
    return this.#ask('list its rules', AUDIT_LIST_RULES, Buffer.alloc(0), Infinity)
  }

  /** @param answersMax - Infinity: until the kernel says that it was the last */
  #ask(what: string, type: number, payload: Buffer, answersMax: number): readonly Buffer[] {
    const sequence = ++this.#sequence
    const sent = sendNetlink(this.#fd, type, REQUEST_WITH_ACK, sequence, payload)
    if (sent < 0) throw unavailable(what, sent)
    const answers: Buffer[] = []
    let acknowledged = false
    for (let k = 0; k < MESSAGES_BEFORE_ANSWER_MAX; k++) {
      const size = trySyscall(SYS.recvfrom, this.#fd, this.#message, MESSAGE_BYTES_MAX, 0, 0, 0)
      // A child ended, and the kernel does not read again where there is a timeout; or the daemon's socket lost records.
      if (size === -EINTR || size === -ENOBUFS) continue
      if (size < NETLINK_HEADER_BYTES) throw unavailable(what, Math.min(size, 0))
      const kind = this.#message.readUInt16LE(4)
      if (this.#message.readUInt32LE(8) !== sequence) continue // a record, or the answer to a question given up
      if (kind === NLMSG_ERROR) {
        const error = this.#message.readInt32LE(NETLINK_HEADER_BYTES)
        if (error < 0) throw unavailable(what, error)
        acknowledged = true
      } else if (kind === type) answers.push(Buffer.from(this.#message.subarray(NETLINK_HEADER_BYTES, size)))
      const complete = answersMax === Infinity ? kind === NLMSG_DONE : answers.length >= answersMax
      if (acknowledged && complete) return answers
    }
    throw unavailable(what, 0)
  }
}

function unavailable(what: string, result: number): LinuxError {
  const reason = result === 0 ? 'no answer' : `errno ${-result}`
  return new LinuxError('linux/sensor-unavailable', `Cannot use Linux audit: not able to ${what} (${reason})`, {
    errno: -result,
  })
}
