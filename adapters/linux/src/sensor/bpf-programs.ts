import { BpfAssembler } from './bpf-assembler.ts'
import {
  type BpfProgram,
  emit,
  finish,
  follow,
  HELPER,
  leaveUnlessLeader,
  OUT,
  type ProgramMaps,
  readKernel,
  TASK,
  useScratch,
  useStack,
  writeIdentity,
  writeTask,
} from './bpf-parts.ts'
import type { KernelOffsets } from './kernel-offsets.ts'
import { KIND, LIMIT, RECORD } from './record-layout.ts'

/**
 * The programs that run in the kernel. They are constants: nothing that arrives over the network, and no content,
 * ever changes them; only the structure offsets and the map descriptors differ between machines. Each one copies a
 * few fields into the ring buffer and cannot block, fail or alter the process that it observes.
 */

/** Work area at the end of the scratch value. The verifier forgets what is stored here, so the loop stays cheap to prove. */
const WORK = { entry: 8128, mount: 8136, next: 8144, root: 8152, end: 8160, textEnd: 8168 }

/** @returns the programs in the order in which to attach them: a fork must be known before its exec */
export function processPrograms(offsets: KernelOffsets, maps: ProgramMaps): readonly BpfProgram[] {
  return [
    { name: 'fb_fork', attach: 'raw', tracepoint: 'sched_process_fork', code: forkProgram(offsets, maps) },
    { name: 'fb_exec', attach: 'raw', tracepoint: 'sched_process_exec', code: execProgram(offsets, maps) },
    { name: 'fb_exit', attach: 'raw', tracepoint: 'sched_process_exit', code: exitProgram(offsets, maps) },
  ]
}

/** Context: parent task, child task. Threads are no processes: they are left out here, in the kernel. */
function forkProgram(offsets: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, TASK, 1, 8)
  useStack(program)
  writeIdentity(program, offsets)
  leaveUnlessLeader(program)
  writeTask(program, KIND.fork, offsets)
  program.set(8, RECORD.text)
  return finish(emit(program, maps, 0))
}

/** Context: task, dead flag or nothing. Only the leader's end is the end of a process. */
function exitProgram(offsets: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, TASK, 1, 0)
  useStack(program)
  writeIdentity(program, offsets)
  leaveUnlessLeader(program)
  writeTask(program, KIND.exit, offsets)
  program.set(8, RECORD.text)
  return finish(emit(program, maps, 0))
}

/** Context: task, old pid, binprm. Everything here is the kernel's own copy: the process can't change it any more. */
function execProgram(offsets: KernelOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, TASK, 1, 0).load(8, 9, 1, 16)
  useScratch(program, maps.scratch, 0)
  writeIdentity(program, offsets)
  writeTask(program, KIND.exec, offsets)
  writeExecutable(program, offsets)
  writeArguments(program, offsets)
  writeWorkingDirectory(program, offsets)
  return finish(emit(program, maps, 0))
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

/** Work slot `to` = the pointer at the address in work slot `from`, plus `offset`. */
function readThrough(program: BpfAssembler, to: number, from: number, offset: number): void {
  program.load(8, 5, OUT, from)
  readKernel(program, OUT, to, 8, 5, offset)
}
