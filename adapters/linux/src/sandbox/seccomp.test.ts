import assert from 'node:assert/strict'
import { test } from 'node:test'
import { engineFilter, launchFilter, sealFilter } from './filters.ts'
import { compileFilter, FILTER_INSTRUCTIONS_MAX, type SyscallFilter } from './seccomp.ts'
import { SYS } from './syscall-numbers.ts'

const X86_64 = 0xc000003e
const I386 = 0x40000003
const PID = 4711

/** Classic BPF as the kernel runs it, written independently of the compiler: answers 'allow', 'kill' or an errno. */
function run(program: Buffer, call: number, args: readonly number[], architecture = X86_64): string | number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call, 0)
  data.writeUInt32LE(architecture, 4)
  args.forEach((value, index) => data.writeUInt32LE(value >>> 0, 16 + 8 * index))
  let accumulator = 0
  for (let at = 0; ; at += 8) {
    const [code, jt, jf, k] = [
      program.readUInt16LE(at),
      program[at + 2] ?? 0,
      program[at + 3] ?? 0,
      program.readUInt32LE(at + 4),
    ]
    if (code === 0x20) accumulator = data.readUInt32LE(k)
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0
    else if (code === 0x15) at += 8 * (accumulator === k ? jt : jf)
    else if (code === 0x35) at += 8 * (accumulator >= k ? jt : jf)
    else if (code === 0x06) return k === 0x7fff0000 ? 'allow' : k === 0x80000000 ? 'kill' : k & 0xffff
    else assert.fail(`opcode ${code}`)
  }
}

interface Row {
  readonly name: string
  readonly call: number
  readonly args?: readonly number[]
  readonly architecture?: number
  readonly verdict: string | number
}

function table(title: string, filter: SyscallFilter, rows: readonly Row[]): void {
  test(title, async (context) => {
    const program = compileFilter(filter)
    assert.ok(program.length / 8 <= FILTER_INSTRUCTIONS_MAX)
    for (const { name, call, args = [], architecture, verdict } of rows) {
      await context.test(name, () => assert.equal(run(program, call, args, architecture), verdict))
    }
  })
}

const ANY_PROFILE: readonly Row[] = [
  { name: 'a call of another architecture ends the process', call: SYS.read, architecture: I386, verdict: 'kill' },
  { name: 'the x32 twin of an allowed call', call: 0x40000000, verdict: 1 },
  { name: 'a thread', call: SYS.clone, args: [0x3d0f00], verdict: 'allow' },
  { name: 'a child', call: SYS.clone, args: [17], verdict: 1 },
  { name: 'a child in a new user namespace', call: SYS.clone, args: [0x10000011], verdict: 1 },
  { name: 'clone3', call: SYS.clone3, verdict: 38 },
  { name: 'abort', call: SYS.tgkill, args: [PID, PID, 6], verdict: 'allow' },
  { name: 'a signal to another process', call: SYS.tgkill, args: [1, 1, 9], verdict: 1 },
  { name: 'kill', call: SYS.kill, args: [PID, 9], verdict: 1 },
  { name: 'fork', call: SYS.fork, verdict: 1 },
  { name: 'a pipe that sends signals', call: SYS.fcntl, args: [3, 8, 1], verdict: 1 },
  { name: 'a non-blocking pipe', call: SYS.fcntl, args: [3, 4, 0x800], verdict: 'allow' },
  { name: 'limits of another process', call: SYS.prlimit64, args: [1, 7], verdict: 1 },
  { name: 'a lease, which holds up who writes the file', call: SYS.fcntl, args: [3, 1024, 0], verdict: 1 },
  { name: 'a lock by fcntl', call: SYS.fcntl, args: [3, 6], verdict: 1 },
  { name: 'a lock', call: SYS.flock, args: [3, 2], verdict: 1 },
  { name: 'typing into a terminal', call: SYS.ioctl, args: [0, 0x5412], verdict: 1 },
  { name: 'freezing a file system', call: SYS.ioctl, args: [3, 0xc0045877], verdict: 1 },
  { name: 'removing shared memory', call: SYS.shmctl, args: [1, 0], verdict: 1 },
]

table('engine, stage 1', launchFilter({ profile: 'engine', pid: PID }), [
  ...ANY_PROFILE,
  { name: 'io_uring looks absent', call: SYS.io_uring_setup, verdict: 38 },
  { name: 'open, for module loading', call: SYS.openat, verdict: 'allow' },
  { name: 'own limits', call: SYS.prlimit64, args: [0, 7], verdict: 'allow' },
  { name: 'socket', call: SYS.socket, args: [2, 1, 0], verdict: 1 },
  { name: 'bpf', call: SYS.bpf, verdict: 1 },
])

table('engine, stage 2', engineFilter(PID), [
  ...ANY_PROFILE,
  { name: 'read', call: SYS.read, verdict: 'allow' },
  { name: 'openat', call: SYS.openat, verdict: 1 },
  { name: 'execve', call: SYS.execve, verdict: 1 },
  { name: 'private memory', call: SYS.mmap, args: [0, 4096, 3, 0x22], verdict: 'allow' },
  { name: 'shared memory', call: SYS.mmap, args: [0, 4096, 3, 0x21], verdict: 1 },
  { name: 'shared memory under its other name', call: SYS.mmap, args: [0, 4096, 3, 0x23], verdict: 1 },
  { name: 'another place in a file', call: SYS.lseek, verdict: 1 },
  { name: 'sendmsg, which could pass descriptors on', call: SYS.sendmsg, verdict: 1 },
  { name: 'naming a thread', call: SYS.prctl, args: [15], verdict: 'allow' },
  { name: 'taking back the death signal', call: SYS.prctl, args: [1], verdict: 1 },
  { name: 'becoming dumpable', call: SYS.prctl, args: [4, 1], verdict: 1 },
  { name: 'a call that nobody knew then', call: 5000, verdict: 38 },
])

table('fetcher', launchFilter({ profile: 'fetcher', pid: PID }), [
  ...ANY_PROFILE,
  { name: 'TCP', call: SYS.socket, args: [2, 0x80801, 0], verdict: 'allow' },
  { name: 'UDP over IPv6', call: SYS.socket, args: [10, 2, 17], verdict: 'allow' },
  { name: 'netlink route', call: SYS.socket, args: [16, 0x80003, 0], verdict: 'allow' },
  { name: 'netlink audit', call: SYS.socket, args: [16, 3, 9], verdict: 1 },
  { name: 'multipath TCP', call: SYS.socket, args: [2, 1, 262], verdict: 1 },
  { name: 'SCTP by type', call: SYS.socket, args: [2, 5, 0], verdict: 1 },
  { name: 'unix', call: SYS.socket, args: [1, 1, 0], verdict: 1 },
  { name: 'an ordinary packet', call: SYS.sendto, args: [3, 0, 1, 0x4000], verdict: 'allow' },
  { name: 'fast open', call: SYS.sendto, args: [3, 0, 1, 0x20004000], verdict: 1 },
  { name: 'fast open by sendmsg', call: SYS.sendmsg, args: [3, 0, 0x20000000], verdict: 1 },
  { name: 'open for writing', call: SYS.openat, args: [0, 0, 0x241], verdict: 'allow' },
])

table('sensor', launchFilter({ profile: 'sensor', pid: PID }), [
  ...ANY_PROFILE,
  { name: 'bpf', call: SYS.bpf, verdict: 'allow' },
  { name: 'a program begins to see', call: SYS.ioctl, args: [3, 0x40042408], verdict: 'allow' },
  { name: 'netlink audit', call: SYS.socket, args: [16, 3, 9], verdict: 'allow' },
  { name: 'netlink of the firewall', call: SYS.socket, args: [16, 3, 12], verdict: 1 },
  { name: 'netlink of routes', call: SYS.socket, args: [16, 3, 0], verdict: 1 },
  { name: 'TCP', call: SYS.socket, args: [2, 1, 0], verdict: 1 },
  { name: 'open for reading', call: SYS.openat, args: [0, 0, 0x80000], verdict: 'allow' },
  { name: 'open for writing', call: SYS.openat, args: [0, 0, 0x80001], verdict: 1 },
  { name: 'open a temporary file', call: SYS.openat, args: [0, 0, 0x410002], verdict: 1 },
  { name: 'create', call: SYS.openat, args: [0, 0, 0x40], verdict: 1 },
  { name: 'truncate while opening', call: SYS.openat, args: [0, 0, 0x200], verdict: 1 },
  { name: 'openat2, whose flags are out of sight', call: SYS.openat2, verdict: 38 },
])

table('exec gate', launchFilter({ profile: 'exec-gate', pid: PID }), [
  ...ANY_PROFILE,
  { name: 'a group that holds callers', call: SYS.fanotify_init, args: [5, 0x8000], verdict: 'allow' },
  { name: 'a group whose files can be written', call: SYS.fanotify_init, args: [5, 2], verdict: 1 },
  { name: 'open for writing', call: SYS.openat, args: [0, 0, 2], verdict: 1 },
  { name: 'socket', call: SYS.socket, args: [16, 3, 0], verdict: 1 },
  { name: 'bpf', call: SYS.bpf, verdict: 1 },
  { name: 'perf', call: SYS.ioctl, args: [3, 0x2400], verdict: 1 },
])

table('input', launchFilter({ profile: 'input', pid: PID }), [
  ...ANY_PROFILE,
  { name: 'open for reading', call: SYS.openat, args: [0, 0, 0x80000], verdict: 'allow' },
  { name: 'open for writing', call: SYS.openat, args: [0, 0, 1], verdict: 1 },
  { name: 'socket', call: SYS.socket, args: [1, 1, 0], verdict: 1 },
  { name: 'bpf', call: SYS.bpf, verdict: 1 },
])

table('sealed sensor', sealFilter(), [
  { name: 'a counter', call: SYS.bpf, args: [1], verdict: 'allow' },
  { name: 'a program', call: SYS.bpf, args: [5], verdict: 1 },
  { name: 'an attachment', call: SYS.bpf, args: [17], verdict: 1 },
  { name: 'a map that is changed', call: SYS.bpf, args: [2], verdict: 1 },
  { name: 'an event', call: SYS.perf_event_open, verdict: 1 },
  { name: 'a program begins to see', call: SYS.ioctl, args: [3, 0x40042408], verdict: 1 },
  { name: 'open', call: SYS.openat, args: [0, 0, 0], verdict: 'allow' },
])
