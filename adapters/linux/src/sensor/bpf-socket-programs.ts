import { BpfAssembler, type Register, type Width } from './bpf-assembler.ts'
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
  SLOT,
  TASK,
  useStack,
  VARIABLE,
  writeIdentity,
  writeTask,
} from './bpf-parts.ts'
import type { KernelOffsets, NetworkOffsets, SocketOffsets } from './kernel-offsets.ts'
import { KIND, TCP } from './record-layout.ts'

/** Programs on sockets: TCP connections in both directions, and addresses that a process takes. */

const TCP_SYN_SENT = 2
const TCP_CLOSE = 7
const PROTOCOL_TCP = 6
export const PROTOCOL_UDP = 17
export const AF_INET = 2
export const AF_INET6 = 10
const FILE_TYPE_MASK = 0xf000
const SOCKET_FILE = 0xc000

/** The context of a system call tracepoint: its arguments, or its result. The same on x86-64 and arm64. */
export const CONTEXT = { arguments: [16, 24, 32, 40, 48], result: 16 } as const

export type AllOffsets = KernelOffsets & NetworkOffsets & SocketOffsets

/** Outbound TCP. Needs neither tracefs nor the offsets of files. */
export function connectProgram(offsets: KernelOffsets & NetworkOffsets, maps: ProgramMaps): BpfProgram {
  const code = connectCode(offsets, maps)
  return { name: 'fb_connect', attach: 'raw', tracepoint: 'inet_sock_set_state', code }
}

/** Connections that are accepted, addresses that are bound. */
export function socketPrograms(offsets: AllOffsets, maps: ProgramMaps): readonly BpfProgram[] {
  const accept = acceptCode(offsets, maps)
  return [
    { name: 'fb_accept', attach: 'syscall', tracepoint: 'sys_exit_accept', code: accept },
    { name: 'fb_accept4', attach: 'syscall', tracepoint: 'sys_exit_accept4', code: accept },
    { name: 'fb_bind', attach: 'syscall', tracepoint: 'sys_enter_bind', code: bindCode(maps) },
    { name: 'fb_bound', attach: 'syscall', tracepoint: 'sys_exit_bind', code: boundCode(offsets, maps) },
  ]
}

/** Context: socket, old state, new state. CLOSE to SYN_SENT happens in the connecting process itself. */
function connectCode(offsets: KernelOffsets & NetworkOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(4, 2, 1, 8).jumpIf(2, '!=', TCP_CLOSE, 'leave')
  program.load(4, 2, 1, 16).jumpIf(2, '!=', TCP_SYN_SENT, 'leave').load(8, 9, 1, 0)
  readShort(program, 9, offsets.sockProtocol).jumpIf(1, '!=', PROTOCOL_TCP, 'leave')
  program.call(HELPER.task).copy(TASK, 0)
  return writeSocket(program, KIND.connect, offsets, maps)
}

/**
 * The accepting process gets the connection's descriptor as the result. (The connection's own change of state is no
 * help: it happens whenever the last packet of the handshake arrives, in whatever process that interrupts.)
 */
function acceptCode(offsets: AllOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, 8, 1, CONTEXT.result).jumpIf(8, 'signed <', 0, 'leave')
  program.call(HELPER.task).copy(TASK, 0)
  findSocket(program, offsets)
  readShort(program, 9, offsets.sockProtocol).jumpIf(1, '!=', PROTOCOL_TCP, 'leave')
  return writeSocket(program, KIND.accept, offsets, maps)
}

/** Remembers the descriptor: only when the call succeeds, and only then, does the socket say where it is bound. */
function bindCode(maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, 8, 1, CONTEXT.arguments[0]).store(8, FRAME, VARIABLE.descriptor, 8)
  program.call(HELPER.threadId).store(8, FRAME, SLOT, 0)
  program.copy(2, FRAME).addConstant(2, SLOT).copy(3, FRAME).addConstant(3, VARIABLE.descriptor)
  return finish(program.set(4, 0).loadMap(1, maps.binding).call(HELPER.mapUpdate))
}

function boundCode(offsets: AllOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, 9, 1, CONTEXT.result).call(HELPER.threadId).store(8, FRAME, SLOT, 0)
  program.copy(2, FRAME).addConstant(2, SLOT).loadMap(1, maps.binding).call(HELPER.mapLookup)
  program.jumpIf(0, '==', 0, 'leave').load(8, 8, 0, 0)
  program.copy(2, FRAME).addConstant(2, SLOT).loadMap(1, maps.binding).call(HELPER.mapDelete)
  program.jumpIf(9, '!=', 0, 'leave').call(HELPER.task).copy(TASK, 0)
  findSocket(program, offsets)
  readShort(program, 9, offsets.sockProtocol).jumpIf(1, '==', PROTOCOL_TCP, 'wanted')
  program.jumpIf(1, '!=', PROTOCOL_UDP, 'leave').label('wanted')
  return writeSocket(program, KIND.bind, offsets, maps)
}

/** A whole record on the socket in r9, from the stack. */
function writeSocket(
  program: BpfAssembler,
  kind: number,
  offsets: KernelOffsets & NetworkOffsets,
  maps: ProgramMaps,
): Uint8Array {
  useStack(program)
  writeIdentity(program, offsets)
  writeTask(program, kind, offsets)
  writeFamily(program, offsets)
  writeLocal(program, offsets)
  writeRemote(program, offsets)
  return finish(emit(program.set(8, TCP.end), maps, 1))
}

/** OUT's family, from the socket in r9. */
export function writeFamily(program: BpfAssembler, offsets: NetworkOffsets): void {
  readField(program, TCP.family, 2, offsets.sockFamily)
}

/** OUT's protocol and own end, from the socket in r9. */
export function writeLocal(program: BpfAssembler, offsets: NetworkOffsets): void {
  readField(program, TCP.protocol, 2, offsets.sockProtocol)
  readField(program, TCP.portLocal, 2, offsets.sockPortLocal)
  readField(program, TCP.addressLocal, 4, offsets.sockAddressLocal)
  readField(program, TCP.address6Local, 16, offsets.sockAddress6Local)
}

/** OUT's far end, from the socket in r9. */
export function writeRemote(program: BpfAssembler, offsets: NetworkOffsets): void {
  readField(program, TCP.portRemote, 2, offsets.sockPortRemote)
  readField(program, TCP.addressRemote, 4, offsets.sockAddressRemote)
  readField(program, TCP.address6Remote, 16, offsets.sockAddress6Remote)
}

function readField(program: BpfAssembler, to: number, sizeBytes: Width | 16, from: number): void {
  readKernel(program, OUT, to, sizeBytes, 9, from)
}

/** r1 = the two bytes of kernel memory at base + offset. */
export function readShort(program: BpfAssembler, base: Register, offset: number): BpfAssembler {
  program.storeConstant(8, FRAME, SLOT, 0)
  readKernel(program, FRAME, SLOT, 2, base, offset)
  return program.load(2, 1, FRAME, SLOT)
}

/** r9 = the IPv4 or IPv6 socket behind TASK's descriptor r8; leaves when that is something else. */
export function findSocket(program: BpfAssembler, offsets: AllOffsets): void {
  follow(program, 9, TASK, offsets.taskFiles)
  follow(program, 9, 9, offsets.filesTable)
  program.storeConstant(8, FRAME, SLOT, 0)
  readKernel(program, FRAME, SLOT, 4, 9, offsets.tableSize)
  program.store(8, FRAME, VARIABLE.descriptor, 8).load(4, 8, FRAME, VARIABLE.descriptor) // an int to the kernel too
  program.load(4, 1, FRAME, SLOT).jumpIfRegister(8, '>=', 1, 'leave')
  follow(program, 9, 9, offsets.tableFiles)
  program.add(8, 8).add(8, 8).add(8, 8).add(9, 8) // 8 bytes each
  follow(program, 9, 9, 0)
  follow(program, 8, 9, offsets.fileInode)
  readShort(program, 8, offsets.inodeMode).andConstant(1, FILE_TYPE_MASK).jumpIf(1, '!=', SOCKET_FILE, 'leave')
  follow(program, 9, 9, offsets.filePrivate)
  follow(program, 9, 9, offsets.socketSock)
  readShort(program, 9, offsets.sockFamily).jumpIf(1, '==', AF_INET, 'internet')
  program.jumpIf(1, '!=', AF_INET6, 'leave').label('internet')
}
