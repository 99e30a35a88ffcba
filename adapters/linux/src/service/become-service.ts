/**
 * The launcher of the service: what systemd starts, and what becomes the supervisor by `execve`, in the same process. It does for the
 * supervisor what that can't do for itself, because it has no foreign function interface: the socket by which systemd hears
 * from its main process, and limits. Nothing of the environment is handed on.
 */
import { flushCompileCache } from 'node:module'
import process from 'node:process'
import { LinuxError } from '../errors.ts'
import { ALLOCATOR_ENV } from '../sandbox/launch-spec.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { setNoNewPrivileges } from '../sandbox/seccomp.ts'
import { syscall, trySyscall } from '../syscalls.ts'

const AF_UNIX = 1
const SOCK_DGRAM = 2
/** A manager that does not read must not hold up the agent. */
const SOCK_NONBLOCK = 0o4000
const SOCK_CLOEXEC = 0o2000000
const SUN_PATH_BYTES = 108
const RLIMIT_CORE = 4
const F_SETFD = 2

/**
 * A datagram socket connected to `path`, as sd_notify(3) would open it; a name that begins with @ is an abstract one. It is one half
 * of a pair that is connected anew: a unit may forbid socket(AF_UNIX), and so D-Bus and all its like, to every process of the agent.
 *
 * @returns the file descriptor, close-on-exec
 * @throws LinuxError linux/notify-failed
 */
export function connectNotifySocket(path: string): number {
  const name = Buffer.from(path, 'utf8')
  if (name.length === 0 || name.length >= SUN_PATH_BYTES || !/^[/@]/.test(path)) {
    throw new LinuxError('linux/notify-failed', `Cannot reach the service manager: ${path} is no socket address`)
  }
  const address = Buffer.alloc(2 + name.length + (path.startsWith('@') ? 0 : 1)) // struct sockaddr_un
  address.writeUInt16LE(AF_UNIX, 0)
  name.copy(address, 2)
  if (path.startsWith('@')) address[2] = 0
  try {
    const pair = Buffer.alloc(8)
    syscall('socketpair', SYS.socketpair, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair)
    const [fd, other] = [pair.readInt32LE(0), pair.readInt32LE(4)]
    syscall('connect', SYS.connect, fd, address, address.length)
    trySyscall(SYS.close, other)
    return fd
  } catch (error) {
    throw new LinuxError('linux/notify-failed', `Cannot reach the service manager at ${path}`, {}, error)
  }
}

/**
 * Becomes `command` in this process: no core dumps, no new privileges, no environment but `env` and the allocator's, no open file but standard ones and
 * `keepFd`. Returns never.
 */
export function becomeService(
  command: readonly string[],
  env: Readonly<Record<string, string>>,
  keepFd: number | null,
): never {
  const limit = Buffer.alloc(16) // struct rlimit64 {soft 0, hard 0}
  trySyscall(SYS.prlimit64, 0, RLIMIT_CORE, limit, 0)
  setNoNewPrivileges()
  if (keepFd !== null) trySyscall(SYS.fcntl, keepFd, F_SETFD, 0)
  flushCompileCache()
  if (process.execve === undefined) throw new LinuxError('linux/spawn-failed', 'Cannot start: no process.execve')
  return process.execve(process.execPath, [process.execPath, ...command], { ...ALLOCATOR_ENV, ...env })
}
