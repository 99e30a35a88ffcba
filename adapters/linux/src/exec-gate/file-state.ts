import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'

const AT_EMPTY_PATH = 0x1000
/** STATX_INO | STATX_SIZE | STATX_MTIME | STATX_CTIME */
const STATX_WANTED = 0x100 | 0x200 | 0x40 | 0x80

/** struct statx: inode and size, then change and modification time, then the device. */
const STATX_BYTES = 256
const PARTS = [
  [32, 48],
  [96, 128],
  [136, 144],
] as const
const SIZE_AT = 40

export interface FileState {
  /** Equal exactly when device, inode, size, change time and modification time are, to the nanosecond. */
  readonly key: string
  readonly sizeBytes: number
}

const statx = Buffer.alloc(STATX_BYTES)
const noPath = Buffer.alloc(1)

/** @returns null when the kernel does not say */
export function stateOfFile(fd: number): FileState | null {
  if (trySyscall(SYS.statx, fd, noPath, AT_EMPTY_PATH, STATX_WANTED, statx) < 0) return null
  const key = PARTS.map(([from, to]) => statx.toString('latin1', from, to)).join('')
  return { key, sizeBytes: Number(statx.readBigUInt64LE(SIZE_AT)) }
}
