import process from 'node:process'
import { addressOf } from '../../syscalls.ts'
import { SYS } from '../syscall-numbers.ts'
import { type Attempts, raw } from './attempts.ts'

const AT_FDCWD = -100
const O_RDWR = 2
const PROT_READ_WRITE = 3
const MAP_SHARED_ANONYMOUS = 0x21
const PR = { setDeathSignal: 1, setDumpable: 4, setSeccomp: 22, setPtracer: 0x59616d61 } as const
const SIGCONT = 18
const NEW_LISTENER = 8
const F_DUPFD = 0
const F_SETOWN = 8
const TIOCSTI = 0x5412
const O_PATH_AND_ROOT = '/root/etc/passwd'

const text = (value: string): Buffer => Buffer.from(`${value}\0`)

/**
 * Escapes by system call, as machine code would make them that content has brought to run: past Node, past its permission model, on
 * whatever thread this is called from. `parent` is the process that owns this one.
 */
export function kernelAttempts(parent: number): Attempts {
  const own = process.pid
  const iovec = Buffer.alloc(16)
  iovec.writeBigUInt64LE(addressOf(iovec), 0)
  iovec.writeBigUInt64LE(16n, 8)
  const none = Buffer.alloc(8)
  const page = Buffer.alloc(4096)
  return {
    ...files(parent, page),
    ...sockets(page),
    // other processes
    fork: raw(SYS.fork),
    vfork: raw(SYS.vfork),
    'clone a process': raw(SYS.clone, 17, 0, 0, 0, 0),
    'clone into a user namespace': raw(SYS.clone, 0x10000011, 0, 0, 0, 0),
    clone3: raw(SYS.clone3, Buffer.alloc(88), 88),
    execve: raw(SYS.execve, text('/bin/true'), none, none),
    execveat: raw(SYS.execveat, AT_FDCWD, text('/bin/true'), none, none, 0),
    kill: raw(SYS.kill, parent, SIGCONT),
    'kill a group': raw(SYS.kill, 0, SIGCONT),
    tkill: raw(SYS.tkill, parent, SIGCONT),
    'signal a thread of its parent': raw(SYS.tgkill, parent, parent, SIGCONT),
    'queue a signal': raw(SYS.rt_sigqueueinfo, parent, SIGCONT, page),
    'ask for signals through a pipe': raw(SYS.fcntl, 3, F_SETOWN, parent),
    'a timer that sends signals': raw(SYS.timer_create, 0, 0, page),
    pidfd_open: raw(SYS.pidfd_open, parent, 0),
    pidfd_getfd: raw(SYS.pidfd_getfd, 3, 3, 0),
    pidfd_send_signal: raw(SYS.pidfd_send_signal, 3, SIGCONT, 0, 0),
    'ptrace its parent': raw(SYS.ptrace, 16, parent, 0, 0),
    'read its parent’s memory': raw(SYS.process_vm_readv, parent, iovec, 1, iovec, 1, 0),
    'write its parent’s memory': raw(SYS.process_vm_writev, parent, iovec, 1, iovec, 1, 0),
    process_madvise: raw(SYS.process_madvise, 3, iovec, 1, 8, 0),
    move_pages: raw(SYS.move_pages, parent, 0, 0, 0, 0, 0),
    kcmp: raw(SYS.kcmp, own, parent, 0, 0, 0),
    'limit its parent': raw(SYS.prlimit64, parent, 7, Buffer.alloc(16), 0),
    'raise its own limit': raw(SYS.prlimit64, 0, 7, Buffer.alloc(16, 0xff), 0),
    'move its parent to a CPU': raw(SYS.sched_setaffinity, parent, 8, Buffer.alloc(8, 0xff)),
    'change its priority': raw(SYS.setpriority, 0, own, 0),
    'change its scheduler': raw(SYS.sched_setscheduler, 0, 0, Buffer.alloc(4)),
    // the kernel's interfaces
    bpf: raw(SYS.bpf, 0, Buffer.alloc(128), 128),
    perf_event_open: raw(SYS.perf_event_open, Buffer.alloc(128), 0, -1, -1, 0),
    io_uring_setup: raw(SYS.io_uring_setup, 8, Buffer.alloc(120)),
    io_uring_enter: raw(SYS.io_uring_enter, 3, 1, 0, 0, 0, 0),
    io_uring_register: raw(SYS.io_uring_register, 3, 0, 0, 0),
    userfaultfd: raw(SYS.userfaultfd, 0),
    fanotify_init: raw(SYS.fanotify_init, 0, 0),
    memfd_create: raw(SYS.memfd_create, text('x'), 0),
    memfd_secret: raw(SYS.memfd_secret, 0),
    keyctl: raw(SYS.keyctl, 0, -3, 1),
    add_key: raw(SYS.add_key, text('user'), text('x'), page, 8, -3),
    init_module: raw(SYS.init_module, page, 8, text('')),
    kexec_load: raw(SYS.kexec_load, 0, 0, 0, 0),
    syslog: raw(SYS.syslog, 3, page, 4096),
    'a filter that asks a listener': raw(SYS.seccomp, 1, NEW_LISTENER, page),
    'a weaker filter': raw(SYS.prctl, PR.setSeccomp, 2, page, 0, 0),
    'another personality': raw(SYS.personality, 0x0400000),
    'another descriptor table': raw(SYS.modify_ldt, 1, page, 16),
    'the x32 ABI': raw(0x40000000 + SYS.getpid),
    'a call that nobody knew then': raw(5_000),
    // itself
    'take back the death signal': raw(SYS.prctl, PR.setDeathSignal, 0, 0, 0, 0),
    'become dumpable': raw(SYS.prctl, PR.setDumpable, 1, 0, 0, 0),
    'let others trace it': raw(SYS.prctl, PR.setPtracer, -1, 0, 0, 0),
    'take capabilities': raw(SYS.capset, Buffer.alloc(8), Buffer.alloc(24, 0xff)),
    'become root by a call': raw(SYS.setuid, 0),
    'memory that nobody counts': raw(SYS.mmap, 0, 4096, PROT_READ_WRITE, MAP_SHARED_ANONYMOUS, -1, 0),
    // namespaces and mounts
    unshare: raw(SYS.unshare, 0x10000000),
    setns: raw(SYS.setns, 0, 0),
    mount: raw(SYS.mount, text('none'), text('/tmp'), text('tmpfs'), 0, 0),
    umount: raw(SYS.umount2, text('/tmp'), 0),
    fsopen: raw(SYS.fsopen, text('tmpfs'), 0),
    open_tree: raw(SYS.open_tree, AT_FDCWD, text('/'), 1),
    move_mount: raw(SYS.move_mount, AT_FDCWD, text('/'), AT_FDCWD, text('/tmp'), 0),
    chroot: raw(SYS.chroot, text('/')),
    pivot_root: raw(SYS.pivot_root, text('/'), text('/')),
    // shared memory and queues
    'shared memory': raw(SYS.shmget, 1, 4096, 0o1666),
    semaphores: raw(SYS.semget, 1, 1, 0o1666),
    'a message queue': raw(SYS.msgget, 1, 0o1666),
    'a named queue': raw(SYS.mq_open, text('x'), 0o102, 0o666, 0),
  }
}

function files(parent: number, page: Buffer): Attempts {
  const openAt = (path: string, flags = 0) => raw(SYS.openat, AT_FDCWD, text(path), flags, 0)
  return {
    open: raw(SYS.open, text('/etc/passwd'), 0, 0),
    openat: openAt('/etc/passwd'),
    openat2: raw(SYS.openat2, AT_FDCWD, text('/etc/passwd'), Buffer.alloc(24), 24),
    creat: raw(SYS.creat, text('/tmp/planted'), 0o666),
    'open its own program': openAt('/proc/self/exe'),
    'read its own memory as a file': openAt('/proc/self/mem'),
    'write its own memory as a file': openAt('/proc/self/mem', O_RDWR),
    'write its parent’s memory as a file': openAt(`/proc/${parent}/mem`, O_RDWR),
    'reach a file by its parent’s root': openAt(`/proc/${parent}${O_PATH_AND_ROOT}`),
    'reach a file by its parent’s descriptor': openAt(`/proc/${parent}/fd/0`),
    'open its own standard error anew': openAt('/proc/self/fd/2', O_RDWR),
    'open the terminal': openAt('/dev/tty', O_RDWR),
    open_by_handle_at: raw(SYS.open_by_handle_at, AT_FDCWD, Buffer.alloc(128), 0),
    'a handle of a file': raw(SYS.name_to_handle_at, AT_FDCWD, text('/'), Buffer.alloc(128), page, 0),
    'read by position': raw(SYS.pread64, 0, page, 16, 0),
    'write by position': raw(SYS.pwrite64, 1, page, 16, 0),
    'copy between files': raw(SYS.copy_file_range, 0, 0, 1, 0, 16, 0),
    sendfile: raw(SYS.sendfile, 1, 0, 0, 16),
    splice: raw(SYS.splice, 3, 0, 4, 0, 16, 0),
    'cut a file': raw(SYS.truncate, text('/tmp/planted'), 0),
    'watch files': raw(SYS.inotify_init1, 0),
    'type into a terminal': raw(SYS.ioctl, 2, TIOCSTI, page),
    'double a descriptor': raw(SYS.dup, 4),
    'double a descriptor by fcntl': raw(SYS.fcntl, 4, F_DUPFD, 100),
    'double a descriptor over another': raw(SYS.dup3, 4, 2, 0),
    'a pipe': raw(SYS.pipe2, page, 0),
    'an event descriptor': raw(SYS.eventfd2, 0, 0),
    'an epoll descriptor': raw(SYS.epoll_create1, 0),
  }
}

function sockets(page: Buffer): Attempts {
  const loopback = Buffer.from([2, 0, 0, 9, 127, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0])
  const abstract = Buffer.from('\x01\0\0firebreak-probe', 'latin1')
  return {
    'TCP socket': raw(SYS.socket, 2, 1, 0),
    'UDP socket': raw(SYS.socket, 2, 2, 0),
    'raw socket': raw(SYS.socket, 2, 3, 1),
    'packet socket': raw(SYS.socket, 17, 3, 0),
    'netlink socket': raw(SYS.socket, 16, 3, 0),
    'virtual machine socket': raw(SYS.socket, 40, 1, 0),
    'kernel crypto socket': raw(SYS.socket, 38, 5, 0),
    'unix socket': raw(SYS.socket, 1, 1, 0),
    'socket pair': raw(SYS.socketpair, 1, 1, 0, page),
    connect: raw(SYS.connect, 3, loopback, loopback.length),
    'connect to an abstract socket': raw(SYS.connect, 3, abstract, abstract.length),
    'bind an abstract socket': raw(SYS.bind, 3, abstract, abstract.length),
    listen: raw(SYS.listen, 3, 1),
    accept: raw(SYS.accept4, 3, 0, 0, 0),
    sendto: raw(SYS.sendto, 4, page, 1, 0, loopback, loopback.length),
    'pass a descriptor on': raw(SYS.sendmsg, 4, page, 0),
    'take a descriptor': raw(SYS.recvmsg, 3, page, 0),
  }
}
