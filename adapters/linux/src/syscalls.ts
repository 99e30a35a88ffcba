import { dlopen, getInt32, getRawPointer, toArrayBuffer } from 'node:ffi'

/**
 * The one door to the kernel: raw system calls through Node's built-in FFI. `SYS` has the numbers; `available()` of
 * platform.ts says whether this machine can be served. Nothing else in Firebreak imports node:ffi.
 */
const open = () =>
  dlopen('libc.so.6', {
    syscall: { return: 'i64', arguments: ['i64', 'i64', 'i64', 'i64', 'i64', 'i64', 'i64'] },
    __errno_location: { return: 'pointer', arguments: [] },
  }).functions

// Opened at the first call, so that this module can be imported where there is no such library.
let libc: ReturnType<typeof open> | undefined
let errnoAt = 0n

/** An argument: a number, a BigInt, or a buffer whose address is passed. Buffers are borrowed for the call only. */
export type SyscallArg = number | bigint | Uint8Array

export class SyscallError extends Error {
  readonly errno: number
  constructor(name: string, errno: number) {
    super(`${name}: errno ${errno}`)
    this.errno = errno
  }
}

/** @returns the result, or -errno: for calls whose failure is an expected answer */
export function trySyscall(number: number, ...args: readonly SyscallArg[]): number {
  if (libc === undefined) {
    libc = open()
    errnoAt = libc.__errno_location()
  }
  const [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n] = args.map(word)
  const result = Number(libc.syscall(BigInt(number), a, b, c, d, e, f))
  return result === -1 ? -getInt32(errnoAt, 0) : result
}

/** @throws SyscallError */
export function syscall(name: string, number: number, ...args: readonly SyscallArg[]): number {
  const result = trySyscall(number, ...args)
  if (result < 0) throw new SyscallError(name, -result)
  return result
}

export function addressOf(buffer: Uint8Array): bigint {
  return getRawPointer(buffer)
}

/**
 * A window on memory that the kernel mapped for us, not a copy. Never read it after munmap: that ends the process.
 *
 * @param address - as mmap returned it
 */
export function viewMemory(address: number, sizeBytes: number): ArrayBuffer {
  return toArrayBuffer(BigInt(address), sizeBytes, false)
}

function word(arg: SyscallArg): bigint {
  return typeof arg === 'object' ? addressOf(arg) : BigInt(arg)
}
