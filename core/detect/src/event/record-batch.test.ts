import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { DetectError } from '../errors.ts'
import { EventColumns } from './event-columns.ts'
import { FieldNames } from './field-names.ts'
import { EVENT_BYTES_MAX, EVENT_VALUES_MAX } from './limits.ts'
import { RecordBatch } from './record-batch.ts'
import { BATCH_HEADER_BYTES } from './record-format.ts'
import { RecordBatchWriter, type RecordEvent, type RecordValue } from './record-writer.ts'

const NAMES = new FieldNames(['Image', 'ProcessId', 'a'])
const EVENT: RecordEvent = {
  category: 'process_creation',
  product: 'windows',
  timeMs: 1_692_093_321_053,
  fields: { Image: 'C:\\Windows\\é.exe', ProcessId: 4, other: null, flag: true },
}

function batchOf(...events: RecordEvent[]): Uint8Array {
  const writer = new RecordBatchWriter()
  for (const event of events) writer.add(event)
  return writer.finish()
}

/** What a reader sees of a batch; throws what it throws. */
function readAll(bytes: Uint8Array): { source: object; timeMs: number; fields: Record<string, string | null> }[] {
  const columns = new EventColumns(NAMES)
  const batch = RecordBatch.open(bytes, NAMES)
  const events = []
  while (batch.next(columns)) {
    const fields = Object.fromEntries(columns.entries().map(({ field, value }) => [field, value]))
    events.push({ source: batch.sourceOf(batch.sourceId), timeMs: batch.timeMs, fields })
  }
  assert.equal(columns.count, 0)
  return events
}

function refuses(bytes: Uint8Array): void {
  assert.throws(
    () => readAll(bytes),
    (error) => error instanceof DetectError && error.code === 'detect/record-malformed',
  )
}

describe('a batch of records', () => {
  it('says what was written', () => {
    const other = { ...EVENT, category: 'x', service: 'sysmon', timeMs: -1.5, fields: { Image: '' } }
    assert.deepEqual(readAll(batchOf(EVENT, other)), [
      {
        source: { category: 'process_creation', product: 'windows', service: null },
        timeMs: 1_692_093_321_053,
        fields: { Image: 'C:\\Windows\\é.exe', ProcessId: '4', other: null, flag: 'true' },
      },
      { source: { category: 'x', product: 'windows', service: 'sysmon' }, timeMs: -1.5, fields: { Image: '' } },
    ])
  })

  it('can be empty', () => assert.deepEqual(readAll(batchOf()), []))

  it('starts anew after it is finished', () => {
    const writer = new RecordBatchWriter()
    writer.add(EVENT)
    const first = writer.finish()
    writer.add(EVENT)
    assert.deepEqual(writer.finish(), first)
  })

  it('round trips any event', () => {
    const value: fc.Arbitrary<RecordValue> = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.double(),
      fc.integer(),
      fc.boolean(),
      fc.constant(null),
    )
    const name = fc.oneof(
      fc.constantFrom('Image', 'ProcessId', 'a'),
      fc.string({ maxLength: 9, unit: 'binary' }).filter((text) => text === text.replaceAll(' ', '').toWellFormed()),
    )
    const part = fc.option(fc.string())
    const event = fc.record({
      category: part,
      product: part,
      service: part,
      timeMs: fc.double({ noNaN: true, noDefaultInfinity: true }),
      fields: fc.dictionary(name, value),
    })
    const property = fc.property(fc.array(event, { maxLength: 6 }), (events) => {
      const read = (one: string | null) => one?.toWellFormed() || null // empty is none
      const expected = events.map(({ category, product, service, timeMs, fields }) => ({
        source: { category: read(category), product: read(product), service: read(service) },
        timeMs,
        fields: Object.fromEntries(Object.entries(fields).map(([key, one]) => [key, asText(one)])),
      }))
      assert.deepEqual(readAll(batchOf(...events)), expected)
    })
    fc.assert(property, { numRuns: 500 })
  })
})

describe('an event that is written value by value', () => {
  const source = { category: 'process_creation', product: 'linux', service: null }
  const shape = { source, fields: ['Image', 'ProcessId', 'guid', 'flag', 'none'] }

  it('is the one that its object would be', () => {
    const property = fc.property(
      fc.array(
        fc.tuple(fc.string({ unit: 'grapheme' }), fc.maxSafeInteger(), fc.double(), fc.string({ unit: 'binary' })),
        {
          maxLength: 5,
        },
      ),
      (events) => {
        const [fast, slow] = [new RecordBatchWriter(), new RecordBatchWriter()]
        for (const [image, whole, any, text] of events) {
          const raw = String.fromCharCode(...utf8Encode(image))
          fast.begin(shape, whole)
          fast.bytes(raw)
          fast.number(any)
          fast.openText()
          fast.appendBytes('a-')
          fast.appendInteger(whole)
          fast.closeText()
          fast.boolean(true)
          fast.text(text)
          fast.end()
          const fields = { Image: image, ProcessId: any, guid: `a-${whole}`, flag: true, none: text }
          slow.add({ ...source, timeMs: whole, fields })
        }
        assert.equal(fast.count, events.length)
        assert.deepEqual(readAll(fast.finish()), readAll(slow.finish()))
      },
    )
    fc.assert(property)
  })

  const one = (writer: RecordBatchWriter): void => {
    writer.begin(shape, 5)
    writer.bytes('x')
    writer.number(1)
    writer.text('y')
    writer.boolean(null)
    writer.bytes(null)
    writer.end()
  }

  it('shares its batch with objects, and its shape with the next batch', () => {
    const writer = new RecordBatchWriter()
    writer.add(EVENT)
    one(writer)
    const first = readAll(writer.finish())
    one(writer)
    assert.deepEqual(readAll(writer.finish()), first.slice(1))
  })

  it('was never there when it was given up', () => {
    const writer = new RecordBatchWriter()
    one(writer)
    const whole = writer.recordBytes
    writer.begin(shape, 6)
    writer.openText()
    assert.throws(() => writer.appendBytes('x'.repeat(EVENT_BYTES_MAX + 1)), { code: 'detect/record-too-large' })
    assert.equal(writer.recordBytes, whole)
    one(writer)
    assert.equal(readAll(writer.finish()).length, 2)
  })

  const bugs: [what: string, write: (writer: RecordBatchWriter) => void][] = [
    ['a field too few', (writer) => (writer.bytes('x'), writer.end())],
    ['a field too many', (writer) => shape.fields.concat('').forEach(() => writer.number(1))],
    ['a text left open', (writer) => (writer.openText(), writer.number(1))],
    ['a text closed twice', (writer) => (writer.bytes('x'), writer.closeText())],
  ]
  for (const [what, write] of bugs) {
    it(`is a bug with ${what}`, () => {
      const writer = new RecordBatchWriter()
      writer.begin(shape, 5)
      assert.throws(() => write(writer), { code: 'kernel/bug' })
    })
  }

  it('needs a time', () => {
    assert.throws(() => new RecordBatchWriter().begin(shape, Number.POSITIVE_INFINITY), {
      code: 'detect/record-malformed',
    })
  })
})

function asText(value: RecordValue): string | null {
  if (value === null || (typeof value === 'number' && !Number.isFinite(value))) return null
  return String(value).toWellFormed()
}

describe('refused', () => {
  const bytes = batchOf(EVENT, { ...EVENT, service: 'sysmon' })

  it('every strict prefix, and a byte more', () => {
    for (let end = 0; end < bytes.length; end++) refuses(bytes.slice(0, end))
    refuses(Uint8Array.of(...bytes, 0))
  })

  it('every prefix that claims to be whole', () => {
    for (let end = BATCH_HEADER_BYTES; end < bytes.length; end++) {
      const prefix = bytes.slice(0, end)
      new DataView(prefix.buffer).setUint32(8, end, true)
      refuses(prefix)
    }
  })

  const rows: [what: string, at: number, value: number][] = [
    ['another magic', 0, 0],
    ['another version', 4, 2],
    ['fewer names', 12, 3],
    ['more records', 16, 3],
    ['fewer records', 16, 1],
  ]
  for (const [what, at, value] of rows) {
    it(what, () => {
      const changed = bytes.slice()
      changed[at] = value
      refuses(changed)
    })
  }

  it('leaves no field of a record that is wrong', () => {
    const changed = bytes.slice()
    changed[changed.length - 1 - 6 + 2] = 9
    const columns = new EventColumns(NAMES)
    const batch = RecordBatch.open(changed, NAMES)
    assert.throws(() => {
      while (batch.next(columns));
    }, DetectError)
    assert.deepEqual(
      [columns.count, columns.isPresent(0), columns.entries(), columns.counters.refused],
      [0, false, [], 1],
    )
  })

  it('or read, whatever the mutation', () => {
    const change = fc.tuple(fc.nat(bytes.length - 1), fc.nat(255))
    const property = fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const mutated = bytes.slice()
      for (const [at, byte] of changes) mutated[at] = byte
      try {
        readAll(mutated)
      } catch (error) {
        assert.ok(error instanceof DetectError && error.code === 'detect/record-malformed', String(error))
      }
    })
    fc.assert(property, { numRuns: 10_000 })
  })

  const large: [what: string, fields: Record<string, string>][] = [
    ['a value', { a: 'x'.repeat(EVENT_BYTES_MAX) }],
    ['a sum', { a: 'é'.repeat(EVENT_BYTES_MAX / 4), b: 'é'.repeat(EVENT_BYTES_MAX / 4) }],
    ['a name', { ['x'.repeat(2000)]: '' }],
    ['fields', Object.fromEntries(Array.from({ length: EVENT_VALUES_MAX + 1 }, (_, i) => [`f${i}`, '']))],
  ]
  for (const [what, fields] of large) {
    it(`to write what is too large, leaving the batch as it was: ${what}`, () => {
      const writer = new RecordBatchWriter()
      writer.add(EVENT)
      assert.throws(() => writer.add({ ...EVENT, fields }), { code: 'detect/record-too-large' })
      assert.equal(readAll(writer.finish()).length, 1)
    })
  }

  it('to write an event without a time', () => {
    assert.throws(() => new RecordBatchWriter().add({ ...EVENT, timeMs: Number.NaN }), {
      code: 'detect/record-malformed',
    })
  })
})
