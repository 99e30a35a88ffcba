import { BpfAssembler } from './bpf-assembler.ts'
import { leaveRepeat } from './bpf-datagram-programs.ts'
import {
  type BpfProgram,
  emit,
  finish,
  follow,
  FRAME,
  HELPER,
  OUT,
  type ProgramMaps,
  readKernel,
  TASK,
  useScratch,
  useStack,
  VARIABLE,
  WORKPLACE,
  writeIdentity,
  writeTask,
} from './bpf-parts.ts'
import { CONTEXT } from './bpf-socket-programs.ts'
import type { AccessOffsets, KernelOffsets } from './kernel-offsets.ts'
import { ACCESS, KIND, LIMIT, MEMORY_FILE, RECORD, VM_ACCESS } from './record-layout.ts'

/** Programs on what one process does to another, and on files that exist in memory only. */

/**
 * The requests that reach into another process: to attach, and to write. PTRACE_PEEKTEXT and the like follow an
 * attach, once for every word. linux/ptrace.h; the numbers up to 17 are the same on x86-64 and arm64.
 */
export const PTRACE = {
  PTRACE_POKETEXT: 4,
  PTRACE_POKEDATA: 5,
  PTRACE_POKEUSR: 6,
  PTRACE_SETREGS: 13,
  PTRACE_ATTACH: 16,
  PTRACE_SETREGSET: 0x4205,
  PTRACE_SEIZE: 0x4206,
} as const

/** Where no family of addresses is: sets keys of accesses apart from those of datagrams. */
const ACCESS_KEY = 0xffff

export function accessPrograms(offsets: KernelOffsets & AccessOffsets, maps: ProgramMaps): readonly BpfProgram[] {
  const [first, second] = CONTEXT.arguments
  const ptrace = new BpfAssembler().load(8, 8, 1, second).load(8, 9, 1, first)
  for (const request of Object.values(PTRACE)) ptrace.jumpIf(9, '==', request, 'wanted')
  const writev = new BpfAssembler().load(8, 8, 1, first).set(9, VM_ACCESS.processVmWritev)
  const readv = new BpfAssembler().load(8, 8, 1, first).set(9, VM_ACCESS.processVmReadv)
  const of = (program: BpfAssembler): Uint8Array => accessCode(program, offsets, maps)
  const attach = 'syscall'
  return [
    { name: 'fb_ptrace', attach, tracepoint: 'sys_enter_ptrace', code: of(ptrace.jump('leave').label('wanted')) },
    { name: 'fb_vm_writev', attach, tracepoint: 'sys_enter_process_vm_writev', code: of(writev) },
    { name: 'fb_vm_readv', attach, tracepoint: 'sys_enter_process_vm_readv', code: of(readv) },
  ]
}

export function memoryFileProgram(offsets: KernelOffsets, maps: ProgramMaps): BpfProgram {
  const code = memoryFileCode(offsets, maps)
  return { name: 'fb_memfd', attach: 'syscall', tracepoint: 'sys_enter_memfd_create', code }
}

/** r8 is the pid that the caller names, as its own pid namespace counts; r9 is what it wants. */
function accessCode(program: BpfAssembler, offsets: KernelOffsets & AccessOffsets, maps: ProgramMaps): Uint8Array {
  const { key, now } = VARIABLE
  useStack(program)
  program.store(4, OUT, ACCESS.target, 8).store(4, OUT, ACCESS.request, 9)
  program.call(HELPER.task).copy(TASK, 0)
  writeIdentity(program, offsets)
  follow(program, 8, TASK, offsets.taskPidEntry)
  readKernel(program, OUT, ACCESS.level, 4, 8, offsets.pidLevel)
  follow(program, 8, TASK, offsets.taskLeader)
  readKernel(program, FRAME, key, 8, 8, offsets.taskStart)
  program
    .load(4, 1, OUT, RECORD.tgid)
    .store(4, FRAME, key + 8, 1)
    .storeConstant(4, FRAME, key + 12, ACCESS_KEY)
  program
    .load(8, 1, OUT, ACCESS.request)
    .store(8, FRAME, key + 16, 1)
    .storeConstant(8, FRAME, key + 24, 0)
  program.call(HELPER.bootNs).store(8, FRAME, now, 0)
  leaveRepeat(program, maps, 'leave')
  writeTask(program, KIND.access, offsets)
  return finish(emit(program.set(8, ACCESS.end), maps, 1))
}

function memoryFileCode(offsets: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, 9, 1, CONTEXT.arguments[0])
  program.call(HELPER.task).copy(TASK, 0)
  useScratch(program, maps.workplaces, WORKPLACE.memoryFile)
  writeIdentity(program, offsets)
  writeTask(program, KIND.memoryFile, offsets)
  program.copy(1, OUT).addConstant(1, MEMORY_FILE.name).set(2, LIMIT.memoryNameBytes).copy(3, 9)
  program.call(HELPER.readUserText).jumpIf(0, 'signed <', 1, 'leave') // the call fails as well
  program.store(4, OUT, MEMORY_FILE.nameLength, 0).copy(8, 0).addConstant(8, MEMORY_FILE.name)
  return finish(emit(program, maps, 1))
}
