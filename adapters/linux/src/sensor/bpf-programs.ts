import { BpfAssembler, type Register, type Width } from './bpf-assembler.ts'
import type { KernelOffsets, NetworkOffsets } from './kernel-offsets.ts'
import { KIND, LIMIT, RECORD, TCP } from './record-layout.ts'

/**
 * The programs that run in the kernel. They are constants: nothing that arrives over the network, and no content,
 * ever changes them; only the structure offsets and the map descriptors differ between machines. Each one copies a
 * few fields into the ring buffer and cannot block, fail or alter the process that it observes.
 */

/** Map descriptors that the programs refer to. */
export interface ProgramMaps {
  readonly ring: number
  /** Per CPU, one value of SCRATCH_SIZE_BYTES: an exec record does not fit the stack of 512 bytes. */
  readonly scratch: number
  /** Per CPU, one u64: records that found the ring full. */
  readonly drops: number
}

export interface BpfProgram {
  readonly name: string
  readonly tracepoint: string
  readonly code: Uint8Array
}

export const SCRATCH_SIZE_BYTES = 8192

// Helper numbers: include/uapi/linux/bpf.h.
const HELPER = {
  mapLookup: 1,
  uidGid: 15,
  command: 16,
  cgroupId: 80,
  readUser: 112,
  readKernel: 113,
  readKernelText: 115,
  bootNs: 125,
  ringOutput: 130,
}
const NO_WAKEUP = 1 // the reader comes by on a timer; waking it for every record costs five times as much

const TCP_SYN_SENT = 2
const TCP_CLOSE = 7
const PROTOCOL_TCP = 6

// Registers that survive helper calls, and what each holds throughout.
const TASK = 6
const OUT = 7
const FRAME = 10

/** Below the frame pointer: one pointer-sized slot, then the record of programs that need no scratch map. */
const SLOT = -8
const STACK_RECORD = -160

/** Work area at the end of the scratch value. The verifier forgets what is stored here, so the loop stays cheap to prove. */
const WORK = { entry: 8128, mount: 8136, next: 8144, root: 8152, end: 8160, textEnd: 8168 }
const SCRATCH_MASK = SCRATCH_SIZE_BYTES - 1

/** @returns the programs in the order in which to attach them: a fork must be known before its exec */
export function processPrograms(offsets: KernelOffsets, maps: ProgramMaps): readonly BpfProgram[] {
  return [
    { name: 'fb_fork', tracepoint: 'sched_process_fork', code: forkProgram(offsets, maps) },
    { name: 'fb_exec', tracepoint: 'sched_process_exec', code: execProgram(offsets, maps) },
    { name: 'fb_exit', tracepoint: 'sched_process_exit', code: exitProgram(offsets, maps) },
  ]
}

export function networkProgram(offsets: NetworkOffsets, task: KernelOffsets, maps: ProgramMaps): BpfProgram {
  return { name: 'fb_connect', tracepoint: 'inet_sock_set_state', code: connectProgram(offsets, task, maps) }
}

/** Context: parent task, child task. Threads are no processes: they are left out here, in the kernel. */
function forkProgram(offsets: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, TASK, 1, 8)
  useStack(program)
  writeIdentity(program, offsets)
  leaveUnlessLeader(program)
  writeTask(program, KIND.fork, offsets)
  program.set(8, RECORD.text)
  return submit(program, maps)
}

/** Context: task, dead flag or nothing. Only the leader's end is the end of a process. */
function exitProgram(offsets: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, TASK, 1, 0)
  useStack(program)
  writeIdentity(program, offsets)
  leaveUnlessLeader(program)
  writeTask(program, KIND.exit, offsets)
  program.set(8, RECORD.text)
  return submit(program, maps)
}

/** Context: task, old pid, binprm. Everything here is the kernel's own copy: the process can't change it any more. */
function execProgram(offsets: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, TASK, 1, 0).load(8, 9, 1, 16)
  program.storeConstant(4, FRAME, SLOT, 0).copy(2, FRAME).addConstant(2, SLOT).loadMap(1, maps.scratch)
  program.call(HELPER.mapLookup).jumpIf(0, '==', 0, 'leave').copy(OUT, 0)
  writeIdentity(program, offsets)
  writeTask(program, KIND.exec, offsets)
  writeExecutable(program, offsets)
  writeArguments(program, offsets)
  writeWorkingDirectory(program, offsets)
  return submit(program, maps)
}

/** Context: socket, old state, new state. CLOSE to SYN_SENT happens in the connecting process itself. */
function connectProgram(offsets: NetworkOffsets, task: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(4, 2, 1, 8).jumpIf(2, '!=', TCP_CLOSE, 'leave')
  program.load(4, 2, 1, 16).jumpIf(2, '!=', TCP_SYN_SENT, 'leave').load(8, 9, 1, 0)
  program.storeConstant(8, FRAME, SLOT, 0)
  readKernel(program, FRAME, SLOT, 2, 9, offsets.sockProtocol)
  program.load(2, 1, FRAME, SLOT).jumpIf(1, '!=', PROTOCOL_TCP, 'leave')
  program.call(35).copy(TASK, 0) // bpf_get_current_task
  useStack(program)
  writeIdentity(program, task)
  writeTask(program, KIND.connect, task)
  const fields: readonly (readonly [number, Width, number])[] = [
    [TCP.family, 2, offsets.sockFamily],
    [TCP.portRemote, 2, offsets.sockPortRemote],
    [TCP.portLocal, 2, offsets.sockPortLocal],
    [TCP.addressLocal, 4, offsets.sockAddressLocal],
    [TCP.addressRemote, 4, offsets.sockAddressRemote],
  ]
  for (const [to, width, from] of fields) readKernel(program, OUT, to, width, 9, from)
  readKernel(program, OUT, TCP.address6Local, 16, 9, offsets.sockAddress6Local)
  readKernel(program, OUT, TCP.address6Remote, 16, 9, offsets.sockAddress6Remote)
  program.set(8, TCP.end)
  return submit(program, maps)
}

/** OUT = a zeroed record on the stack: nothing of the kernel's memory may leave by accident. */
function useStack(program: BpfAssembler): void {
  program.copy(OUT, FRAME).addConstant(OUT, STACK_RECORD)
  for (let at = 0; at < TCP.end; at += 8) program.storeConstant(8, OUT, at, 0)
}

function writeIdentity(program: BpfAssembler, offsets: KernelOffsets): void {
  readKernel(program, OUT, RECORD.tgid, 4, TASK, offsets.taskTgid)
  readKernel(program, OUT, RECORD.pid, 4, TASK, offsets.taskPid)
}

function leaveUnlessLeader(program: BpfAssembler): void {
  program.load(4, 1, OUT, RECORD.tgid).load(4, 2, OUT, RECORD.pid).jumpIfRegister(1, '!=', 2, 'leave')
}

/** What every record starts with. Uses r8. */
function writeTask(program: BpfAssembler, kind: number, offsets: KernelOffsets): void {
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

/** File identity and path. For a script both are the interpreter's, as in /proc/PID/exe. Leaves the text's end in r8. */
function writeExecutable(program: BpfAssembler, offsets: KernelOffsets): void {
  follow(program, 8, 9, offsets.binprmFile)
  follow(program, 8, 8, offsets.fileInode)
  readKernel(program, OUT, RECORD.inode, 8, 8, offsets.inodeNumber)
  follow(program, 8, 8, offsets.inodeSuperBlock)
  readKernel(program, OUT, RECORD.device, 4, 8, offsets.superBlockDevice)
  follow(program, 8, 9, offsets.binprmInterp)
  program.copy(1, OUT).addConstant(1, RECORD.text).set(2, LIMIT.pathBytes).copy(3, 8).call(HELPER.readKernelText)
  program.jumpIf(0, 'signed <', 0, 'no-path').jump('path').label('no-path').set(0, 0).label('path')
  program.andConstant(0, 2 * LIMIT.pathBytes - 1).store(4, OUT, RECORD.pathLength, 0)
  program.copy(8, 0).addConstant(8, RECORD.text)
}

/** The whole argument vector in one read. r8 is the text's end, before and after. */
function writeArguments(program: BpfAssembler, offsets: KernelOffsets): void {
  follow(program, 9, TASK, offsets.taskMm)
  readKernel(program, OUT, WORK.entry, 8, 9, offsets.mmArgStart)
  readKernel(program, OUT, WORK.next, 8, 9, offsets.mmArgEnd)
  program.load(8, 3, OUT, WORK.entry).load(8, 9, OUT, WORK.next).subtract(9, 3)
  program
    .jumpIf(9, '<', LIMIT.argumentsBytes + 1, 'fits')
    .set(9, LIMIT.argumentsBytes)
    .label('fits')
  program.andConstant(9, LIMIT.argumentsBytes).copy(2, 9).copy(1, OUT).add(1, 8).call(HELPER.readUser)
  program.jumpIf(0, '==', 0, 'read').set(9, 0).label('read').andConstant(9, LIMIT.argumentsBytes)
  program.store(4, OUT, RECORD.argumentsLength, 9).add(8, 9).store(8, OUT, WORK.textEnd, 8)
}

/**
 * Walks from the working directory up to the root, over mount points, and writes one name after another, innermost
 * first. Leaves the text's end in r8; a path that is too deep or too long is marked as unknown.
 */
function writeWorkingDirectory(program: BpfAssembler, offsets: KernelOffsets): void {
  follow(program, 8, TASK, offsets.taskFs)
  readKernel(program, OUT, WORK.entry, 8, 8, offsets.fsWorkingEntry)
  readKernel(program, OUT, WORK.mount, 8, 8, offsets.fsWorkingMount)
  program.load(8, 1, OUT, WORK.mount).addConstant(1, -offsets.mountVfs).store(8, OUT, WORK.mount, 1)
  program.load(8, 1, OUT, WORK.textEnd).store(8, OUT, WORK.end, 1).set(9, 0)

  program.label('step').jumpIf(9, '>=', LIMIT.directoryDepth, 'unknown').addConstant(9, 1)
  readThrough(program, WORK.root, WORK.mount, offsets.mountRoot)
  program.load(8, 1, OUT, WORK.entry).load(8, 2, OUT, WORK.root).jumpIfRegister(1, '==', 2, 'mount-root')
  readThrough(program, WORK.next, WORK.entry, offsets.entryParent)
  program.load(8, 1, OUT, WORK.entry).load(8, 2, OUT, WORK.next).jumpIfRegister(1, '==', 2, 'unknown')
  readThrough(program, WORK.root, WORK.entry, offsets.entryName)
  program.load(8, 8, OUT, WORK.end).jumpIf(8, '>', LIMIT.textEndBytes, 'unknown')
  program.copy(1, OUT).add(1, 8).set(2, LIMIT.nameBytes).load(8, 3, OUT, WORK.root).call(HELPER.readKernelText)
  program.jumpIf(0, 'signed <', 1, 'unknown').add(8, 0).store(8, OUT, WORK.end, 8)
  program.load(8, 1, OUT, WORK.next).store(8, OUT, WORK.entry, 1).jump('step')

  program.label('mount-root')
  readThrough(program, WORK.next, WORK.mount, offsets.mountParent)
  program.load(8, 1, OUT, WORK.mount).load(8, 2, OUT, WORK.next).jumpIfRegister(1, '==', 2, 'root')
  readThrough(program, WORK.entry, WORK.mount, offsets.mountPoint)
  program.load(8, 1, OUT, WORK.next).store(8, OUT, WORK.mount, 1).jump('step')

  program.label('root').load(8, 8, OUT, WORK.end).load(8, 1, OUT, WORK.textEnd).copy(2, 8).subtract(2, 1)
  program.store(4, OUT, RECORD.directoryLength, 2).jump('walked')
  program.label('unknown').storeConstant(4, OUT, RECORD.directoryLength, -1).load(8, 8, OUT, WORK.textEnd)
  program.label('walked')
}

/** Puts r8 bytes of OUT into the ring, or counts the loss. */
function submit(program: BpfAssembler, maps: ProgramMaps): Uint8Array {
  program.andConstant(8, SCRATCH_MASK).copy(2, OUT).copy(3, 8).loadMap(1, maps.ring).set(4, NO_WAKEUP)
  program.call(HELPER.ringOutput).jumpIf(0, '==', 0, 'leave')
  program.storeConstant(4, FRAME, SLOT, 0).copy(2, FRAME).addConstant(2, SLOT).loadMap(1, maps.drops)
  program.call(HELPER.mapLookup).jumpIf(0, '==', 0, 'leave').set(1, 1).atomicAdd(0, 0, 1)
  return program.label('leave').set(0, 0).exit().assemble()
}

/** *(to + toOffset) = `sizeBytes` of kernel memory at from + fromOffset; zeros when that address is not readable. */
function readKernel(
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
function follow(program: BpfAssembler, dst: Register, base: Register, offset: number): void {
  readKernel(program, FRAME, SLOT, 8, base, offset)
  program.load(8, dst, FRAME, SLOT)
}

/** Work slot `to` = the pointer at the address in work slot `from`, plus `offset`. */
function readThrough(program: BpfAssembler, to: number, from: number, offset: number): void {
  program.load(8, 5, OUT, from)
  readKernel(program, OUT, to, 8, 5, offset)
}
