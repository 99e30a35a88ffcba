import { type ByteText, byteTextAt } from './byte-text.ts'
import { COMMAND_LINE_BYTES_MAX } from './proc-files.ts'

/** Types of audit records that are read; all others only pass by. */
export const AUDIT_RECORD = {
  syscall: 1300,
  socketAddress: 1306,
  cwd: 1307,
  execve: 1309,
  end: 1320,
} as const

/** Events that have begun and not ended; with more, the oldest is given up. */
export const AUDIT_EVENTS_MAX = 4096

/** Pieces of arguments kept of one event; the kernel allows an argument to be split into many. */
const ARGUMENTS_COUNT_MAX = 4096

/** A system call as Linux audit reports it. What was not said is null. */
export interface AuditEvent {
  /** Wall clock. */
  readonly timeMs: number
  /** AUDIT_ARCH: says what system call numbers mean. */
  readonly arch: number
  readonly syscall: number
  readonly success: boolean
  readonly exit: number
  /** The first four arguments of the call. */
  readonly args: readonly bigint[]
  readonly pid: number
  readonly parentPid: number
  readonly uid: number
  readonly gid: number
  readonly name: ByteText | null
  readonly image: ByteText | null
  readonly currentDirectory: ByteText | null
  /** Arguments joined by spaces, at most COMMAND_LINE_BYTES_MAX; null when it is no exec. */
  readonly commandLine: ByteText | null
  /** struct sockaddr, of connect. */
  readonly address: Buffer | null
}

interface Draft {
  event: Omit<AuditEvent, 'currentDirectory' | 'commandLine' | 'address'> | null
  currentDirectory: ByteText | null
  address: Buffer | null
  /** Chunks of arguments, by index. */
  readonly argv: ByteText[]
  argvBytes: number
}

const HEAD = /^audit\((\d{1,12})\.(\d{3}):(\d{1,20})\): ?/
/** A value in quotes has none within: the kernel writes text with quotes, controls or spaces in hexadecimal. */
const PAIR = /([\w[\]-]+)=(?:"([^"]*)"|(\S*))/g
const ARGUMENT = /^a(\d{1,7})(?:\[(\d{1,7})\])?$/
const HEX_TEXT = /^(?:[0-9A-F]{2})+$/

/**
 * Joins the text records of Linux audit to events. Everything in quotes or hexadecimal was chosen by a process; it can't
 * leave its quotes, for the kernel writes what would do so in hexadecimal. Pure.
 *
 * Invariant: at most AUDIT_EVENTS_MAX events wait for their end, each with at most COMMAND_LINE_BYTES_MAX of arguments.
 */
export class AuditRecords {
  readonly #drafts = new Map<string, Draft>()
  #lost = 0

  /** Events given up because their end did not come in time. */
  get lost(): number {
    return this.#lost
  }

  get size(): number {
    return this.#drafts.size
  }

  /**
   * @param type - of the netlink message
   * @returns an event with its last record, else null
   */
  read(type: number, data: Buffer, from: number, to: number): AuditEvent | null {
    if (!TYPES.has(type)) return null
    const text = byteTextAt(data, from, to)
    const head = HEAD.exec(text)
    const serial = head?.[3]
    if (head === null || serial === undefined) return null
    if (type === AUDIT_RECORD.end) return this.#finish(serial)
    const draft = this.#draft(serial)
    const body = ` ${text.slice(head[0].length)}`
    if (type === AUDIT_RECORD.execve) addArguments(draft, body)
    else {
      const fields: Fields = (name) => fieldOf(body, name)
      if (type === AUDIT_RECORD.cwd) draft.currentDirectory = textOf(fields('cwd'))
      else if (type === AUDIT_RECORD.socketAddress) draft.address = bytesOf(fields('saddr'))
      else if (type === AUDIT_RECORD.syscall) draft.event = eventOf(Number(`${head[1]}${head[2]}`), fields)
    }
    return null
  }

  #draft(serial: string): Draft {
    const known = this.#drafts.get(serial)
    if (known !== undefined) return known
    if (this.#drafts.size >= AUDIT_EVENTS_MAX) {
      const [oldest = serial] = this.#drafts.keys()
      this.#drafts.delete(oldest)
      this.#lost++
    }
    const draft: Draft = { event: null, currentDirectory: null, address: null, argv: [], argvBytes: 0 }
    this.#drafts.set(serial, draft)
    return draft
  }

  #finish(serial: string): AuditEvent | null {
    const draft = this.#drafts.get(serial)
    this.#drafts.delete(serial)
    if (draft?.event == null) return null
    const commandLine = draft.argv.length === 0 ? null : draft.argv.join(' ').slice(0, COMMAND_LINE_BYTES_MAX)
    const { currentDirectory, address } = draft
    return { ...draft.event, currentDirectory, address, commandLine: commandLine as ByteText | null }
  }
}

const TYPES: ReadonlySet<number> = new Set([
  AUDIT_RECORD.syscall,
  AUDIT_RECORD.socketAddress,
  AUDIT_RECORD.cwd,
  AUDIT_RECORD.execve,
  AUDIT_RECORD.end,
])

type Value = { readonly quoted: string } | { readonly bare: string }

type Fields = (name: string) => Value | undefined

/** @param body - starts with a space, as each field does; no text that a process chose has one that is not in hexadecimal */
function fieldOf(body: string, name: string): Value | undefined {
  const found = body.indexOf(` ${name}=`)
  if (found < 0) return undefined
  const start = found + name.length + 2
  if (body[start] === '"') {
    const end = body.indexOf('"', start + 1)
    return end < 0 ? undefined : { quoted: body.slice(start + 1, end) }
  }
  const end = body.indexOf(' ', start)
  return { bare: body.slice(start, end < 0 ? undefined : end) }
}

function* pairs(body: string): Generator<[string, Value]> {
  for (const [, name = '', quoted, bare = ''] of body.matchAll(PAIR)) {
    yield [name, quoted === undefined ? { bare } : { quoted }]
  }
}

/** `a0="x" a1=6869 a2_len=9000 a2[0]=... a2[1]="..."`: pieces come in order, perhaps over several records. */
function addArguments(draft: Draft, body: string): void {
  for (const [name, value] of pairs(body)) {
    const [, index, piece] = ARGUMENT.exec(name) ?? []
    if (index === undefined || draft.argvBytes > COMMAND_LINE_BYTES_MAX) continue
    const text = textOf(value) ?? ''
    const k = Number(index)
    if (k >= ARGUMENTS_COUNT_MAX || k > draft.argv.length || (piece === undefined && k < draft.argv.length)) continue
    draft.argv[k] = `${draft.argv[k] ?? ''}${text}` as ByteText
    draft.argvBytes += text.length + 1
  }
}

/** @returns null for `(null)`, `(none)` and what is no text */
function textOf(value: Value | undefined): ByteText | null {
  if (value === undefined) return null
  if ('quoted' in value) return value.quoted as ByteText
  if (!HEX_TEXT.test(value.bare)) return null
  const bytes = Buffer.from(value.bare, 'hex')
  return byteTextAt(bytes, 0, bytes.length)
}

function bytesOf(value: Value | undefined): Buffer | null {
  return value !== undefined && 'bare' in value && HEX_TEXT.test(value.bare) ? Buffer.from(value.bare, 'hex') : null
}

function eventOf(timeMs: number, fields: Fields): Draft['event'] {
  const number = (name: string): number => {
    const value = fields(name)
    return value !== undefined && 'bare' in value && /^-?\d{1,15}$/.test(value.bare) ? Number(value.bare) : Number.NaN
  }
  const hex = (name: string): bigint => {
    const value = fields(name)
    return value !== undefined && 'bare' in value && /^[0-9a-f]{1,16}$/.test(value.bare)
      ? BigInt(`0x${value.bare}`)
      : 0n
  }
  const success = fields('success')
  const event = {
    timeMs,
    arch: Number(hex('arch')),
    syscall: number('syscall'),
    success: success !== undefined && 'bare' in success && success.bare === 'yes',
    exit: number('exit'),
    args: ['a0', 'a1', 'a2', 'a3'].map(hex),
    pid: number('pid'),
    parentPid: number('ppid'),
    uid: number('uid'),
    gid: number('gid'),
    name: textOf(fields('comm')),
    image: textOf(fields('exe')),
  }
  const whole = [event.syscall, event.pid, event.parentPid, event.uid, event.gid].every(Number.isSafeInteger)
  return whole ? event : null
}
