import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type HostEvent, RecordBatchWriter } from '@firebreak/detect/records'
import * as fc from 'fast-check'
import { type BatchPart, halveBatch } from './batch-halves.ts'

const events: fc.Arbitrary<HostEvent> = fc.record({
  category: fc.constantFrom('process_creation', 'file_event'),
  product: fc.constant('linux'),
  timeMs: fc.nat(1_000),
  fields: fc.dictionary(fc.string({ minLength: 1, maxLength: 4 }), fc.string({ maxLength: 20 }), { maxKeys: 4 }),
})

function batchOf(list: readonly HostEvent[]): Uint8Array {
  const writer = new RecordBatchWriter()
  for (const event of list) writer.add(event)
  return writer.finish()
}

/** Cut until nothing is left to cut. */
function singles(part: BatchPart): readonly Uint8Array[] {
  const halves = halveBatch(part.payload, part.count)
  return halves ? halves.flatMap(singles) : [part.payload]
}

/** The tables, then each record, as bytes. */
function pieces(batch: Uint8Array): readonly string[] {
  const view = new DataView(batch.buffer, batch.byteOffset, batch.byteLength)
  const head = view.getUint32(20, true)
  const found = [Buffer.from(batch.subarray(24, head)).toString('hex')]
  for (let at = head; at < batch.length; at += view.getUint32(at, true)) {
    found.push(Buffer.from(batch.subarray(at, at + view.getUint32(at, true))).toString('hex'))
  }
  return found
}

test('cut to the end, a batch is its records, each whole, in order, under the same tables', () => {
  fc.assert(
    fc.property(fc.array(events, { minLength: 1, maxLength: 40 }), (list) => {
      const batch = batchOf(list)
      const [tables, ...records] = pieces(batch)
      const cut = singles({ payload: batch, count: list.length })
      assert.deepEqual(cut.map(pieces), records.map((record) => [tables, record])) // prettier-ignore
    }),
    { numRuns: 200 },
  )
})

test('halves differ by one record at most, and are batches that can be cut again', () => {
  const batch = batchOf(Array.from({ length: 65 }, (_, i) => ({ category: 'c', product: 'p', timeMs: i, fields: { i: `${i}` } }))) // prettier-ignore
  const halves = halveBatch(batch, 65)
  assert.deepEqual(halves?.map(({ count }) => count), [32, 33]) // prettier-ignore
  for (const { payload, count } of halves ?? []) assert.equal(pieces(payload).length, count + 1)
})

const good = batchOf([1, 2, 3].map((i) => ({ category: 'c', product: 'p', timeMs: i, fields: { A: `${i}` } })))
const head = new DataView(good.buffer, good.byteOffset).getUint32(20, true)
const changed = (at: number, value: number): Uint8Array => {
  const copy = good.slice()
  new DataView(copy.buffer).setUint32(at, value, true)
  return copy
}
const refused: readonly [name: string, batch: Uint8Array, count: number][] = [
  ['nothing', new Uint8Array(0), 3],
  ['a header that is cut off', good.subarray(0, 23), 3],
  ['a single record', good, 1],
  ['no record', good, 0],
  ['another number than was said', good, 4],
  ['another magic', changed(0, 1), 3],
  ['another version', changed(4, 2), 3],
  ['a byte too few', good.subarray(0, -1), 3],
  ['a byte too many', Buffer.concat([good, Uint8Array.of(0)]), 3],
  ['another length', changed(8, good.length - 1), 3],
  ['more records than there are', changed(16, 4), 4],
  ['fewer records than there are', changed(16, 2), 2],
  ['records inside the header', changed(20, 8), 3],
  ['records behind the end', changed(20, good.length + 1), 3],
  ['records at the last number', changed(20, 0xffffffff), 3],
  ['a record without length', changed(head, 0), 3],
  ['a record shorter than its header', changed(head, 15), 3],
  ['a record that reaches over the end', changed(head, good.length), 3],
  ['a record of 4 GiB', changed(head, 0xffffffff), 3],
]
for (const [name, batch, count] of refused) {
  test(`not cut: ${name}`, () => assert.equal(halveBatch(batch, count), null))
}

test('any bytes are cut or not, and never read beyond their end', () => {
  fc.assert(
    fc.property(fc.nat(good.length - 1), fc.nat(255), fc.nat(5), (at, value, count) => {
      const bytes = good.slice()
      bytes[at] = value
      for (const { payload, count: left } of halveBatch(bytes, count) ?? []) {
        assert.ok(left > 0 && left < count && payload.length < bytes.length)
      }
    }),
    { numRuns: 2_000 },
  )
})
