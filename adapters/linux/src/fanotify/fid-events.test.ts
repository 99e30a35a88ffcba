import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { FAN, type FidEvent, HANDLE_BYTES_MAX, readFidEvents } from './fid-events.ts'
import { type BuiltEvent, fidBytes, handleKey } from './testing/fid-bytes.ts'

const FOLDER = Buffer.of(1, 2, 3, 4)
const OTHER = Buffer.of(0xff, 0, 0xfe, 9)
const NAME = Buffer.from('a')

function only(event: BuiltEvent): FidEvent {
  const { events, malformed } = readFidEvents(fidBytes([event]))
  assert.deepEqual([events.length, malformed], [1, false])
  return events[0]!
}

test('a name in a folder', () => {
  const event = only({ mask: FAN.create, pid: 7, records: [{ type: 2, handle: FOLDER, name: NAME }] })
  const expected = { mask: FAN.create, pid: 7, place: { folder: handleKey(FOLDER), name: 'a' }, source: null }
  assert.deepEqual(event, { ...expected, folder: null })
})

test('a rename has both places, in whichever order they come', () => {
  const to = { type: 12, handle: OTHER, name: Buffer.from('b') }
  const from = { type: 10, handle: FOLDER, name: NAME }
  for (const records of [
    [from, to],
    [to, from],
  ]) {
    const { place, source } = only({ mask: FAN.rename, pid: 7, records })
    assert.deepEqual(place, { folder: handleKey(OTHER), name: 'b' })
    assert.deepEqual(source, { folder: handleKey(FOLDER), name: 'a' })
  }
})

test('the handle of the object counts for folders only', () => {
  const records = [
    { type: 2, handle: FOLDER, name: NAME },
    { type: 1, handle: OTHER },
  ]
  assert.equal(only({ mask: FAN.create, pid: 7, records }).folder, null)
  assert.equal(only({ mask: FAN.create | FAN.onFolder, pid: 7, records }).folder, handleKey(OTHER))
})

test('events without a place: an overflow, a link count, a record type of a later kernel', () => {
  const overflow = only({ mask: FAN.overflow, pid: 0, records: [] })
  assert.deepEqual([overflow.mask, overflow.place], [FAN.overflow, null])
  assert.equal(only({ mask: FAN.attribute, pid: 7, records: [{ type: 1, handle: FOLDER }] }).place, null)
  assert.equal(only({ mask: FAN.create, pid: 7, records: [{ type: 99, handle: FOLDER, name: NAME }] }).place, null)
})

test('a name that is no UTF-8 keeps its bytes; the folder itself is a dot', () => {
  const odd = Buffer.of(0x61, 0xff, 0x0a)
  const named = only({ mask: FAN.create, pid: 7, records: [{ type: 2, handle: FOLDER, name: odd }] })
  assert.equal(named.place?.name, odd.toString('latin1'))
  assert.equal(only({ mask: FAN.attribute, pid: 7, records: [{ type: 3, handle: FOLDER }] }).place?.name, '.')
})

const GOOD: BuiltEvent = { mask: FAN.create, pid: 7, records: [{ type: 2, handle: FOLDER, name: NAME }] }

/** What is wrong with the second of two events. The first has to survive. */
const MALFORMED: readonly (readonly [string, (bytes: Buffer) => Buffer])[] = [
  ['cut within the metadata', (bytes) => bytes.subarray(0, 23)],
  ['cut within a record', (bytes) => bytes.subarray(0, bytes.length - 1)],
  ['an event of length 0', (bytes) => (bytes.writeUInt32LE(0, 0), bytes)],
  ['an event that is longer than what was read', (bytes) => (bytes.writeUInt32LE(0xffff_fff0, 0), bytes)],
  ['another ABI version', (bytes) => (bytes.writeUInt8(4, 4), bytes)],
  ['metadata shorter than it is', (bytes) => (bytes.writeUInt16LE(23, 6), bytes)],
  ['metadata longer than the event', (bytes) => (bytes.writeUInt16LE(bytes.length + 1, 6), bytes)],
  ['a record of length 0', (bytes) => (bytes.writeUInt16LE(0, 26), bytes)],
  ['a record that reaches beyond its event', (bytes) => (bytes.writeUInt16LE(bytes.length - 23, 26), bytes)],
  ['a handle that reaches beyond its record', (bytes) => (bytes.writeUInt32LE(13, 36), bytes)],
  ['a handle that no kernel makes', (bytes) => (bytes.writeUInt32LE(HANDLE_BYTES_MAX + 1, 36), bytes)],
  ['a handle of four billion bytes', (bytes) => (bytes.writeUInt32LE(0xffff_ffff, 36), bytes)],
]

for (const [what, spoil] of MALFORMED) {
  test(`malformed: ${what}`, () => {
    const { events, malformed } = readFidEvents(Buffer.concat([fidBytes([GOOD]), spoil(fidBytes([GOOD]))]))
    assert.deepEqual([events.length, malformed], [1, true])
  })
}

test('a handle that is longer than any is refused, also where there is room for it', () => {
  const name = NAME
  const read = (length: number) =>
    readFidEvents(fidBytes([{ ...GOOD, records: [{ type: 2, handle: Buffer.alloc(length), name }] }]))
  assert.deepEqual([read(HANDLE_BYTES_MAX).malformed, read(HANDLE_BYTES_MAX + 1).malformed], [false, true])
})

const handles = fc.uint8Array({ maxLength: HANDLE_BYTES_MAX })
const names = fc.uint8Array({ minLength: 1, maxLength: 255 }).filter((name) => !name.includes(0))
const built = fc.record({
  mask: fc.constantFrom(FAN.create, FAN.closeWrite, FAN.delete, FAN.create | FAN.closeWrite),
  pid: fc.nat(),
  records: fc.tuple(fc.record({ type: fc.constant(2), handle: handles, name: names })),
})

test('whatever events there are, they come back', () => {
  const property = fc.property(fc.array(built), (events) => {
    const read = readFidEvents(fidBytes(events))
    assert.equal(read.malformed, false)
    const expected = events.map(({ mask, pid, records: [record] }) => {
      const place = { folder: handleKey(record.handle), name: Buffer.from(record.name).toString('latin1') }
      return { mask, pid, place, source: null, folder: null }
    })
    assert.deepEqual(read.events, expected)
  })
  fc.assert(property)
})

test('whatever the bytes, they are read without an error and within their bounds', () => {
  const spoiled = fc
    .tuple(fc.array(built, { minLength: 1 }), fc.array(fc.tuple(fc.nat(), fc.nat(255))))
    .map(([events, changes]) => {
      const bytes = fidBytes(events)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      return bytes
    })
  const property = fc.property(fc.oneof(fc.uint8Array({ maxLength: 300 }), spoiled), (bytes) => {
    // Whole in the middle of other memory, so that reading beyond the end would be seen.
    const around = Buffer.concat([bytes, Buffer.alloc(512, 0x41)])
    const inside = readFidEvents(around.subarray(0, bytes.length))
    assert.deepEqual(inside, readFidEvents(Buffer.from(bytes)))
    assert.ok(inside.events.length <= bytes.length / 24)
  })
  fc.assert(property, { numRuns: 500 })
})
