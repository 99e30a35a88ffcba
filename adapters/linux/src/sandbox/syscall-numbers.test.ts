import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import process from 'node:process'
import { test } from 'node:test'
import { NONE, SYS, type SyscallName, syscallNumbers } from './syscall-numbers.ts'

const ARM64 = 0xc00000b7
const X86_64 = 0xc000003e
const PID = 4711
const x64 = syscallNumbers('x64')
const arm64 = syscallNumbers('arm64')

/** From the manuals of both kernels, by hand: name, x86-64, arm64. */
const KNOWN: readonly (readonly [SyscallName, number, number])[] = [
  ['read', 0, 63],
  ['openat', 257, 56],
  ['mmap', 9, 222],
  ['clone', 56, 220],
  ['execve', 59, 221],
  ['socket', 41, 198],
  ['kill', 62, 129],
  ['tgkill', 234, 131],
  ['ptrace', 101, 117],
  ['prctl', 157, 167],
  ['futex', 202, 98],
  ['epoll_pwait', 281, 22],
  ['perf_event_open', 298, 241],
  ['fanotify_init', 300, 262],
  ['fanotify_mark', 301, 263],
  ['open_by_handle_at', 304, 265],
  ['timer_create', 222, 107],
  ['timer_settime', 223, 110],
  ['statx', 332, 291],
  ['seccomp', 317, 277],
  ['getrandom', 318, 278],
  ['bpf', 321, 280],
  ['io_uring_setup', 425, 425],
  ['landlock_restrict_self', 446, 446],
]

for (const [name, onX64, onArm64] of KNOWN) {
  test(`${name} is ${onX64} on x86-64 and ${onArm64} on arm64`, () => {
    assert.deepEqual([x64[name], arm64[name]], [onX64, onArm64])
  })
}

for (const [architecture, numbers] of Object.entries({ x64, arm64 })) {
  test(`${architecture}: no two calls share a number, and from 424 on both architectures agree`, () => {
    const present = Object.values(numbers).filter((number) => number !== NONE)
    assert.equal(new Set(present).size, present.length)
    for (const [name, number] of Object.entries(numbers))
      if (number >= 424) assert.equal(number, x64[name as SyscallName])
  })
}

test('x86-64 has every call; arm64 lacks those that have a twin with a directory or a mask', () => {
  assert.ok(!Object.values(x64).includes(NONE))
  const lacking = Object.keys(arm64).filter((name) => arm64[name as SyscallName] === NONE)
  for (const name of ['open', 'creat', 'fork', 'vfork', 'poll', 'epoll_wait', 'rename'])
    assert.ok(lacking.includes(name))
  for (const name of ['openat', 'clone', 'ppoll', 'epoll_pwait', 'renameat']) assert.ok(!lacking.includes(name))
})

test('the numbers of this machine are its own', { skip: process.platform !== 'linux' }, () => {
  assert.deepEqual(SYS, process.arch === 'arm64' ? arm64 : x64)
})

/** Compiles the filters as an arm64 machine would, in a process that takes itself for one. */
function filtersOnArm64(): Readonly<Record<string, Buffer>> {
  const script = `
    Object.defineProperty(process, 'arch', { value: 'arm64' })
    const { engineFilter, launchFilter } = await import('./filters.ts')
    const { compileFilter } = await import('./seccomp.ts')
    const stage1 = (profile) => compileFilter(launchFilter({ profile, pid: ${PID}, writes: false })).toString('base64')
    const programs = { engine: compileFilter(engineFilter(${PID})).toString('base64') }
    for (const profile of ['sensor', 'fetcher']) programs[profile] = stage1(profile)
    console.log(JSON.stringify(programs))`
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', script], { cwd: import.meta.dirname })
  const programs = JSON.parse(output.toString()) as Record<string, string>
  return Object.fromEntries(Object.entries(programs).map(([name, text]) => [name, Buffer.from(text, 'base64')]))
}

/** Classic BPF as the kernel runs it: answers 'allow', 'kill' or an errno. */
function run(program: Buffer, call: number, args: readonly number[], architecture: number): string | number {
  const data = Buffer.alloc(64)
  data.writeUInt32LE(call >>> 0, 0)
  data.writeUInt32LE(architecture, 4)
  for (const [index, value] of args.entries()) data.writeUInt32LE(value >>> 0, 16 + 8 * index)
  let word = 0
  for (let at = 0; ; at += 8) {
    const k = program.readUInt32LE(at + 4)
    const jump = (taken: boolean): number => 8 * (program[at + (taken ? 2 : 3)] ?? 0)
    switch (program.readUInt16LE(at)) {
      case 0x20:
        word = data.readUInt32LE(k)
        break
      case 0x54:
        word = (word & k) >>> 0
        break
      case 0x15:
        at += jump(word === k)
        break
      case 0x35:
        at += jump(word >= k)
        break
      default:
        return k === 0x7fff0000 ? 'allow' : k === 0x80000000 ? 'kill' : k & 0xffff
    }
  }
}

test('arm64: the filters speak its numbers', async (context) => {
  const programs = filtersOnArm64()
  const rows: readonly (readonly [string, string, number, readonly number[], number, string | number])[] = [
    ['engine', 'read', arm64.read, [], ARM64, 'allow'],
    ['engine', 'waiting for input', arm64.epoll_pwait, [], ARM64, 'allow'],
    ['engine', 'ppoll', arm64.ppoll, [], ARM64, 'allow'],
    ['engine', 'a thread', arm64.clone, [0x3d0f00], ARM64, 'allow'],
    ['engine', 'a child', arm64.clone, [17], ARM64, 1],
    ['engine', 'openat', arm64.openat, [], ARM64, 1],
    ['engine', 'a signal to another process', arm64.tgkill, [1, 1, 9], ARM64, 1],
    ['engine', 'a signal to itself', arm64.tgkill, [PID, PID, 6], ARM64, 'allow'],
    ['engine', 'an x86-64 call', x64.read, [], X86_64, 'kill'],
    ['engine', "a call that doesn't exist", NONE, [], ARM64, 1],
    ['engine', 'a call that nobody knew then', 5000, [], ARM64, 38],
    ['sensor', 'open for reading', arm64.openat, [0, 0, 0x80000], ARM64, 'allow'],
    ['sensor', 'open for writing', arm64.openat, [0, 0, 0x80001], ARM64, 1],
    ['sensor', 'bpf', arm64.bpf, [], ARM64, 'allow'],
    ['sensor', 'ptrace', arm64.ptrace, [], ARM64, 1],
    ['fetcher', 'TCP', arm64.socket, [2, 0x80801, 0], ARM64, 'allow'],
    ['fetcher', 'bpf', arm64.bpf, [], ARM64, 1],
  ]
  for (const [profile, name, call, args, architecture, verdict] of rows) {
    await context.test(`${profile}: ${name}`, () => {
      assert.equal(run(programs[profile] ?? Buffer.alloc(0), call, args, architecture), verdict)
    })
  }
})
