import { addressOf, trySyscall } from '../syscalls.ts'
import { ARCHITECTURE, type Architecture, EPERM, NONE, SYS } from './syscall-numbers.ts'

/** What the kernel does with a call: let it through, or answer -errno without running it. */
export type Verdict = 'allow' | { readonly errno: number }

/**
 * Holds when `(argument & mask)` is one of `values`. Only the low 32 bits are compared, which is all that the kernel
 * itself reads of every argument tested in this adapter (flags, pids, domains, commands).
 */
export interface ArgumentTest {
  readonly argument: 0 | 1 | 2 | 3
  readonly mask?: number
  readonly values: readonly number[]
}

/** `verdict` for each of `calls` for which all tests of `when` hold; otherwise the next rule is asked. */
export interface SyscallRule {
  readonly calls: readonly number[]
  readonly when?: readonly ArgumentTest[]
  readonly verdict: Verdict
}

/** The first rule that applies decides. */
export interface SyscallFilter {
  readonly rules: readonly SyscallRule[]
  readonly otherwise: Verdict
  /** Calls with a number above this one did not exist when the filter was written: ENOSYS, so that libc falls back. */
  readonly newestKnownCall?: number
}

interface Instruction {
  readonly code: number
  readonly jt: number
  readonly jf: number
  readonly k: number
}

// Classic BPF opcodes (linux/bpf_common.h) and struct seccomp_data {nr @0, arch @4, ip @8, args @16}.
const LOAD = 0x20
const JUMP_EQUAL = 0x15
const JUMP_AT_LEAST = 0x35
const AND = 0x54
const RETURN = 0x06
const NUMBER_AT = 0
const ARCHITECTURE_AT = 4
const ARGUMENTS_AT = 16
/** linux/audit.h. Calls of another architecture have other numbers: they end the process. */
const AUDIT_ARCHITECTURE: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 }
const X32_CALL_BIT = 0x40000000

const RET_KILL_PROCESS = 0x80000000
const RET_ERRNO = 0x00050000
const RET_ALLOW = 0x7fff0000

const SECCOMP_SET_MODE_FILTER = 1
const SECCOMP_FILTER_FLAG_TSYNC = 1
const SECCOMP_GET_ACTION_AVAIL = 2
const PR_SET_NO_NEW_PRIVS = 38
const ENOSYS_VERDICT: Verdict = { errno: 38 }
const INSTRUCTION_BYTES = 8
/** Kernel limit (BPF_MAXINSNS). */
export const FILTER_INSTRUCTIONS_MAX = 4096

/** @returns the filter as `struct sock_filter[]`, in the kernel's byte layout */
export function compileFilter(filter: SyscallFilter): Buffer {
  const program: Instruction[] = [
    load(ARCHITECTURE_AT),
    { code: JUMP_EQUAL, jt: 1, jf: 0, k: AUDIT_ARCHITECTURE[ARCHITECTURE] },
    { code: RETURN, jt: 0, jf: 0, k: RET_KILL_PROCESS },
    load(NUMBER_AT),
    { code: JUMP_AT_LEAST, jt: 0, jf: 1, k: X32_CALL_BIT },
    give({ errno: EPERM }),
    ...filter.rules.flatMap((rule) =>
      rule.calls.filter((call) => call !== NONE).flatMap((call) => compileRule(call, rule)),
    ),
  ]
  if (filter.newestKnownCall !== undefined) {
    program.push({ code: JUMP_AT_LEAST, jt: 0, jf: 1, k: filter.newestKnownCall + 1 }, give(ENOSYS_VERDICT))
  }
  program.push(give(filter.otherwise))
  return encode(program)
}

function compileRule(call: number, rule: SyscallRule): Instruction[] {
  if (rule.when === undefined) return [{ code: JUMP_EQUAL, jt: 0, jf: 1, k: call }, give(rule.verdict)]
  // Built from the back: each test jumps over what follows it when it fails, to the reload of the call number.
  let body = [give(rule.verdict)]
  for (const test of rule.when.toReversed()) body = [...compileTest(test, body.length), ...body]
  return [{ code: JUMP_EQUAL, jt: 0, jf: body.length + 1, k: call }, ...body, load(NUMBER_AT)]
}

function compileTest(test: ArgumentTest, bodyLength: number): Instruction[] {
  const last = test.values.length - 1
  const masked = test.mask === undefined ? [] : [{ code: AND, jt: 0, jf: 0, k: test.mask >>> 0 }]
  const comparisons = test.values.map((value, index) => ({
    code: JUMP_EQUAL,
    jt: last - index,
    jf: index === last ? bodyLength : 0,
    k: value >>> 0,
  }))
  return [load(ARGUMENTS_AT + 8 * test.argument), ...masked, ...comparisons]
}

function load(offset: number): Instruction {
  return { code: LOAD, jt: 0, jf: 0, k: offset }
}

function give(verdict: Verdict): Instruction {
  return { code: RETURN, jt: 0, jf: 0, k: verdict === 'allow' ? RET_ALLOW : RET_ERRNO | verdict.errno }
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * INSTRUCTION_BYTES)
  program.forEach(({ code, jt, jf, k }, index) => {
    const at = index * INSTRUCTION_BYTES
    bytes.writeUInt16LE(code, at)
    bytes.writeUInt8(jt, at + 2)
    bytes.writeUInt8(jf, at + 3)
    bytes.writeUInt32LE(k >>> 0, at + 4)
  })
  return bytes
}

/** Whether this kernel, and whatever contains us, takes filters. */
export function seccompAvailable(): boolean {
  const action = Buffer.alloc(4)
  action.writeUInt32LE(RET_ERRNO, 0)
  return trySyscall(SYS.seccomp, SECCOMP_GET_ACTION_AVAIL, 0, action) === 0
}

/** No later execve grants privileges: what the kernel asks for before an unprivileged filter or Landlock domain. */
export function setNoNewPrivileges(): boolean {
  return trySyscall(SYS.prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) === 0
}

/**
 * Installs `filter` for the calling thread, or with `allThreads` for every thread of the process at once. It cannot be
 * removed, and filters add up: the strictest answer wins.
 *
 * @returns null, or the errno (a thread id if one thread could not be synchronised)
 */
export function installFilter(filter: SyscallFilter, scope: 'this-thread' | 'all-threads'): number | null {
  const program = compileFilter(filter)
  const header = Buffer.alloc(16) // struct sock_fprog {u16 length, pointer @8}
  header.writeUInt16LE(program.length / INSTRUCTION_BYTES, 0)
  header.writeBigUInt64LE(addressOf(program), 8)
  const flags = scope === 'all-threads' ? SECCOMP_FILTER_FLAG_TSYNC : 0
  const result = trySyscall(SYS.seccomp, SECCOMP_SET_MODE_FILTER, flags, header)
  return result === 0 ? null : Math.abs(result)
}
