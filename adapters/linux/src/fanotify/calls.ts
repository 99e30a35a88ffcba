import { closeSync, constants, fstatSync, openSync, readFileSync, readlinkSync } from 'node:fs'
import { SYS } from '../sandbox/syscall-numbers.ts'
import type { ByteText } from '../sensor/byte-text.ts'
import { trySyscall } from '../syscalls.ts'
import { FAN } from './fid-events.ts'
import { type FolderPath, TOO_DEEP } from './folder-paths.ts'
import type { Mount } from './mounts.ts'

// linux/fanotify.h, fcntl.h
const FAN_CLOEXEC = 0x1
const FAN_NONBLOCK = 0x2
const FAN_CLASS_CONTENT = 0x4
const FAN_REPORT_FID = 0x200
const FAN_REPORT_DIR_FID = 0x400
const FAN_REPORT_NAME = 0x800
const FAN_REPORT_TARGET_FID = 0x1000
const FAN_MARK_ADD = 0x1
const FAN_MARK_IGNORED_MASK = 0x20
const FAN_MARK_IGNORED_SURV_MODIFY = 0x40
const FAN_MARK_FILESYSTEM = 0x100
const FAN_OPEN_EXEC_PERM = 0x40000
const O_PATH = 0x200000
const O_CLOEXEC = 0x80000
const AT_FDCWD = -100
const EINVAL = 22

const DELETED = ' (deleted)'

/**
 * Opens a group that reports names and never holds anybody: its queue is bounded (fs.fanotify.max_queued_events,
 * 16,384 by default), and what does not fit is lost and said to be.
 *
 * @returns a descriptor, or -errno
 */
export function openNameGroup(): number {
  const names = FAN_CLOEXEC | FAN_NONBLOCK | FAN_REPORT_DIR_FID | FAN_REPORT_NAME
  const group = trySyscall(SYS.fanotify_init, names | FAN_REPORT_FID | FAN_REPORT_TARGET_FID, constants.O_RDONLY)
  // Before Linux 5.17 the kernel does not say which folder came or went, only where.
  return group === -EINVAL ? trySyscall(SYS.fanotify_init, names, constants.O_RDONLY) : group
}

/**
 * Asks for what happens on the file system that `mountFd` is on.
 *
 * @returns 0, or -errno
 */
export function watchNames(group: number, mountFd: number, type: string): number {
  // /dev/null and terminals are written to all the time, and lie on devtmpfs; what is created there is of interest.
  const written = type === 'devtmpfs' ? 0 : FAN.closeWrite
  const mask = FAN.create | FAN.delete | FAN.attribute | FAN.onFolder | written
  const marked = markFilesystem(group, mountFd, mask | FAN.rename)
  // Before Linux 5.17 a rename has a new name only.
  return marked === -EINVAL ? markFilesystem(group, mountFd, mask | FAN.movedTo) : marked
}

/**
 * Opens a group whose events hold their caller until they are answered, or until the group's last descriptor closes.
 *
 * @returns a descriptor, or -errno
 */
export function openExecGroup(): number {
  const flags = FAN_CLOEXEC | FAN_NONBLOCK | FAN_CLASS_CONTENT
  return trySyscall(SYS.fanotify_init, flags, constants.O_RDONLY | O_CLOEXEC)
}

/** @returns 0, or -errno */
export function holdExecs(group: number, mountFd: number): number {
  return markFilesystem(group, mountFd, FAN_OPEN_EXEC_PERM)
}

/**
 * Nobody is ever held for this file, not even after it was changed.
 *
 * @returns 0, or -errno
 */
export function passExecs(group: number, path: string): number {
  const flags = FAN_MARK_ADD | FAN_MARK_IGNORED_MASK | FAN_MARK_IGNORED_SURV_MODIFY
  return trySyscall(SYS.fanotify_mark, group, flags, FAN_OPEN_EXEC_PERM, AT_FDCWD, Buffer.from(`${path}\0`))
}

function markFilesystem(group: number, mountFd: number, mask: number): number {
  return trySyscall(SYS.fanotify_mark, group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, mask, mountFd, 0)
}

/**
 * Opens the root of a mount. Close it soon: an open descriptor keeps people from unmounting.
 *
 * @returns null when it is gone, or something else lies over it now
 */
export function openMount(mount: Mount): number | null {
  let fd: number
  try {
    // Not blocking: what is mounted there may be a pipe.
    fd = openSync(mount.mountPoint, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch {
    return null
  }
  if (mountIdOf(fd) === mount.id) return fd
  closeSync(fd)
  return null
}

function mountIdOf(fd: number): number | null {
  const match = /^mnt_id:\s*(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1'))
  return match === null ? null : Number(match[1])
}

/**
 * @param handle - a `struct file_handle`, each byte a character
 * @returns the path of a folder as it is now; null when it is gone, or outside of what is mounted
 */
export function pathOfHandle(mountFd: number, handle: string): FolderPath | null {
  const fd = trySyscall(SYS.open_by_handle_at, mountFd, Buffer.from(handle, 'latin1'), O_PATH | O_CLOEXEC)
  if (fd < 0) return null
  try {
    const path = readlinkSync(`/proc/self/fd/${fd}`, 'latin1') as ByteText
    if (!path.startsWith('/')) return null
    if (!path.endsWith(DELETED) || fstatSync(fd).nlink > 0) return path
    return path.slice(0, -DELETED.length) as ByteText
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'ENAMETOOLONG' ? TOO_DEEP : null
  } finally {
    closeSync(fd)
  }
}
