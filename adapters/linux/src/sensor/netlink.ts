import { SYS } from '../sandbox/syscall-numbers.ts'
import { addressOf, trySyscall } from '../syscalls.ts'

/** struct nlmsghdr {length u32, type u16, flags u16, sequence u32, port u32}. */
export const NETLINK_HEADER_BYTES = 16

export const EAGAIN = 11
/** The receive buffer was full, and messages were lost. */
export const ENOBUFS = 105

const AF_NETLINK = 16
const SOCK_RAW_CLOEXEC = 0x80003
const SOL_SOCKET = 1
const SO_RCVTIMEO = 20
const SO_RCVBUFFORCE = 33
const MSG_DONTWAIT = 0x40
const ADDRESS_BYTES = 12

/** @returns the descriptor, or -errno */
export function netlinkSocket(protocol: number): number {
  return trySyscall(SYS.socket, AF_NETLINK, SOCK_RAW_CLOEXEC, protocol)
}

/** @param groups - the multicast groups to join, as bits. @returns 0 or -errno */
export function bindNetlink(fd: number, groups: number): number {
  return trySyscall(SYS.bind, fd, address(groups), ADDRESS_BYTES) // port 0: the kernel chooses a free one
}

/** Beyond what this user may have otherwise: needs CAP_NET_ADMIN. @returns 0 or -errno */
export function setReceiveBuffer(fd: number, sizeBytes: number): number {
  const room = Buffer.alloc(4)
  room.writeInt32LE(sizeBytes)
  return trySyscall(SYS.setsockopt, fd, SOL_SOCKET, SO_RCVBUFFORCE, room, room.length)
}

/** A read that blocks ends after this, with EAGAIN. @returns 0 or -errno */
export function setReceiveTimeout(fd: number, timeoutMs: number): number {
  const time = Buffer.alloc(16) // struct timeval {seconds, microseconds}
  time.writeBigInt64LE(BigInt(Math.floor(timeoutMs / 1000)), 0)
  time.writeBigInt64LE(BigInt((timeoutMs % 1000) * 1000), 8)
  return trySyscall(SYS.setsockopt, fd, SOL_SOCKET, SO_RCVTIMEO, time, time.length)
}

/** To the kernel. @returns 0 or -errno */
export function sendNetlink(fd: number, type: number, flags: number, sequence: number, payload: Uint8Array): number {
  const message = Buffer.alloc(NETLINK_HEADER_BYTES + payload.length)
  message.writeUInt32LE(message.length, 0)
  message.writeUInt16LE(type, 4)
  message.writeUInt16LE(flags, 6)
  message.writeUInt32LE(sequence, 8)
  message.set(payload, NETLINK_HEADER_BYTES)
  return Math.min(0, trySyscall(SYS.sendto, fd, message, message.length, 0, address(0), ADDRESS_BYTES))
}

function address(groups: number): Buffer {
  const bytes = Buffer.alloc(ADDRESS_BYTES)
  bytes.writeUInt16LE(AF_NETLINK, 0)
  bytes.writeUInt32LE(groups, 8)
  return bytes
}

const MESSAGE_HEADER_BYTES = 64
const VECTOR_BYTES = 16
const MESSAGE = { vector: 16, vectorCount: 24, length: 56 }

/** Receives many datagrams with one system call: reading them one by one costs more than what they are worth. */
export class DatagramReader {
  readonly #headers: Buffer
  readonly #data: Buffer
  readonly #slotBytes: number
  readonly #count: number
  /** The kernel reads addresses out of memory that nothing here refers to. */
  readonly #vectors: Buffer

  /** @param slotBytes - longer datagrams are cut */
  constructor(count: number, slotBytes: number) {
    this.#count = count
    this.#slotBytes = slotBytes
    this.#headers = Buffer.alloc(count * MESSAGE_HEADER_BYTES)
    this.#vectors = Buffer.alloc(count * VECTOR_BYTES)
    this.#data = Buffer.alloc(count * slotBytes)
    const [vectorsAt, dataAt] = [addressOf(this.#vectors), addressOf(this.#data)]
    for (let k = 0; k < count; k++) {
      this.#vectors.writeBigUInt64LE(dataAt + BigInt(k * slotBytes), k * VECTOR_BYTES)
      this.#vectors.writeBigUInt64LE(BigInt(slotBytes), k * VECTOR_BYTES + 8)
      const header = k * MESSAGE_HEADER_BYTES
      this.#headers.writeBigUInt64LE(vectorsAt + BigInt(k * VECTOR_BYTES), header + MESSAGE.vector)
      this.#headers.writeBigUInt64LE(1n, header + MESSAGE.vectorCount)
    }
  }

  /**
   * @param visit - gets the buffer, where the datagram starts and where it ends; good until the next `read`
   * @returns how many there were, or -errno
   */
  read(fd: number, visit: (data: Buffer, from: number, to: number) => void): number {
    const got = trySyscall(SYS.recvmmsg, fd, this.#headers, this.#count, MSG_DONTWAIT, 0)
    for (let k = 0; k < got; k++) {
      const length = this.#headers.readUInt32LE(k * MESSAGE_HEADER_BYTES + MESSAGE.length)
      visit(this.#data, k * this.#slotBytes, k * this.#slotBytes + Math.min(length, this.#slotBytes))
    }
    return got
  }
}
