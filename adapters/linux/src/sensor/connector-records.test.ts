import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { AnnouncementReader } from './connector-records.ts'

const WHAT = { none: 0, fork: 1, exec: 2, exit: 0x8000_0000, name: 0x200 }

function datagram(what: keyof typeof WHAT, words: readonly number[], cpu = 0, sequence = 1): Buffer {
  const bytes = Buffer.alloc(76)
  bytes.writeUInt32LE(sequence, 24)
  bytes.writeUInt32LE(WHAT[what], 36)
  bytes.writeUInt32LE(cpu, 40)
  bytes.writeBigUInt64LE(123_456_789_012n, 44)
  for (const [k, word] of words.entries()) bytes.writeUInt32LE(word, 52 + 4 * k)
  return bytes
}

for (const [name, bytes, expected] of [
  ['a fork', datagram('fork', [10, 11, 20, 20]), { kind: 'fork', timeNs: 123_456_789_012, parentPid: 11, pid: 20 }],
  ['a new thread', datagram('fork', [10, 10, 21, 20]), null],
  ['an exec', datagram('exec', [20, 20]), { kind: 'exec', timeNs: 123_456_789_012, pid: 20 }],
  ['an exec of a thread', datagram('exec', [21, 20]), null],
  ['an exit', datagram('exit', [20, 20]), { kind: 'exit', timeNs: 123_456_789_012, pid: 20 }],
  ['a thread that ends', datagram('exit', [21, 20]), null],
  ['a new name', datagram('name', [20, 20]), null],
  ['an answer to us', datagram('none', [0]), null],
  ['a fork that is cut', datagram('fork', [10, 11, 20, 20]).subarray(0, 64), null],
  ['nothing', Buffer.alloc(0), null],
] as const) {
  test(`announced: ${name}`, () => {
    assert.deepEqual(new AnnouncementReader().read(bytes, 0, bytes.length), expected)
  })
}

test('what is missing is counted by the numbers of each CPU, also when they wrap', () => {
  fc.assert(
    fc.property(
      fc.constantFrom(0, 2 ** 32 - 5),
      fc.array(fc.record({ cpu: fc.nat(3), lost: fc.boolean() }), { maxLength: 60 }),
      (first, sent) => {
        const reader = new AnnouncementReader()
        const next = [first, first, first, first]
        const waiting = [0, 0, 0, 0]
        const heard = [false, false, false, false]
        let expected = 0
        for (const { cpu, lost } of sent) {
          const sequence = next[cpu] ?? 0
          next[cpu] = (sequence + 1) % 2 ** 32
          if (lost) waiting[cpu] = (waiting[cpu] ?? 0) + 1
          else {
            const bytes = datagram('exec', [1, 1], cpu, sequence)
            reader.read(bytes, 0, bytes.length)
            if (heard[cpu] === true) expected += waiting[cpu] ?? 0 // before the first, nobody knows
            heard[cpu] = true
            waiting[cpu] = 0
          }
        }
        assert.equal(reader.lost, expected)
      },
    ),
  )
})

test('whatever the bytes are, nothing is thrown', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      new AnnouncementReader().read(Buffer.from(bytes), 0, bytes.length)
    }),
  )
})
