import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LinuxError } from '../errors.ts'
import { parseBtf } from './btf.ts'
import { callOffsets, kernelOffsets } from './kernel-offsets.ts'
import { btfBytes, type BtfType } from './testing/btf-bytes.ts'

// Type ids count from 1.
const TYPES: readonly BtfType[] = [
  { kind: 'int', name: 'long' }, // 1
  { kind: 'enum', name: 'colour', values: ['red', 'green'] }, // 2
  {
    kind: 'struct',
    name: 'inner',
    members: [
      { name: 'x', type: 1, bits: 0 },
      { name: 'y', type: 1, bits: 64 },
    ],
  }, // 3
  { kind: 'typedef', name: 'inner_t', to: 3 }, // 4
  { kind: 'const', to: 4 }, // 5
  {
    kind: 'union',
    name: '',
    members: [
      { name: 'u', type: 1, bits: 0 },
      { name: '', type: 7, bits: 64 },
    ],
  }, // 6
  { kind: 'struct', name: '', members: [{ name: 'deep', type: 1, bits: 32 }] }, // 7
  { kind: 'pointer', to: 3 }, // 8
  {
    kind: 'struct',
    name: 'outer',
    members: [
      { name: 'first', type: 1, bits: 0 },
      { name: 'nested', type: 5, bits: 64 },
      { name: '', type: 6, bits: 192 },
      { name: 'link', type: 8, bits: 320 },
    ],
  }, // 9
  {
    kind: 'struct',
    name: 'flags',
    bitfields: true,
    members: [
      { name: 'whole', type: 1, bits: 16 + 8 * 2 ** 24 },
      { name: 'bit', type: 1, bits: 3 + 1 * 2 ** 24 },
    ],
  }, // 10
  { kind: 'union', name: 'outer_union', members: [{ name: 'first', type: 1, bits: 0 }] }, // 11
]
const bytes = btfBytes(TYPES)

const OFFSETS: readonly (readonly [string, string, number | null])[] = [
  ['outer', 'first', 0],
  ['outer', 'nested', 8],
  ['outer', 'nested.y', 16],
  ['outer', 'u', 24],
  ['outer', 'deep', 36],
  ['outer', 'link', 40],
  ['flags', 'whole', 2],
  ['flags', 'bit', null],
  ['outer', 'missing', null],
  ['outer', 'nested.missing', null],
  ['outer', 'first.x', null],
  ['outer', 'link.x', null],
  ['oute', 'first', null],
  ['outer_union', 'first', null],
  ['colour', 'red', null],
]

for (const [struct, path, expected] of OFFSETS) {
  test(`${struct}.${path} is at ${expected}`, () => assert.equal(parseBtf(bytes).offsetOf(struct, path), expected))
}

test('finds members among very many types, whatever their number', () => {
  const fillers = Array.from({ length: 200 }, (_, i): BtfType => ({ kind: 'struct', name: `s${i}`, members: [] }))
  const inner = { kind: 'struct', name: 'inner', members: [{ name: 'x', type: 1, bits: 8 }] } as const
  for (let before = 0; before < fillers.length; before++) {
    const types = [...fillers.slice(0, before), inner, ...fillers.slice(before)]
    const outer = { kind: 'struct', name: 'outer', members: [{ name: 'in', type: before + 1, bits: 16 }] } as const
    assert.equal(parseBtf(btfBytes([...types, outer])).offsetOf('outer', 'in.x'), 3)
  }
})

test('a name that is the end of another is that name', () => {
  const wrong = { kind: 'struct', name: 'xouter', members: [{ name: 'a', type: 1, bits: 64 }] } as const
  const right = { kind: 'struct', name: 'outer', members: [{ name: 'a', type: 1, bits: 8 }] } as const
  assert.equal(parseBtf(btfBytes([wrong, right])).offsetOf('outer', 'a'), 1)
})

const patched = (at: number, value: number): Uint8Array => {
  const copy = Buffer.from(bytes)
  copy.writeUInt32LE(value, at)
  return copy
}

const REFUSED: readonly (readonly [string, Uint8Array])[] = [
  ['nothing', new Uint8Array()],
  ['half a header', bytes.subarray(0, 12)],
  ['another magic', patched(0, 0x464c457f)],
  ['names beyond the end', patched(20, bytes.length)],
  ['types beyond the end', patched(12, bytes.length)],
  ['a header longer than the file', patched(4, 0xffff_ffff)],
  ['a kind of the future', patched(24 + 4, 31 * 2 ** 24)],
  ['kind 0', patched(24 + 4, 0)],
  ['a cut last type', patched(12, 100)],
]

for (const [name, wrong] of REFUSED) {
  test(`refuses ${name}`, () => assert.throws(() => parseBtf(wrong), { code: 'linux/btf' }))
}

test('changed bytes give an answer or linux/btf, and nothing else', () => {
  const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 8 }), (changes) => {
      const wrong = Uint8Array.from(bytes)
      for (const [at, value] of changes) wrong[at] = value
      try {
        const btf = parseBtf(wrong)
        for (const [struct, path] of OFFSETS) btf.offsetOf(struct, path)
      } catch (error) {
        assert.ok(error instanceof LinuxError && error.code === 'linux/btf', String(error))
      }
    }),
  )
})

test('a kernel without a member that we need is refused by its name', () => {
  assert.throws(() => kernelOffsets(parseBtf(bytes)), { code: 'linux/btf', message: /this kernel has no \w+\.\w+/ })
})

test('registers: as each architecture calls them', () => {
  const field = (name: string, bytes: number) => ({ name, type: 1, bits: 8 * bytes })
  const long = { kind: 'int', name: 'long' } as const
  // arch/arm64/include/asm/ptrace.h: a union of user_pt_regs and its members, then orig_x0 and syscallno
  const arm64: BtfType[] = [
    long,
    { kind: 'struct', name: 'user_pt_regs', members: [field('regs', 0), field('sp', 248)] },
    { kind: 'struct', name: '', members: [field('regs', 0), field('sp', 248), field('pc', 256)] },
    {
      kind: 'union',
      name: '',
      members: [
        { name: 'user_regs', type: 2, bits: 0 },
        { name: '', type: 3, bits: 0 },
      ],
    },
    {
      kind: 'struct',
      name: 'pt_regs',
      members: [{ name: '', type: 4, bits: 0 }, field('orig_x0', 272), field('syscallno', 280)],
    },
  ]
  const x64: BtfType[] = [
    long,
    {
      kind: 'struct',
      name: 'pt_regs',
      members: [field('dx', 96), field('si', 104), field('di', 112), field('orig_ax', 120)],
    },
  ]
  const offsets = (types: readonly BtfType[], architecture: 'arm64' | 'x64') =>
    callOffsets(parseBtf(btfBytes(types)), architecture)
  assert.deepEqual(offsets(arm64, 'arm64'), { callNumber: 280, callSecond: 8, callThird: 16 })
  assert.deepEqual(offsets(x64, 'x64'), { callNumber: 120, callSecond: 104, callThird: 96 })
  assert.equal(offsets(x64, 'arm64'), null)
})
