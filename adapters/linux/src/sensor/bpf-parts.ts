import type { BpfAssembler, Register } from './bpf-assembler.ts'
import type { KernelOffsets } from './kernel-offsets.ts'
import type { SyscallTracepoint } from '../tracefs.ts'
import { COUNTER, RECORD, RING_SIZE_BYTES, TCP } from './record-layout.ts'

/** What all programs are made of: which register holds what, how kernel memory is read, how a record leaves. */

/** Map descriptors that the programs refer to. */
export interface ProgramMaps {
  readonly ring: number
  /** Per CPU, one value of SCRATCH_SIZE_BYTES: an exec record does not fit the stack of 512 bytes. */
  readonly scratch: number
  /** Per CPU, one value of WORKPLACE_SIZE_BYTES for each of the system call programs that need one (WORKPLACE). */
  readonly workplaces: number
  /** Per CPU, one u64 for each of COUNTER. */
  readonly counters: number
  /** What was reported lately (REPEAT_KEY_SIZE_BYTES), to its time in ns: the oldest go when it is full. */
  readonly repeats: number
  /** A thread that is within bind(2), to the descriptor that it binds. */
  readonly binding: number
}

interface Code {
  readonly name: string
  readonly code: Uint8Array
}

export interface RawProgram extends Code {
  readonly attach: 'raw'
  readonly tracepoint: string
}

export interface SyscallProgram extends Code {
  readonly attach: 'syscall'
  readonly tracepoint: SyscallTracepoint
}

export type BpfProgram = RawProgram | SyscallProgram

export const SCRATCH_SIZE_BYTES = 8192
export const WORKPLACE_SIZE_BYTES = 1024

/** Helper numbers: include/uapi/linux/bpf.h. */
export const HELPER = {
  mapLookup: 1,
  mapUpdate: 2,
  mapDelete: 3,
  threadId: 14, // thread group << 32 | thread
  uidGid: 15,
  command: 16,
  task: 35,
  cgroupId: 80,
  readUser: 112,
  readKernel: 113,
  readUserText: 114,
  readKernelText: 115,
  bootNs: 125,
  ringOutput: 130,
  ringQuery: 134,
  currentTask: 158, // as a pointer that the verifier knows, for the one below
  taskRegisters: 175,
} as const

const NO_WAKEUP = 1 // the reader comes by on a timer; waking it for every record costs five times as much
const AVAILABLE_DATA = 0

// Registers that survive helper calls, and what each holds throughout.
export const TASK = 6
export const OUT = 7
export const FRAME = 10

/** Below the frame pointer: one pointer-sized slot, then the record of programs that need no scratch map. */
export const SLOT = -8
const STACK_RECORD = -160

/** Further below: what system call programs keep, 8 bytes each, and the key of the map of repeats. */
export const VARIABLE = {
  descriptor: -168,
  buffer: -176,
  length: -184,
  address: -192,
  message: -200,
  messages: -208,
  turn: -216,
  vector: -224,
  now: -232,
  key: -264,
} as const

/** A process (start, thread group: 12 bytes), what it did (4) and to whom (16). */
export const REPEAT_KEY_SIZE_BYTES = 32

/** Indexes into the map of workplaces. */
export const WORKPLACE = { sendto: 0, sendmsg: 1, sendmmsg: 2, memoryFile: 3, write: 4, count: 5 } as const

/** OUT = a zeroed record on the stack: nothing of the kernel's memory may leave by accident. */
export function useStack(program: BpfAssembler): void {
  program.copy(OUT, FRAME).addConstant(OUT, STACK_RECORD)
  for (let at = 0; at < TCP.end; at += 8) program.storeConstant(8, OUT, at, 0)
}

export function writeIdentity(program: BpfAssembler, offsets: KernelOffsets): void {
  readKernel(program, OUT, RECORD.tgid, 4, TASK, offsets.taskTgid)
  readKernel(program, OUT, RECORD.pid, 4, TASK, offsets.taskPid)
}

export function leaveUnlessLeader(program: BpfAssembler): void {
  program.load(4, 1, OUT, RECORD.tgid).load(4, 2, OUT, RECORD.pid).jumpIfRegister(1, '!=', 2, 'leave')
}

/** What every record starts with. Uses r8. */
export function writeTask(program: BpfAssembler, kind: number, offsets: KernelOffsets): void {
  program.storeConstant(4, OUT, RECORD.kind, kind)
  program.call(HELPER.bootNs).store(8, OUT, RECORD.bootNs, 0)
  program.call(HELPER.uidGid).store(8, OUT, RECORD.uid, 0)
  program.call(HELPER.cgroupId).store(8, OUT, RECORD.cgroup, 0)
  program.copy(1, OUT).addConstant(1, RECORD.command).set(2, 16).call(HELPER.command)
  follow(program, 8, TASK, offsets.taskLeader)
  readKernel(program, OUT, RECORD.startNs, 8, 8, offsets.taskStart)
  follow(program, 8, TASK, offsets.taskParent)
  readKernel(program, OUT, RECORD.parentTgid, 4, 8, offsets.taskTgid)
  follow(program, 8, 8, offsets.taskLeader) // the parent may be a thread: its process started with the leader
  readKernel(program, OUT, RECORD.parentStartNs, 8, 8, offsets.taskStart)
}

/**
 * Puts r8 bytes of OUT into the ring, or counts the loss; goes on behind it. Records of rank 1 leave half of the ring
 * to process records: whoever floods the network must not be able to hide what he starts.
 */
export function emit(program: BpfAssembler, maps: ProgramMaps, rank: 0 | 1): BpfAssembler {
  const sizeMask = (rank === 0 ? SCRATCH_SIZE_BYTES : WORKPLACE_SIZE_BYTES) - 1 // for the verifier: both are 2^n
  if (rank === 1) {
    program.loadMap(1, maps.ring).set(2, AVAILABLE_DATA).call(HELPER.ringQuery)
    program.jumpIf(0, '>', RING_SIZE_BYTES / 2, 'full')
  }
  program.andConstant(8, sizeMask).copy(2, OUT).copy(3, 8).loadMap(1, maps.ring).set(4, NO_WAKEUP)
  program.call(HELPER.ringOutput).jumpIf(0, '==', 0, 'emitted').label('full')
  count(program, maps, rank === 0 ? COUNTER.dropped0 : COUNTER.dropped1, 'emitted')
  return program.label('emitted')
}

/** The end of every program. */
export function finish(program: BpfAssembler): Uint8Array {
  return program.label('leave').set(0, 0).exit().assemble()
}

/** Adds one to a counter, then goes on behind it, or to `without` should there be no such counter. */
export function count(program: BpfAssembler, maps: ProgramMaps, counter: number, without: string): void {
  program.storeConstant(4, FRAME, SLOT, counter).copy(2, FRAME).addConstant(2, SLOT).loadMap(1, maps.counters)
  program.call(HELPER.mapLookup).jumpIf(0, '==', 0, without).set(1, 1).atomicAdd(0, 0, 1)
}

/** OUT = value `index` of an array map of work space. */
export function useScratch(program: BpfAssembler, map: number, index: number): void {
  program.storeConstant(4, FRAME, SLOT, index).copy(2, FRAME).addConstant(2, SLOT).loadMap(1, map)
  program.call(HELPER.mapLookup).jumpIf(0, '==', 0, 'leave').copy(OUT, 0)
}

/** *(to + toOffset) = `sizeBytes` of kernel memory at from + fromOffset; zeros when that address is not readable. */
export function readKernel(
  program: BpfAssembler,
  to: Register,
  toOffset: number,
  sizeBytes: number,
  from: Register,
  fromOffset: number,
): void {
  program.copy(1, to).addConstant(1, toOffset).set(2, sizeBytes)
  program.copy(3, from).addConstant(3, fromOffset).call(HELPER.readKernel)
}

/** dst = the pointer in kernel memory at base + offset. */
export function follow(program: BpfAssembler, dst: Register, base: Register, offset: number): void {
  readKernel(program, FRAME, SLOT, 8, base, offset)
  program.load(8, dst, FRAME, SLOT)
}
