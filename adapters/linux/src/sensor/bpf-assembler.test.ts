import assert from 'node:assert/strict'
import { test } from 'node:test'
import { BpfAssembler, INSTRUCTION_COUNT_MAX } from './bpf-assembler.ts'

const hex = (program: BpfAssembler): string => Buffer.from(program.assemble()).toString('hex')

// Expected bytes: worked out by hand from the instruction set's description.
const ENCODINGS: readonly (readonly [string, (program: BpfAssembler) => BpfAssembler, string])[] = [
  ['r7 = r10', (p) => p.copy(7, 10), 'bfa7000000000000'],
  ['r2 = 16', (p) => p.set(2, 16), 'b702000010000000'],
  ['r2 = -1', (p) => p.set(2, -1), 'b7020000ffffffff'],
  ['r1 += r8', (p) => p.add(1, 8), '0f81000000000000'],
  ['r1 += -160', (p) => p.addConstant(1, -160), '0701000060ffffff'],
  ['r9 -= r3', (p) => p.subtract(9, 3), '1f39000000000000'],
  ['r2 *= 1000000', (p) => p.multiplyConstant(2, 1_000_000), '2702000040420f00'],
  ['r9 &= 4095', (p) => p.andConstant(9, 4095), '57090000ff0f0000'],
  ['r3 = *(u64 *)(r10 - 8)', (p) => p.load(8, 3, 10, -8), '79a3f8ff00000000'],
  ['r3 = *(u32 *)(r1 + 16)', (p) => p.load(4, 3, 1, 16), '6113100000000000'],
  ['r1 = *(u16 *)(r10 - 8)', (p) => p.load(2, 1, 10, -8), '69a1f8ff00000000'],
  ['r1 = *(u8 *)(r2 + 1)', (p) => p.load(1, 1, 2, 1), '7121010000000000'],
  ['*(u64 *)(r7 + 8) = r0', (p) => p.store(8, 7, 8, 0), '7b07080000000000'],
  ['*(u8 *)(r7 + 8) = r0', (p) => p.store(1, 7, 8, 0), '7307080000000000'],
  ['*(u32 *)(r10 - 8) = 0', (p) => p.storeConstant(4, 10, -8, 0), '620af8ff00000000'],
  ['lock *(u64 *)(r0 + 0) += r1', (p) => p.atomicAdd(0, 0, 1), 'db10000000000000'],
  ['r1 = map[fd 5]', (p) => p.loadMap(1, 5), '18110000050000000000000000000000'],
  ['call 113', (p) => p.call(113), '8500000071000000'],
  ['exit', (p) => p.exit(), '9500000000000000'],
  [
    'if r0 == 0 goto +1',
    (p) => p.jumpIf(0, '==', 0, 'x').exit().label('x').exit(),
    '150001000000000095000000000000009500000000000000',
  ],
  ['if r0 s< 1 goto +0', (p) => p.jumpIf(0, 'signed <', 1, 'x').label('x').exit(), 'c5000000010000009500000000000000'],
  ['if r1 == r2 goto -1', (p) => p.label('x').jumpIfRegister(1, '==', 2, 'x'), '1d21ffff00000000'],
  ['goto -2', (p) => p.label('x').exit().jump('x'), '95000000000000000500feff00000000'],
  [
    'goto over a map load',
    (p) => p.jump('x').loadMap(1, 1).label('x'),
    '050002000000000018110000010000000000000000000000',
  ],
]

for (const [name, build, expected] of ENCODINGS) {
  test(`assembles ${name}`, () => assert.equal(hex(build(new BpfAssembler())), expected))
}

const REFUSED: readonly (readonly [string, () => unknown])[] = [
  ['a label that is not there', () => new BpfAssembler().jump('nowhere').assemble()],
  ['a label that is there twice', () => new BpfAssembler().label('x').exit().label('x')],
  ['an offset beyond 16 bits', () => new BpfAssembler().load(8, 1, 2, 32_768)],
  ['a constant beyond 32 bits', () => new BpfAssembler().set(1, 2 ** 31)],
  ['a constant that is no integer', () => new BpfAssembler().set(1, 0.5)],
  ['a constant that is no number', () => new BpfAssembler().addConstant(1, Number.NaN)],
  ['a program that is too long', () => tooLong().assemble()],
]

for (const [name, build] of REFUSED) {
  test(`refuses ${name}`, () => assert.throws(build, { code: 'linux/bpf-assembler' }))
}

function tooLong(): BpfAssembler {
  const program = new BpfAssembler()
  for (let k = 0; k < INSTRUCTION_COUNT_MAX; k++) program.exit()
  return program.exit()
}
