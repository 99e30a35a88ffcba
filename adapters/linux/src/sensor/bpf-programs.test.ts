import assert from 'node:assert/strict'
import { test } from 'node:test'
import { accessPrograms, memoryFileProgram } from './bpf-access-programs.ts'
import { datagramPrograms, writeProgram } from './bpf-datagram-programs.ts'
import type { ProgramMaps } from './bpf-parts.ts'
import { processPrograms } from './bpf-programs.ts'
import { connectProgram, socketPrograms } from './bpf-socket-programs.ts'
import type { AccessOffsets, CallOffsets, KernelOffsets, NetworkOffsets, SocketOffsets } from './kernel-offsets.ts'

// Values of one Linux 6.18. Any others must give programs of the same shape.
const OFFSETS: KernelOffsets = {
  taskMm: 1136,
  taskParent: 1280,
  taskLeader: 1328,
  taskTgid: 1268,
  taskPid: 1264,
  taskStart: 1560,
  taskFs: 1816,
  mmArgStart: 480,
  mmArgEnd: 488,
  binprmFile: 64,
  binprmInterp: 104,
  fileInode: 32,
  inodeNumber: 64,
  inodeSuperBlock: 40,
  superBlockDevice: 16,
  fsWorkingMount: 40,
  fsWorkingEntry: 48,
  mountRoot: 32,
  mountVfs: 32,
  mountParent: 16,
  mountPoint: 24,
  entryParent: 24,
  entryName: 40,
}
const NETWORK: NetworkOffsets = {
  sockFamily: 16,
  sockPortLocal: 14,
  sockPortRemote: 12,
  sockAddressLocal: 4,
  sockAddressRemote: 0,
  sockAddress6Local: 72,
  sockAddress6Remote: 56,
  sockProtocol: 532,
}

const SOCKETS: SocketOffsets = {
  taskFiles: 1824,
  filesTable: 32,
  tableFiles: 8,
  tableSize: 0,
  filePrivate: 24,
  inodeMode: 0,
  socketSock: 24,
}
const ACCESS: AccessOffsets = { taskPidEntry: 1392, pidLevel: 4 }
const REGISTERS: CallOffsets = { callNumber: 120, callSecond: 104, callThird: 96 }
const ALL = { ...OFFSETS, ...NETWORK, ...SOCKETS, ...ACCESS, ...REGISTERS }

/** Helpers that only read, use a map of ours, or append to our ring. Source: include/uapi/linux/bpf.h. */
const HARMLESS_HELPERS: ReadonlySet<number> = new Set([
  1, 2, 3, 14, 15, 16, 35, 80, 112, 113, 114, 115, 125, 130, 134, 158, 175,
])
/** Those that put their first argument's map to use. */
const MAP_HELPERS: ReadonlySet<number> = new Set([1, 2, 3, 130, 134])
const MAPS = { ring: 3, scratch: 4, workplaces: 5, counters: 6, repeats: 7, binding: 8 }
const STACK_SIZE_BYTES = 512
const CALL = 0x85
const EXIT = 0x95
const LOAD_MAP = 0x18
const FRAME = 10

interface Decoded {
  readonly op: number
  readonly dst: number
  readonly src: number
  readonly off: number
  readonly imm: number
}

function decode(code: Uint8Array): readonly Decoded[] {
  const view = new DataView(code.buffer, code.byteOffset, code.length)
  return Array.from({ length: code.length / 8 }, (_, i) => ({
    op: view.getUint8(8 * i),
    dst: view.getUint8(8 * i + 1) & 15,
    src: view.getUint8(8 * i + 1) >> 4,
    off: view.getInt16(8 * i + 2, true),
    imm: view.getInt32(8 * i + 4, true),
  }))
}

const programs = (maps: ProgramMaps) => [
  ...processPrograms(OFFSETS, maps),
  connectProgram(ALL, maps),
  ...socketPrograms(ALL, maps),
  ...datagramPrograms(ALL, maps),
  writeProgram(ALL, maps),
  ...accessPrograms(ALL, maps),
  memoryFileProgram(OFFSETS, maps),
]
const isJump = ({ op }: Decoded): boolean => [5, 6].includes(op & 7) && op !== CALL && op !== EXIT

for (const { name, attach, tracepoint, code } of programs(MAPS)) {
  const instructions = decode(code)

  test(`${name}: whole instructions, ends in exit, and every jump lands on an instruction`, () => {
    assert.equal(code.length % 8, 0)
    assert.equal(instructions.at(-1)?.op, EXIT)
    for (const [index, instruction] of instructions.entries()) {
      if (!isJump(instruction)) continue
      const target = index + 1 + instruction.off
      assert.ok(target >= 0 && target < instructions.length, `${index} jumps to ${target}`)
      assert.notEqual(instructions[target - 1]?.op, LOAD_MAP, `${index} jumps into a map load`)
    }
  })

  test(`${name}: calls nothing that could change the process it observes`, () => {
    for (const { op, imm } of instructions) if (op === CALL) assert.ok(HARMLESS_HELPERS.has(imm), `helper ${imm}`)
  })

  test(`${name}: hangs on to one system call, or to a raw tracepoint that is not on every system call`, () => {
    if (attach === 'syscall') assert.match(tracepoint, /^sys_(?:enter|exit)_[a-z0-9_]+$/)
    else assert.ok(!tracepoint.startsWith('sys_'))
  })

  test(`${name}: maps are named right before they are used, and only process records have the whole ring`, () => {
    const calls = instructions.flatMap(({ op, imm }, at) => (op === CALL && MAP_HELPERS.has(imm) ? [{ imm, at }] : []))
    for (const { at } of calls) assert.ok(instructions.slice(Math.max(at - 6, 0), at).some(({ op }) => op === LOAD_MAP))
    const asks = calls.some(({ imm }) => imm === 134)
    const sends = calls.some(({ imm }) => imm === 130)
    assert.equal(asks, sends && !['fb_fork', 'fb_exec', 'fb_exit'].includes(name))
  })

  test(`${name}: stays within the stack and refers to its own maps only`, () => {
    for (const { op, dst, src, off, imm } of instructions) {
      const kind = op & 7
      if ((kind === 2 || kind === 3) && dst === FRAME) assert.ok(off < 0 && off >= -STACK_SIZE_BYTES)
      if (op === LOAD_MAP) assert.ok(src === 1 && Object.values(MAPS).includes(imm))
    }
  })
}

test('the same machine gives the same bytes; other map descriptors change nothing but the map loads', () => {
  assert.deepEqual(programs(MAPS), programs(MAPS))
  const other = programs({ ring: 30, scratch: 40, workplaces: 50, counters: 60, repeats: 70, binding: 80 })
  for (const [index, program] of programs(MAPS).entries()) {
    const theirs = decode(other[index]?.code ?? new Uint8Array())
    const changed = decode(program.code).filter((one, at) => JSON.stringify(one) !== JSON.stringify(theirs[at]))
    assert.deepEqual(new Set(changed.map(({ op }) => op)), new Set([LOAD_MAP]))
  }
})
