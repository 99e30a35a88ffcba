import { closeSync, read } from 'node:fs'
import { LinuxError } from '../errors.ts'
import { available } from '../platform.ts'
import { type Announcement, AnnouncementReader } from './connector-records.ts'
import {
  bindNetlink,
  DatagramReader,
  ENOBUFS,
  netlinkSocket,
  sendNetlink,
  setReceiveBuffer,
  setReceiveTimeout,
} from './netlink.ts'

/** Room for about 40,000 announcements; each one takes 832 bytes of it. */
const RECEIVE_BUFFER_BYTES = 32 * 1024 * 1024

const DATAGRAMS_PER_READ = 64
/** An announcement has 76 bytes. */
const DATAGRAM_BYTES_MAX = 128

/** A blocked read returns after this, to see whether the sensor is to stop. */
const READ_TIMEOUT_MS = 100

const NETLINK_CONNECTOR = 11
const NLMSG_DONE = 3
const CN_IDX_PROC = 1
const CN_VAL_PROC = 1
const LISTEN = 1
const IGNORE = 2

/** The kernel's announcements of forks, execs and exits. Needs CAP_NET_ADMIN. */
export class ConnectorSocket {
  readonly #fd: number
  readonly #reader = new DatagramReader(DATAGRAMS_PER_READ, DATAGRAM_BYTES_MAX)
  readonly #announcements = new AnnouncementReader()
  /** What `wait` got, and how long it is; or -errno. */
  readonly #first = Buffer.alloc(DATAGRAM_BYTES_MAX)
  #firstSize = 0

  /** @throws LinuxError linux/sensor-unavailable */
  constructor() {
    if (!available()) throw unavailable('this is not Linux on x86-64 or arm64')
    this.#fd = netlinkSocket(NETLINK_CONNECTOR)
    if (this.#fd < 0) throw unavailable(`no netlink connector (errno ${-this.#fd})`)
    try {
      expect('join its group', bindNetlink(this.#fd, CN_IDX_PROC))
      expect('enlarge its buffer', setReceiveBuffer(this.#fd, RECEIVE_BUFFER_BYTES))
      expect('limit its reads', setReceiveTimeout(this.#fd, READ_TIMEOUT_MS))
      this.#send(LISTEN)
      // The kernel answers before send returns; in a namespace that may not listen, it stays silent.
      if (this.#reader.read(this.#fd, () => {}) <= 0) throw unavailable('the kernel does not announce processes to us')
    } catch (error) {
      closeSync(this.#fd)
      throw error
    }
  }

  /** Announcements lost so far. They are noticed when the next one of the same CPU comes. */
  get lost(): number {
    return this.#announcements.lost
  }

  /** @returns whether there may be more; `visit` gets null for each time that some were lost */
  read(visit: (announcement: Announcement | null) => void): boolean {
    const see = (data: Buffer, from: number, to: number): void => {
      const announcement = this.#announcements.read(data, from, to)
      if (announcement !== null) visit(announcement)
    }
    if (this.#firstSize === -ENOBUFS) visit(null)
    else if (this.#firstSize > 0) see(this.#first, 0, this.#firstSize)
    this.#firstSize = 0
    const count = this.#reader.read(this.#fd, see)
    if (count === -ENOBUFS) visit(null)
    return count === DATAGRAMS_PER_READ || count === -ENOBUFS
  }

  /** Resolves when `read` has something, or after a moment. A pool thread blocks meanwhile: never close while one waits. */
  wait(): Promise<void> {
    return new Promise((resolve) => {
      read(this.#fd, this.#first, (error, size) => {
        this.#firstSize = error === null ? size : (error.errno ?? 0)
        resolve()
      })
    })
  }

  /** The last announcements may be read after `silence`. */
  silence(): void {
    this.#send(IGNORE)
  }

  close(): void {
    closeSync(this.#fd)
  }

  #send(operation: number): void {
    const message = Buffer.alloc(24) // struct cn_msg, then the operation
    message.writeUInt32LE(CN_IDX_PROC, 0)
    message.writeUInt32LE(CN_VAL_PROC, 4)
    message.writeUInt16LE(4, 16)
    message.writeUInt32LE(operation, 20)
    expect('speak to it', sendNetlink(this.#fd, NLMSG_DONE, 0, 0, message))
  }
}

function expect(what: string, result: number): void {
  if (result < 0) throw unavailable(`not permitted to ${what} (errno ${-result})`)
}

function unavailable(reason: string): LinuxError {
  return new LinuxError('linux/sensor-unavailable', `Cannot use the process connector: ${reason}`)
}
