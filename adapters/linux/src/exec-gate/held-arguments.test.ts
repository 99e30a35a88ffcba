import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { byteText } from '../sensor/byte-text.ts'
import { decodeArguments, encodeArguments } from './arguments-batch.ts'
import { HELD_ARGUMENTS_BYTES_MAX, parseHeldCall, readArguments, type ReadMemory } from './held-arguments.ts'

const REST = '0x7ffd0 0x7ffd1 0x0 0x0 0x0 0x7ffd2 0x7f003'

/** Text of /proc/PID/syscall, the architecture, and the address of argv. */
const CALLS: readonly (readonly [string, 'x64' | 'arm64', bigint | null])[] = [
  [`59 0x1 0xabc ${REST}`, 'x64', 0xabcn],
  [`322 0x1 0x2 0xdef ${REST}`, 'x64', 0xdefn],
  [`221 0x1 0xabc ${REST}`, 'arm64', 0xabcn],
  [`281 0x1 0x2 0xdef ${REST}`, 'arm64', 0xdefn],
  [`221 0x1 0xabc ${REST}`, 'x64', null],
  [`0 0x1 0xabc ${REST}`, 'x64', null],
  ['running', 'x64', null],
  ['-1 0x7ffd 0x7f', 'x64', null],
  ['59', 'x64', null],
  ['59 0x1 abc', 'x64', null],
  ['59 0x1 0x11112222333344445', 'x64', null],
  ['', 'x64', null],
]

for (const [text, architecture, argv] of CALLS) {
  test(`a call on ${architecture}: ${text.slice(0, 24)}`, () => {
    assert.deepEqual(parseHeldCall(`${text}\n`, architecture), argv === null ? null : { argv })
  })
}

const BASE = 0x7fff_0000_0f00n // near the end of a page
const PAGE = 4096n

/** A process's memory from BASE on; what is beyond its end is not there. */
function memory(bytes: Buffer): ReadMemory {
  return (address, into) => {
    const from = Number(address - (BASE - (BASE % PAGE)))
    if (from < 0 || from >= Number(BASE % PAGE) + bytes.length) return 0
    const image = Buffer.concat([Buffer.alloc(Number(BASE % PAGE)), bytes])
    return image.copy(into, 0, from, Math.min(from + into.length, image.length))
  }
}

/** As execve wants it: the array, then the texts. */
function laidOut(args: readonly Buffer[]): Buffer {
  const array = Buffer.alloc((args.length + 1) * 8)
  let at = BASE + BigInt(array.length)
  for (const [index, arg] of args.entries()) {
    array.writeBigUInt64LE(at, index * 8)
    at += BigInt(arg.length + 1)
  }
  return Buffer.concat([array, ...args.flatMap((arg) => [arg, Buffer.of(0)])])
}

test('whatever the arguments, they come back, cut at the limit', () => {
  const arg = fc.uint8Array({ maxLength: 3000 }).map((bytes) => Buffer.from(bytes.filter((byte) => byte !== 0)))
  const property = fc.property(fc.array(arg, { maxLength: 8 }), (args) => {
    const whole = Buffer.concat(args.flatMap((one) => [one, Buffer.of(0)])).toString('latin1')
    assert.equal(readArguments(memory(laidOut(args)), BASE), whole.slice(0, HELD_ARGUMENTS_BYTES_MAX))
  })
  fc.assert(property)
})

test('hostile arrays end: no memory, a wild pointer, a pointer to itself without an end', () => {
  assert.equal(
    readArguments(() => 0, BASE),
    null,
  )
  const wild = Buffer.alloc(16)
  wild.writeBigUInt64LE(0xffff_ffff_ffff_f000n, 0)
  assert.equal(readArguments(memory(wild), BASE), '')
  const endless: ReadMemory = (_, into) => into.fill(0x41).length
  assert.equal(readArguments(endless, BASE)?.length, HELD_ARGUMENTS_BYTES_MAX)
})

test('a batch of arguments comes back; what is cut is left out', () => {
  const entry = fc.record(
    {
      pid: fc.nat(),
      bootMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
      argv: fc.string().map(byteText),
    },
    { noNullPrototype: true },
  )
  const property = fc.property(fc.array(entry), fc.nat(60), (entries, cut) => {
    const bytes = Buffer.concat(entries.map(encodeArguments))
    assert.deepEqual(decodeArguments(bytes), entries)
    const some = decodeArguments(bytes.subarray(0, Math.max(0, bytes.length - cut)))
    assert.deepEqual(some, entries.slice(0, some.length))
  })
  fc.assert(property)
})

test('whatever the bytes, they are read without an error', () => {
  fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => void decodeArguments(bytes)))
})
