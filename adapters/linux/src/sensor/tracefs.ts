import { closeSync, existsSync, readFileSync } from 'node:fs'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'

const MOUNTS = ['/sys/kernel/tracing', '/sys/kernel/debug/tracing']

const FSOPEN_CLOEXEC = 1
const FSCONFIG_CMD_CREATE = 6
const FSMOUNT_CLOEXEC = 1
const MOUNT_ATTR_RDONLY_NOSUID_NODEV_NOEXEC = 0xf

/** The numbers of tracepoints, by `group/name`; null where there is none of that name. */
export interface TracepointIds {
  idOf(tracepoint: string): number | null
  close(): void
}

/**
 * Opens tracefs where it is mounted; where it is not, a read-only mount of our own that is part of no folder tree, so
 * that nothing on the machine changes. (A confined sensor may not make one: there it has to be mounted.)
 *
 * @returns null when this kernel has no tracefs or we may not read it
 */
export function openTracepointIds(): TracepointIds | null {
  const mounted = MOUNTS.find((folder) => existsSync(`${folder}/events/syscalls`))
  if (mounted !== undefined) return idsBelow(mounted, () => {})
  const mount = mountDetached()
  return mount === null ? null : idsBelow(`/proc/self/fd/${mount}`, () => closeSync(mount))
}

function idsBelow(folder: string, close: () => void): TracepointIds {
  return {
    close,
    idOf(tracepoint) {
      try {
        const id = Number(readFileSync(`${folder}/events/${tracepoint}/id`, 'utf8'))
        return Number.isSafeInteger(id) ? id : null
      } catch {
        return null // not in this kernel, or not for us
      }
    },
  }
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
