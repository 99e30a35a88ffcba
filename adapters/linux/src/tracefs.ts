import { closeSync, existsSync, readFileSync } from 'node:fs'
import process from 'node:process'
import { SYS } from './sandbox/syscall-numbers.ts'
import { trySyscall } from './syscalls.ts'
import { TRACEFS_MOUNT_POINTS } from './tracing/mount-points.ts'

/** The tracepoints of system calls that our programs attach to. */
export const SYSCALL_TRACEPOINTS = [
  'sys_exit_accept',
  'sys_exit_accept4',
  'sys_enter_bind',
  'sys_exit_bind',
  'sys_enter_sendto',
  'sys_enter_sendmsg',
  'sys_enter_sendmmsg',
  'sys_enter_ptrace',
  'sys_enter_process_vm_readv',
  'sys_enter_process_vm_writev',
  'sys_enter_memfd_create',
] as const

export type SyscallTracepoint = (typeof SYSCALL_TRACEPOINTS)[number]

/** The numbers that this boot's kernel has given them; those that it lacks are not there. */
export type TracepointIds = Readonly<Partial<Record<SyscallTracepoint, number>>>

/** Where the launcher leaves the numbers for a sensor that may not mount anything. */
export const TRACEPOINTS_VARIABLE = 'FIREBREAK_TRACEPOINTS'

const FSOPEN_CLOEXEC = 1
const FSCONFIG_CMD_CREATE = 6
const FSMOUNT_CLOEXEC = 1
const MOUNT_ATTR_RDONLY_NOSUID_NODEV_NOEXEC = 0xf

/**
 * Reads the numbers from tracefs where it is mounted; where it is not, from a read-only mount of our own that is part
 * of no folder tree and gone at once, so that nothing on the machine changes. Makes no demands: a kernel without
 * tracefs, and a process that may not read it, have none of them.
 */
export function readTracepointIds(): TracepointIds {
  const given = process.env[TRACEPOINTS_VARIABLE]
  if (given !== undefined) return parseTracepointIds(given)
  const mounted = TRACEFS_MOUNT_POINTS.find((folder) => existsSync(`${folder}/events/syscalls`))
  if (mounted !== undefined) return readIds(mounted)
  const mount = mountDetached()
  if (mount === null) return {}
  try {
    return readIds(`/proc/self/fd/${mount}`)
  } finally {
    closeSync(mount)
  }
}

/** @param text - JSON as `readTracepointIds` of another process gave it; what is no number there is left out */
export function parseTracepointIds(text: string): TracepointIds {
  const given = JSON.parse(text) as Readonly<Record<string, unknown>>
  return select((name) => given[name])
}

function readIds(folder: string): TracepointIds {
  return select((name) => {
    try {
      return Number.parseInt(readFileSync(`${folder}/events/syscalls/${name}/id`, 'latin1'), 10)
    } catch {
      return undefined // not in this kernel, or not for us
    }
  })
}

function select(idOf: (name: SyscallTracepoint) => unknown): TracepointIds {
  const ids: Partial<Record<SyscallTracepoint, number>> = {}
  for (const name of SYSCALL_TRACEPOINTS) {
    const id = idOf(name)
    if (typeof id === 'number' && Number.isSafeInteger(id) && id > 0) ids[name] = id
  }
  return ids
}

/** @see fsopen(2), fsmount(2) */
function mountDetached(): number | null {
  const context = trySyscall(SYS.fsopen, Buffer.from('tracefs\0'), FSOPEN_CLOEXEC)
  if (context < 0) return null
  const created = trySyscall(SYS.fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0)
  const mount =
    created < 0 ? created : trySyscall(SYS.fsmount, context, FSMOUNT_CLOEXEC, MOUNT_ATTR_RDONLY_NOSUID_NODEV_NOEXEC)
  closeSync(context)
  return mount < 0 ? null : mount
}
