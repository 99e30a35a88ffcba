import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { ARCHITECTURE, type Architecture, NONE, syscallNumbers } from '../sandbox/syscall-numbers.ts'
import { type ByteText, byteTextAt } from '../sensor/byte-text.ts'

/** Bytes of all arguments with their NULs; what is longer is cut, as everywhere in the sensor. */
export const HELD_ARGUMENTS_BYTES_MAX = 4095

/** Arguments at most: more would not fit, with one byte and a NUL each. */
const ARGUMENT_COUNT_MAX = 2048
const POINTER_BYTES = 8
const PAGE_BYTES = 4096

/** Where a caller of execve keeps its arguments: the address of an array of pointers that ends with a null pointer. */
export interface HeldCall {
  readonly argv: bigint
}

/**
 * @param text - of a /proc/PID/syscall: the call's number, six arguments, two registers; or `running`
 * @returns null unless this thread is in execve or execveat
 */
export function parseHeldCall(text: string, architecture: Architecture = ARCHITECTURE): HeldCall | null {
  const numbers = syscallNumbers(architecture)
  const [number, ...words] = text.trim().split(' ')
  const at = { [numbers.execve]: 1, [numbers.execveat]: 2 }[number ?? '']
  const argv = at === undefined ? undefined : words[at]
  if (Number(number) === NONE || argv === undefined || !/^0x[0-9a-f]{1,16}$/.test(argv)) return null
  return { argv: BigInt(argv) }
}

/**
 * The arguments of a process that is held in execve. Its own sibling threads could still change them: nobody else can.
 *
 * @param pid - as the kernel reported it
 * @returns each argument with its NUL, at most HELD_ARGUMENTS_BYTES_MAX bytes; null when they can't be read
 */
export function readHeldArguments(pid: number): ByteText | null {
  let memory: number | undefined
  try {
    const call = parseHeldCall(readFileSync(`/proc/${pid}/syscall`, 'latin1'))
    if (call === null) return null
    memory = openSync(`/proc/${pid}/mem`, 'r')
    return readArguments(memoryOf(memory), call.argv)
  } catch {
    return null // it has ended, or another thread of it called execve
  } finally {
    if (memory !== undefined) closeSync(memory)
  }
}

/** @returns how many bytes were read at this address; 0 when none can be */
export type ReadMemory = (address: bigint, into: Buffer) => number

/** @returns null when the array itself can't be read; an argument that can't be read ends what is returned */
export function readArguments(read: ReadMemory, argv: bigint): ByteText | null {
  const pointers = readPointers(read, argv)
  if (pointers === null) return null
  const out = Buffer.alloc(HELD_ARGUMENTS_BYTES_MAX)
  let length = 0
  const reading = new Reading(read)
  for (const pointer of pointers) {
    if (length >= out.length) break
    const copied = reading.copyText(pointer, out.subarray(length))
    if (copied === null) break
    length += copied
  }
  return byteTextAt(out, 0, length)
}

function readPointers(read: ReadMemory, argv: bigint): readonly bigint[] | null {
  const reading = new Reading(read)
  const pointers: bigint[] = []
  const slot = Buffer.allocUnsafe(POINTER_BYTES)
  for (let index = 0; index < ARGUMENT_COUNT_MAX; index++) {
    if (!reading.copy(argv + BigInt(index * POINTER_BYTES), slot)) return index === 0 ? null : pointers
    const pointer = slot.readBigUInt64LE()
    if (pointer === 0n) break
    pointers.push(pointer)
  }
  return pointers
}

/** Reads page by page: what follows a page may not be there, and texts lie side by side. */
class Reading {
  readonly #read: ReadMemory
  readonly #page = Buffer.allocUnsafe(PAGE_BYTES)
  #pageAt = -1n
  #pageLength = 0

  constructor(read: ReadMemory) {
    this.#read = read
  }

  copy(address: bigint, into: Buffer): boolean {
    let copied = 0
    while (copied < into.length) {
      const part = this.#from(address + BigInt(copied))
      if (part.length === 0) return false
      copied += part.copy(into, copied)
    }
    return true
  }

  /** Copies up to and with a NUL, or until `into` is full. @returns the bytes copied; null when they can't be read */
  copyText(address: bigint, into: Buffer): number | null {
    let copied = 0
    while (copied < into.length) {
      const part = this.#from(address + BigInt(copied))
      if (part.length === 0) return null
      const end = part.indexOf(0)
      copied += part.copy(into, copied, 0, end < 0 ? part.length : end + 1)
      if (end >= 0 && into[copied - 1] === 0) return copied
    }
    return copied
  }

  /** From this address to the end of its page. */
  #from(address: bigint): Buffer {
    const offset = Number(address % BigInt(PAGE_BYTES))
    const pageAt = address - BigInt(offset)
    if (pageAt !== this.#pageAt) {
      this.#pageLength = this.#read(pageAt, this.#page)
      this.#pageAt = pageAt
    }
    return this.#page.subarray(offset, Math.max(offset, this.#pageLength))
  }
}

function memoryOf(fd: number): ReadMemory {
  return (address, into) => {
    try {
      return readSync(fd, into, 0, into.length, address)
    } catch {
      return 0
    }
  }
}
