import { SYS } from '../sandbox/syscall-numbers.ts'
import { BpfAssembler } from './bpf-assembler.ts'
import {
  type BpfProgram,
  count,
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
  VARIABLE,
  WORKPLACE,
  WORKPLACE_SIZE_BYTES,
  writeIdentity,
  writeTask,
} from './bpf-parts.ts'
import {
  AF_INET,
  AF_INET6,
  type AllOffsets,
  CONTEXT,
  findSocket,
  PROTOCOL_UDP,
  readShort,
  writeFamily,
  writeLocal,
  writeRemote,
} from './bpf-socket-programs.ts'
import type { CallOffsets } from './kernel-offsets.ts'
import { COUNTER, DATAGRAM, KIND, LIMIT, RECORD, TCP } from './record-layout.ts'

/**
 * UDP. A datagram is reported when its process has not sent to that address and port for REPEAT_MS; what goes to a
 * name server is always reported, with its payload, so that the question can be read.
 */

/** A process that keeps sending to one place gives one event in this time. */
const REPEAT_MS = 30_000

/** struct user_msghdr on 64 bits. */
const MESSAGE = { name: 0, nameLength: 8, vector: 16 }
const MULTIPLE_MESSAGE_SIZE_BYTES = 64
/** Of one sendmmsg: a resolver sends two, A and AAAA. */
const MESSAGES_MAX = 4

const DOMAIN_PORT = 0x3500 // 53 in network order, read as little endian
const NS_PER_MS = 1_000_000
const DATAGRAM_BYTES_MAX = 65_535

/** Work area at the end of the workplace: the start of the address as given, which is family, port and IPv4 address. */
const GIVEN_ADDRESS = WORKPLACE_SIZE_BYTES - 8

type Sender = 'sendto' | 'sendmsg' | 'sendmmsg'

export function datagramPrograms(offsets: AllOffsets, maps: ProgramMaps): readonly BpfProgram[] {
  return (['sendto', 'sendmsg', 'sendmmsg'] as const).map((sender) => ({
    name: `fb_${sender}`,
    attach: 'syscall',
    tracepoint: `sys_enter_${sender}`,
    code: datagramCode(sender, offsets, maps),
  }))
}

/**
 * What the three calls do not cover: write(2) on a connected socket (Go's resolver), io_uring, and programs of 32 bits.
 * All that these leave to see is the socket, after the fact; of write also the payload. Needs no tracefs, but Linux 6.3.
 */
export function writeProgram(offsets: AllOffsets & CallOffsets, maps: ProgramMaps): BpfProgram {
  return { name: 'fb_write', attach: 'raw', tracepoint: 'sock_send_length', code: writeCode(offsets, maps) }
}

/** One turn of the loop per message. r9 is the socket throughout, OUT the record. */
function datagramCode(sender: Sender, offsets: AllOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler()
  takeArguments(program, sender)
  program.load(8, 8, FRAME, VARIABLE.descriptor).call(HELPER.task).copy(TASK, 0)
  findSocket(program, offsets)
  readShort(program, 9, offsets.sockProtocol).jumpIf(1, '!=', PROTOCOL_UDP, 'leave')
  useScratch(program, maps.workplaces, WORKPLACE[sender])
  program.label('message')
  if (sender !== 'sendto') readMessage(program)
  writeFamily(program, offsets)
  writeRemote(program, offsets)
  writeGivenAddress(program)
  reportDatagram(program, offsets, maps)
  if (sender === 'sendmmsg') nextMessage(program)
  return finish(program)
}

/** Context: socket, bytes sent or an error, flags. */
function writeCode(offsets: AllOffsets & CallOffsets, maps: ProgramMaps): Uint8Array {
  const program = new BpfAssembler().load(8, 9, 1, 0).load(4, 8, 1, 8)
  readShort(program, 9, offsets.sockProtocol).jumpIf(1, '!=', PROTOCOL_UDP, 'leave')
  readShort(program, 9, offsets.sockFamily).jumpIf(1, '==', AF_INET, 'internet').jumpIf(1, '!=', AF_INET6, 'leave')
  program.label('internet').store(8, FRAME, VARIABLE.descriptor, 8).load(4, 1, FRAME, VARIABLE.descriptor)
  program.jumpIf(1, '>', DATAGRAM_BYTES_MAX, 'leave') // an error: negative
  program.call(HELPER.task).copy(TASK, 0)
  program.call(HELPER.currentTask).copy(1, 0).call(HELPER.taskRegisters).copy(8, 0)
  for (const variable of [VARIABLE.buffer, VARIABLE.length, VARIABLE.turn]) program.storeConstant(8, FRAME, variable, 0)
  readKernel(program, FRAME, VARIABLE.turn, 4, 8, offsets.callNumber)
  program.load(8, 1, FRAME, VARIABLE.turn)
  for (const call of [SYS.sendto, SYS.sendmsg, SYS.sendmmsg]) program.jumpIf(1, '==', call, 'leave')
  program.jumpIf(1, '!=', SYS.write, 'unread')
  readKernel(program, FRAME, VARIABLE.buffer, 8, 8, offsets.callSecond)
  readKernel(program, FRAME, VARIABLE.length, 8, 8, offsets.callThird)
  program.label('unread')
  useScratch(program, maps.workplaces, WORKPLACE.write)
  writeFamily(program, offsets)
  writeRemote(program, offsets)
  reportDatagram(program, offsets, maps)
  return finish(program)
}

/** Goes on at `next`, having reported the datagram to OUT's far end or not. */
function reportDatagram(program: BpfAssembler, offsets: AllOffsets, maps: ProgramMaps): void {
  program.load(2, 1, OUT, TCP.portRemote).jumpIf(1, '==', 0, 'next')
  writeIdentity(program, offsets)
  follow(program, 8, TASK, offsets.taskLeader)
  readKernel(program, OUT, RECORD.startNs, 8, 8, offsets.taskStart)
  program.storeConstant(4, OUT, DATAGRAM.payloadLength, 0)
  program.load(2, 1, OUT, TCP.portRemote).jumpIf(1, '==', DOMAIN_PORT, 'question')
  skipRepeat(program, maps)
  program.jump('report').label('question')
  writePayload(program)
  program.label('report')
  writeLocal(program, offsets)
  writeTask(program, KIND.datagram, offsets)
  program.load(4, 8, OUT, DATAGRAM.payloadLength).addConstant(8, DATAGRAM.payload)
  emit(program, maps, 1).label('next')
}

function takeArguments(program: BpfAssembler, sender: Sender): void {
  const [first, second, third, , fifth] = CONTEXT.arguments
  const take = (argument: number, to: number): BpfAssembler => program.load(8, 2, 1, argument).store(8, FRAME, to, 2)
  take(first, VARIABLE.descriptor)
  if (sender === 'sendto') {
    take(second, VARIABLE.buffer)
    take(third, VARIABLE.length)
    take(fifth, VARIABLE.address)
    return
  }
  take(second, VARIABLE.message)
  if (sender === 'sendmmsg') take(third, VARIABLE.messages).storeConstant(8, FRAME, VARIABLE.turn, 0)
}

/** Address and first buffer of the message. A name without length is no name, to the kernel too. */
function readMessage(program: BpfAssembler): void {
  readUser(program, VARIABLE.address, VARIABLE.message, MESSAGE.name)
  readUser(program, VARIABLE.length, VARIABLE.message, MESSAGE.nameLength)
  program.load(4, 1, FRAME, VARIABLE.length).jumpIf(1, '!=', 0, 'named').storeConstant(8, FRAME, VARIABLE.address, 0)
  program.label('named')
  readUser(program, VARIABLE.vector, VARIABLE.message, MESSAGE.vector)
  readUser(program, VARIABLE.buffer, VARIABLE.vector, 0)
  readUser(program, VARIABLE.length, VARIABLE.vector, 8)
}

/** Stack variable `to` = 8 bytes of the caller's memory, zero when they are not readable. */
function readUser(program: BpfAssembler, to: number, from: number, offset: number): void {
  program.copy(1, FRAME).addConstant(1, to).set(2, 8).load(8, 3, FRAME, from).addConstant(3, offset)
  program.call(HELPER.readUser)
}

/**
 * Replaces the far end by the address given with the call, as the kernel would take it: without a family it counts as
 * IPv4 on an IPv4 socket, and not at all on an IPv6 socket.
 */
function writeGivenAddress(program: BpfAssembler): void {
  program.load(8, 3, FRAME, VARIABLE.address).jumpIf(3, '==', 0, 'addressed')
  program.copy(1, OUT).addConstant(1, GIVEN_ADDRESS).set(2, 8).call(HELPER.readUser)
  program.load(2, 1, OUT, GIVEN_ADDRESS).jumpIf(1, '==', AF_INET6, 'ipv6').jumpIf(1, '==', AF_INET, 'ipv4')
  program.jumpIf(1, '!=', 0, 'next').load(2, 1, OUT, TCP.family).jumpIf(1, '!=', AF_INET, 'addressed')
  program
    .label('ipv4')
    .load(4, 1, OUT, GIVEN_ADDRESS + 4)
    .store(4, OUT, TCP.addressRemote, 1)
  program.storeConstant(2, OUT, TCP.family, AF_INET).jump('port')
  program.label('ipv6').load(8, 3, FRAME, VARIABLE.address).addConstant(3, 8)
  program.copy(1, OUT).addConstant(1, TCP.address6Remote).set(2, 16).call(HELPER.readUser)
  program.storeConstant(2, OUT, TCP.family, AF_INET6)
  program
    .label('port')
    .load(2, 1, OUT, GIVEN_ADDRESS + 2)
    .store(2, OUT, TCP.portRemote, 1)
  program.label('addressed')
}

/** Goes to `next`, and counts, when this process sent there lately; else remembers that it did now. */
function skipRepeat(program: BpfAssembler, maps: ProgramMaps): void {
  const { key, now } = VARIABLE
  program.load(8, 1, OUT, RECORD.startNs).store(8, FRAME, key, 1)
  program.load(4, 1, OUT, RECORD.tgid).store(4, FRAME, key + 8, 1)
  program.load(2, 1, OUT, TCP.portRemote).store(2, FRAME, key + 12, 1)
  program
    .load(2, 1, OUT, TCP.family)
    .store(2, FRAME, key + 14, 1)
    .jumpIf(1, '==', AF_INET6, 'key6')
  program
    .load(4, 1, OUT, TCP.addressRemote)
    .store(8, FRAME, key + 16, 1)
    .storeConstant(8, FRAME, key + 24, 0)
  program
    .jump('key')
    .label('key6')
    .load(8, 1, OUT, TCP.address6Remote)
    .store(8, FRAME, key + 16, 1)
  program
    .load(8, 1, OUT, TCP.address6Remote + 8)
    .store(8, FRAME, key + 24, 1)
    .label('key')
  program.call(HELPER.bootNs).store(8, FRAME, now, 0)
  leaveRepeat(program, maps, 'next')
}

/** Goes to `away`, and counts, when the stack's key was seen less than REPEAT_MS before `now`; else stores it. */
export function leaveRepeat(program: BpfAssembler, maps: ProgramMaps, away: string): void {
  program.copy(2, FRAME).addConstant(2, VARIABLE.key).loadMap(1, maps.repeats).call(HELPER.mapLookup)
  program.jumpIf(0, '==', 0, 'fresh').load(8, 1, FRAME, VARIABLE.now).load(8, 2, 0, 0).subtract(1, 2)
  program.set(2, REPEAT_MS).multiplyConstant(2, NS_PER_MS).jumpIfRegister(1, '>=', 2, 'fresh')
  count(program, maps, COUNTER.repeats, away)
  program.jump(away).label('fresh').copy(2, FRAME).addConstant(2, VARIABLE.key)
  program.copy(3, FRAME).addConstant(3, VARIABLE.now).set(4, 0).loadMap(1, maps.repeats).call(HELPER.mapUpdate)
}

function writePayload(program: BpfAssembler): void {
  program.load(8, 8, FRAME, VARIABLE.length).jumpIf(8, '<', LIMIT.payloadBytes, 'short').set(8, LIMIT.payloadBytes)
  program.label('short').andConstant(8, 2 * LIMIT.payloadBytes - 1)
  program.copy(1, OUT).addConstant(1, DATAGRAM.payload).copy(2, 8).load(8, 3, FRAME, VARIABLE.buffer)
  program.call(HELPER.readUser).jumpIf(0, '!=', 0, 'report').store(4, OUT, DATAGRAM.payloadLength, 8)
}

function nextMessage(program: BpfAssembler): void {
  program.load(8, 1, FRAME, VARIABLE.message).addConstant(1, MULTIPLE_MESSAGE_SIZE_BYTES)
  program.store(8, FRAME, VARIABLE.message, 1)
  program.load(8, 1, FRAME, VARIABLE.turn).addConstant(1, 1).store(8, FRAME, VARIABLE.turn, 1)
  program.load(4, 2, FRAME, VARIABLE.messages).jumpIfRegister(1, '>=', 2, 'leave')
  program.jumpIf(1, '<', MESSAGES_MAX, 'message')
}
