import type { ProfileName } from './profiles.ts'
import type { SyscallFilter, SyscallRule, Verdict } from './seccomp.ts'
import { ENOSYS, EPERM, SYS } from './syscall-numbers.ts'

const DENY: Verdict = { errno: EPERM }

const CLONE_THREAD = 0x10000
const AF_INET = 2
const AF_INET6 = 10
const AF_NETLINK = 16
const NETLINK_ROUTE = 0
const NETLINK_AUDIT = 9
const NETLINK_CONNECTOR = 11
const SOCK_TYPE_MASK = 0xf
const SOCK_STREAM = 1
const SOCK_DGRAM = 2
const IPPROTO_TCP = 6
const IPPROTO_UDP = 17
const MSG_FASTOPEN = 0x20000000
const F_GETFD = 1
const F_SETFD = 2
const F_GETFL = 3
const F_SETFL = 4
const F_DUPFD = 0
const F_DUPFD_CLOEXEC = 1030
/** Requests that libuv makes of its own pipes, sockets and terminals: TCGETS, TIOCGWINSZ, FIONREAD, FIONBIO, FIO(N)CLEX. */
const HARMLESS_IOCTLS = [0x5401, 0x5413, 0x541b, 0x5421, 0x5450, 0x5451]
/** PERF_EVENT_IOC_ENABLE and PERF_EVENT_IOC_SET_BPF: a sensor's program begins to see. */
const PERF_IOCTLS = [0x2400, 0x40042408]
const BPF_MAP_LOOKUP = 1
const PR_SET_NAME = 15
const MAP_TYPE = 0xf
const MAP_PRIVATE = 2
const PR_SET_VMA = 0x53564d41
/** O_ACCMODE | O_CREAT | O_TRUNC: all zero means that a file is opened to be read. */
const WRITING_FLAGS = 0o3 | 0o100 | 0o1000

function deny(...calls: readonly number[]): SyscallRule {
  return { calls, verdict: DENY }
}

function allow(...calls: readonly number[]): SyscallRule {
  return { calls, verdict: 'allow' }
}

/** For calls that Node or libc replace by an older one when the kernel seems not to have them. */
function absent(...calls: readonly number[]): SyscallRule {
  return { calls, verdict: { errno: ENOSYS } }
}

/** Threads are a part of Node; anything else that clone makes is a child. clone3 hides its flags behind a pointer. */
const ONLY_THREADS: readonly SyscallRule[] = [
  { calls: [SYS.clone], when: [{ argument: 0, mask: CLONE_THREAD, values: [0] }], verdict: DENY },
  absent(SYS.clone3),
]

function onlyOwnSignals(pid: number): readonly SyscallRule[] {
  return [{ calls: [SYS.tgkill], when: [{ argument: 0, values: [pid] }], verdict: 'allow' }, deny(SYS.tgkill)]
}

/**
 * Refused in every profile. io_uring has to be absent before Node starts: libuv opens a ring at loop start, and an
 * open ring could issue calls past any later filter. The calls on metadata are here because Landlock does not cover
 * them: root without capabilities still owns root's files, and could chmod them.
 */
const NEVER: readonly SyscallRule[] = [
  absent(SYS.io_uring_setup, SYS.io_uring_enter, SYS.io_uring_register),
  ...ONLY_THREADS,
  deny(SYS.fork, SYS.vfork, SYS.execveat, SYS.memfd_create), // memfd: executable beyond Landlock's sight
  deny(SYS.kill, SYS.tkill, SYS.rt_sigqueueinfo, SYS.rt_tgsigqueueinfo, SYS.pidfd_send_signal),
  deny(SYS.ptrace, SYS.process_vm_readv, SYS.process_vm_writev, SYS.kcmp, SYS.pidfd_open, SYS.pidfd_getfd),
  deny(SYS.process_madvise, SYS.process_mrelease, SYS.migrate_pages, SYS.move_pages),
  deny(SYS.setpriority, SYS.sched_setparam, SYS.sched_setscheduler, SYS.sched_setattr, SYS.ioprio_set),
  deny(SYS.sched_setaffinity, SYS.personality, SYS.modify_ldt, SYS.userfaultfd),
  deny(SYS.mount, SYS.umount2, SYS.pivot_root, SYS.chroot, SYS.open_tree, SYS.move_mount, SYS.fsopen),
  deny(SYS.fsconfig, SYS.fsmount, SYS.fspick, SYS.mount_setattr, SYS.open_tree_attr, SYS.unshare, SYS.setns),
  deny(SYS.init_module, SYS.finit_module, SYS.delete_module, SYS.kexec_load, SYS.kexec_file_load, SYS.reboot),
  deny(SYS.swapon, SYS.swapoff, SYS.syslog, SYS.add_key, SYS.request_key, SYS.keyctl),
  deny(SYS.shmget, SYS.shmat, SYS.shmctl, SYS.semget, SYS.semop, SYS.semtimedop, SYS.semctl), // also of others, by number
  deny(SYS.msgget, SYS.msgsnd, SYS.msgrcv, SYS.msgctl, SYS.mq_open, SYS.mq_unlink, SYS.socketpair),
  deny(SYS.sethostname, SYS.setdomainname, SYS.quotactl, SYS.quotactl_fd, SYS.acct, SYS.vhangup),
  deny(SYS.listen, SYS.accept, SYS.accept4),
  deny(SYS.chmod, SYS.fchmod, SYS.fchmodat, SYS.fchmodat2, SYS.chown, SYS.fchown, SYS.lchown, SYS.fchownat),
  deny(SYS.utime, SYS.utimes, SYS.futimesat, SYS.utimensat, SYS.file_setattr, SYS.mknod, SYS.mknodat),
  deny(SYS.setxattr, SYS.lsetxattr, SYS.fsetxattr, SYS.setxattrat),
  deny(SYS.removexattr, SYS.lremovexattr, SYS.fremovexattr, SYS.removexattrat),
  ...onlyCommands(SYS.fcntl, [F_DUPFD, F_GETFD, F_SETFD, F_GETFL, F_SETFL, F_DUPFD_CLOEXEC]),
  deny(SYS.flock),
]

/**
 * Of fcntl and ioctl only what is known to be needed. The rest reaches beyond its descriptor, be it open for reading only: an owner
 * on a pipe makes the kernel send signals on our behalf; a lease or a lock on a file holds up who wants to write it; ioctls type
 * into terminals, freeze file systems and change inodes.
 */
function onlyCommands(call: number, commands: readonly number[]): readonly SyscallRule[] {
  return [{ calls: [call], when: [{ argument: 1, values: commands }], verdict: 'allow' }, deny(call)]
}

const NO_KERNEL_INTERFACES = deny(SYS.bpf, SYS.perf_event_open, SYS.open_by_handle_at, SYS.fanotify_init)

const NO_NETWORK = deny(SYS.socket, SYS.connect, SYS.bind)

/**
 * Landlock judges TCP by port, and nothing else: MPTCP, SCTP and unix sockets (a container engine's, say) would go
 * past it, and so would a connection that the first sendto opens (TCP fast open).
 */
const ONLY_TCP_AND_UDP: readonly SyscallRule[] = [
  {
    calls: [SYS.socket],
    when: [
      { argument: 0, values: [AF_INET, AF_INET6] },
      { argument: 1, mask: SOCK_TYPE_MASK, values: [SOCK_STREAM, SOCK_DGRAM] },
      { argument: 2, values: [0, IPPROTO_TCP, IPPROTO_UDP] },
    ],
    verdict: 'allow',
  },
  // getaddrinfo asks the kernel which address families are configured.
  ...onlyNetlink([NETLINK_ROUTE]),
  ...[SYS.sendto, SYS.sendmmsg].map((call): SyscallRule => refuseFastOpen(call, 3)),
  refuseFastOpen(SYS.sendmsg, 2),
]

/** By protocol: a process that may administrate the network would have the firewall, routes and devices by others. */
function onlyNetlink(protocols: readonly number[]): readonly SyscallRule[] {
  const when = [
    { argument: 0, values: [AF_NETLINK] },
    { argument: 2, values: protocols },
  ] as const
  return [{ calls: [SYS.socket], when, verdict: 'allow' }, deny(SYS.socket)]
}

function refuseFastOpen(call: number, argument: 2 | 3): SyscallRule {
  return { calls: [call], when: [{ argument, mask: MSG_FASTOPEN, values: [MSG_FASTOPEN] }], verdict: DENY }
}

/** For a process that Landlock cannot hold: files open for reading only, and folders stay as they are. */
const NO_FILE_WRITES: readonly SyscallRule[] = [
  { calls: [SYS.open], when: [{ argument: 1, mask: WRITING_FLAGS, values: [0] }], verdict: 'allow' },
  { calls: [SYS.openat], when: [{ argument: 2, mask: WRITING_FLAGS, values: [0] }], verdict: 'allow' },
  absent(SYS.openat2),
  deny(SYS.open, SYS.openat, SYS.creat, SYS.truncate, SYS.mkdir, SYS.mkdirat, SYS.rmdir),
  deny(SYS.rename, SYS.renameat, SYS.renameat2, SYS.link, SYS.linkat, SYS.unlink, SYS.unlinkat),
  deny(SYS.symlink, SYS.symlinkat),
]

/** Event classes of fanotify whose events hold their caller. */
const FAN_CLASSES_THAT_HOLD = 0xc

/** The files that events come with, and those behind handles, are opened to be read: both go past openat. */
const HANDLES_FOR_READING: readonly SyscallRule[] = [
  { calls: [SYS.open_by_handle_at], when: [{ argument: 2, mask: WRITING_FLAGS, values: [0] }], verdict: 'allow' },
  deny(SYS.open_by_handle_at),
]

/** Whatever becomes of the sensor, no call of another process waits for it: it can't ask for events that hold. */
const ONLY_NOTIFICATIONS: readonly SyscallRule[] = [
  {
    calls: [SYS.fanotify_init],
    when: [
      { argument: 0, mask: FAN_CLASSES_THAT_HOLD, values: [0] },
      { argument: 1, mask: WRITING_FLAGS, values: [0] },
    ],
    verdict: 'allow',
  },
  deny(SYS.fanotify_init),
]

const GATE: readonly SyscallRule[] = [
  { calls: [SYS.fanotify_init], when: [{ argument: 1, mask: WRITING_FLAGS, values: [0] }], verdict: 'allow' },
  deny(SYS.fanotify_init),
  deny(SYS.bpf, SYS.perf_event_open, SYS.open_by_handle_at),
]

export interface LaunchFilterOptions {
  readonly profile: ProfileName
  /** Of the process to confine: it may signal itself, as abort() does. */
  readonly pid: number
}

/** Stage 1: what is refused from before the real Node starts. */
export function launchFilter({ profile, pid }: LaunchFilterOptions): SyscallFilter {
  const ofProfile: Readonly<Record<ProfileName, readonly SyscallRule[]>> = {
    engine: [NO_NETWORK, NO_KERNEL_INTERFACES],
    sensor: [
      ...onlyNetlink([NETLINK_AUDIT, NETLINK_CONNECTOR]),
      ...NO_FILE_WRITES,
      ...HANDLES_FOR_READING,
      ...ONLY_NOTIFICATIONS,
    ],
    'exec-gate': [NO_NETWORK, ...NO_FILE_WRITES, ...GATE],
    input: [NO_NETWORK, NO_KERNEL_INTERFACES, ...NO_FILE_WRITES],
    fetcher: [...ONLY_TCP_AND_UDP, NO_KERNEL_INTERFACES],
  }
  // Limits of other processes of the same user would be within reach.
  const ownLimits: readonly SyscallRule[] = [
    { calls: [SYS.prlimit64], when: [{ argument: 0, values: [0, pid] }], verdict: 'allow' },
    deny(SYS.prlimit64),
  ]
  const ioctls = onlyCommands(SYS.ioctl, [...HARMLESS_IOCTLS, ...(profile === 'sensor' ? PERF_IOCTLS : [])])
  const rules = [...NEVER, ...onlyOwnSignals(pid), ...ownLimits, ...ioctls, ...ofProfile[profile]]
  return { rules, otherwise: 'allow' }
}

/**
 * Stage 2 of the engine: all that V8's memory, threads and timers, and libuv on two open pipes, ever ask for. There
 * is no way to open anything: content arrives through a pipe.
 */
export function engineFilter(pid: number): SyscallFilter {
  return {
    rules: [
      allow(SYS.read, SYS.write, SYS.readv, SYS.writev, SYS.close, SYS.shutdown, SYS.fstat),
      allow(SYS.poll, SYS.ppoll), // arm64 has only the second
      // Private memory only: RLIMIT_DATA does not count what is shared.
      { calls: [SYS.mmap], when: [{ argument: 3, mask: MAP_TYPE, values: [MAP_PRIVATE] }], verdict: 'allow' },
      allow(SYS.mprotect, SYS.munmap, SYS.mremap, SYS.madvise, SYS.brk, SYS.membarrier),
      allow(SYS.pkey_mprotect, SYS.pkey_alloc, SYS.pkey_free),
      allow(SYS.rt_sigaction, SYS.rt_sigprocmask, SYS.rt_sigreturn, SYS.sigaltstack, SYS.restart_syscall),
      allow(SYS.futex, SYS.set_robust_list, SYS.rseq, SYS.exit, SYS.exit_group, SYS.sched_yield),
      allow(SYS.sched_getaffinity, SYS.sched_getparam, SYS.sched_getscheduler),
      allow(SYS.nanosleep, SYS.clock_nanosleep, SYS.clock_gettime, SYS.clock_getres, SYS.gettimeofday),
      allow(SYS.epoll_wait, SYS.epoll_pwait, SYS.epoll_pwait2, SYS.epoll_ctl, SYS.getrandom),
      allow(SYS.getpid, SYS.gettid, SYS.getppid, SYS.getuid, SYS.geteuid, SYS.getgid, SYS.getegid),
      allow(SYS.getrusage, SYS.sysinfo, SYS.uname),
      { calls: [SYS.clone], when: [{ argument: 0, mask: CLONE_THREAD, values: [CLONE_THREAD] }], verdict: 'allow' },
      absent(SYS.clone3),
      ...onlyOwnSignals(pid),
      // Not the options that would take back the death signal or make the process readable for others.
      { calls: [SYS.prctl], when: [{ argument: 0, values: [PR_SET_NAME, PR_SET_VMA] }], verdict: 'allow' },
      {
        calls: [SYS.fcntl],
        when: [{ argument: 1, values: [F_GETFD, F_SETFD, F_GETFL, F_SETFL] }],
        verdict: 'allow',
      },
    ],
    otherwise: DENY,
    newestKnownCall: SYS.file_setattr,
  }
}

/** Stage 2 of the sensor, whose programs see by now. Of bpf(2) it keeps the look into a map. */
export function sealFilter(): SyscallFilter {
  return {
    rules: [
      { calls: [SYS.bpf], when: [{ argument: 0, values: [BPF_MAP_LOOKUP] }], verdict: 'allow' },
      deny(SYS.bpf, SYS.perf_event_open),
      ...onlyCommands(SYS.ioctl, HARMLESS_IOCTLS),
    ],
    otherwise: 'allow',
  }
}
