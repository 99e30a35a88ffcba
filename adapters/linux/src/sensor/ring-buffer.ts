import { LinuxError } from '../errors.ts'
import { pageSizeBytes } from '../platform.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { syscall, trySyscall, viewMemory } from '../syscalls.ts'

const PROT_READ = 1
const PROT_WRITE = 2
const MAP_SHARED = 1
const RECORD_HEADER_SIZE_BYTES = 8
const BUSY = 0x8000_0000
const DISCARDED = 0x4000_0000
const LENGTH_MASK = 0x3fff_ffff

/** Positions are handed back to the kernel this often within a drain, so that producers find room. */
const RELEASE_EVERY_BYTES = 64 * 1024

/** The three areas of a BPF ring buffer. Positions count bytes since its creation and never wrap in practice. */
export interface RingMemory {
  /** Where the reader is: written by us, read by the kernel. */
  readonly consumer: BigUint64Array
  /** Where the writers are: written by the kernel. */
  readonly producer: BigUint64Array
  /** The records, mapped twice in a row so that none is ever split. */
  readonly data: Uint8Array
  readonly sizeBytes: number
}

/**
 * Hands every finished record to `visit`, oldest first, up to where the writers were at the start of the call; so one
 * call handles at most the ring's size. `data` and the offsets are valid during the visit only.
 *
 * @returns the number of records visited
 */
export function drainRing(
  ring: RingMemory,
  visit: (data: Uint8Array, start: number, sizeBytes: number) => void,
): number {
  const words = new Uint32Array(ring.data.buffer, ring.data.byteOffset, ring.data.length / 4)
  const end = Number(Atomics.load(ring.producer, 0))
  let position = Number(Atomics.load(ring.consumer, 0))
  let released = position
  let visited = 0
  while (position < end) {
    const at = position % ring.sizeBytes
    const header = Atomics.load(words, at / 4)
    if ((header & BUSY) !== 0) break // being written: everything behind it waits, so order is kept
    const sizeBytes = header & LENGTH_MASK
    if ((header & DISCARDED) === 0) {
      visit(ring.data, at + RECORD_HEADER_SIZE_BYTES, sizeBytes)
      visited++
    }
    position += (sizeBytes + RECORD_HEADER_SIZE_BYTES + 7) & ~7
    if (position - released >= RELEASE_EVERY_BYTES) {
      Atomics.store(ring.consumer, 0, BigInt(position))
      released = position
    }
  }
  if (position !== released) Atomics.store(ring.consumer, 0, BigInt(position))
  return visited
}

export interface MappedRing {
  readonly memory: RingMemory
  /** Nobody may touch `memory` afterwards. */
  unmap(): void
}

/**
 * Maps the ring buffer behind `fd`.
 *
 * @param sizeBytes - as the map was created: a power of two, at least a page
 * @throws LinuxError linux/sensor-unavailable
 * @see kernel/bpf/ringbuf.c and libbpf's ringbuf.c
 */
export function mapRing(fd: number, sizeBytes: number): MappedRing {
  const pageBytes = pageSizeBytes()
  const producerSizeBytes = pageBytes + 2 * sizeBytes
  const consumerAt = map(pageBytes, PROT_READ | PROT_WRITE, fd, 0)
  let producerAt: number
  try {
    producerAt = map(producerSizeBytes, PROT_READ, fd, pageBytes)
  } catch (error) {
    unmap(consumerAt, pageBytes)
    throw error
  }
  const rest = viewMemory(producerAt, producerSizeBytes)
  return {
    memory: {
      consumer: new BigUint64Array(viewMemory(consumerAt, pageBytes), 0, 1),
      producer: new BigUint64Array(rest, 0, 1),
      data: new Uint8Array(rest, pageBytes),
      sizeBytes,
    },
    unmap() {
      unmap(consumerAt, pageBytes)
      unmap(producerAt, producerSizeBytes)
    },
  }
}

function map(sizeBytes: number, protection: number, fd: number, offset: number): number {
  const address = trySyscall(SYS.mmap, 0, sizeBytes, protection, MAP_SHARED, fd, offset)
  if (address > 0) return address
  throw new LinuxError('linux/sensor-unavailable', `Cannot map the ring buffer: errno ${-address}`)
}

function unmap(address: number, sizeBytes: number): void {
  syscall('munmap', SYS.munmap, address, sizeBytes)
}
