import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { readEvtx } from './read-evtx.ts'
import { CHUNK_SIZE_BYTES, evtxFile, type EvtxRecord, type EvtxValue, toFileTime } from './testing/evtx-file.ts'

const HEADER_BLOCK_SIZE_BYTES = 0x1000
const FIRST_RECORD_AT = HEADER_BLOCK_SIZE_BYTES + 0x200
const TIME_MS = 1_700_000_000_123

function record(id: number, data: EvtxRecord['data'] = [], more: Partial<EvtxRecord> = {}): EvtxRecord {
  const system = { provider: 'P', eventId: 4688, channel: 'Security', computer: 'WS01' }
  return { id, timeMs: TIME_MS, system, data, ...more }
}

async function* inBlocks(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield bytes.subarray(at, at + sizeBytes)
}

async function read(bytes: Uint8Array, blockBytes = 1 << 20) {
  const events: Record<string, unknown>[] = []
  const places: number[] = []
  const bad: (readonly [what: string, place: number])[] = []
  await readEvtx(inBlocks(bytes, blockBytes), {
    event(buffer, from, to, place) {
      events.push(JSON.parse(Buffer.from(buffer.subarray(from, to)).toString()) as Record<string, unknown>)
      places.push(place)
    },
    malformed: (what, place) => bad.push([what, place]),
  })
  return { events, places, bad }
}

const text = (value: string): EvtxValue => ({ kind: 'string', value })

describe('an event', () => {
  test('is flat, with the names that rules use', async () => {
    const { events, bad } = await read(evtxFile([[record(7, [['CommandLine', text('whoami /all')]])]]))
    assert.deepEqual(bad, [])
    assert.deepEqual(events, [
      {
        Provider_Name: 'P',
        EventID: 4688,
        TimeCreated: '2023-11-14T22:13:20.1230000Z',
        EventRecordID: 7,
        Execution_ProcessID: 4,
        Channel: 'Security',
        Computer: 'WS01',
        CommandLine: 'whoami /all',
      },
    ])
  })

  const values: readonly (readonly [what: string, value: EvtxValue, json: unknown])[] = [
    ['text', text('A & <b> ü😀'), 'A & <b> ü😀'],
    ['empty text', text(''), ''],
    ['text ends at its null', text('a\0b'), 'a'],
    ['texts', { kind: 'strings', value: ['a', '', 'b'] }, ['a', '', 'b']],
    ['null is absent', { kind: 'null' }, undefined],
    ['int8', { kind: 'int8', value: -3 }, -3],
    ['uint8', { kind: 'uint8', value: 255 }, 255],
    ['int16', { kind: 'int16', value: -300 }, -300],
    ['uint16', { kind: 'uint16', value: 65_535 }, 65_535],
    ['int32', { kind: 'int32', value: -5 }, -5],
    ['uint32', { kind: 'uint32', value: 4_294_967_295 }, 4_294_967_295],
    ['int64', { kind: 'int64', value: -1n }, -1],
    ['uint64 is not rounded', { kind: 'uint64', value: 18_446_744_073_709_551_615n }, '18446744073709551615'],
    ['double', { kind: 'double', value: 1.5 }, 1.5],
    ['no number', { kind: 'double', value: Number.NaN }, 'NaN'],
    ['true', { kind: 'boolean', value: true }, true],
    ['false', { kind: 'boolean', value: false }, false],
    ['bytes', { kind: 'binary', value: Uint8Array.of(0, 255, 16) }, '00FF10'],
    ['hexadecimal, as rules write it', { kind: 'hex32', value: 0x10 }, '0x10'],
    ['hexadecimal of 64 bits', { kind: 'hex64', value: 0x3e7n }, '0x3e7'],
    ['time', { kind: 'filetime', value: toFileTime(TIME_MS) + 4567n }, '2023-11-14T22:13:20.1234567Z'],
    ['time before 1970', { kind: 'filetime', value: 0n }, '1601-01-01T00:00:00.0000000Z'],
    ['no time', { kind: 'filetime', value: 0xffff_ffff_ffff_ffffn }, '18446744073709551615'],
    [
      'GUID',
      { kind: 'guid', value: Buffer.from('00112233445566778899aabbccddeeff', 'hex') },
      '{33221100-5544-7766-8899-aabbccddeeff}',
    ],
    ['SID', { kind: 'sid', value: Buffer.from('010200000000000520000000200200ff', 'hex') }, 'S-1-5-32-4278190624'],
  ]
  for (const [what, value, json] of values) {
    test(`${what}, in the record's template and in one of its own`, async () => {
      for (const isNested of [false, true]) {
        const { events, bad } = await read(evtxFile([[record(1, [['F', value]], { isNested })]]))
        assert.deepEqual(bad, [])
        assert.deepEqual(events[0]?.['F'], json)
      }
    })
  }

  test('Data without names are one list; names that come twice, too', async () => {
    const pairs: EvtxRecord['data'] = [
      ['', text('x')],
      ['', text('y')],
      ['N', text('1')],
      ['N', text('2')],
    ]
    const { events } = await read(evtxFile([[record(1, pairs)]]))
    assert.deepEqual(events[0]?.['Data'], ['x', 'y'])
    assert.deepEqual(events[0]?.['N'], ['1', '2'])
  })

  test('UserData gives its elements, and hides nothing of System', async () => {
    const pairs: EvtxRecord['data'] = [
      ['SubjectUserName', text('eve')],
      ['Channel', text('Application')],
    ]
    const { events } = await read(evtxFile([[record(1, pairs, { userData: 'LogFileCleared' })]]))
    assert.equal(events[0]?.['SubjectUserName'], 'eve')
    assert.equal(events[0]?.['Channel'], 'Security')
    assert.equal(events[0]?.['UserData_Channel'], 'Application')
  })

  test('names of prototypes are names', async () => {
    const { events } = await read(evtxFile([[record(1, [['__proto__', text('x')]])]]))
    assert.deepEqual(Object.getOwnPropertyDescriptor(events[0], '__proto__')?.value, 'x')
  })
})

const many = evtxFile([
  [1, 2, 3].map((id) => record(id, [['F', text(`value ${id}`)]])),
  [4, 5].map((id) => record(id, [['F', text(`value ${id}`)]], { isNested: true })),
])

describe('a file', () => {
  test('gives every record of every chunk, whatever the blocks', async () => {
    for (const blockBytes of [1 << 20, CHUNK_SIZE_BYTES, 4096, 1000]) {
      assert.deepEqual((await read(many, blockBytes)).places, [1, 2, 3, 4, 5])
    }
  })

  test('may have room that is not used yet', async () => {
    const { places, bad } = await read(Buffer.concat([many, Buffer.alloc(2 * CHUNK_SIZE_BYTES)]))
    assert.deepEqual([places, bad], [[1, 2, 3, 4, 5], []])
  })

  const broken: readonly (readonly [
    what: string,
    change: (bytes: Buffer) => Buffer,
    places: readonly number[],
    bad: readonly (readonly [what: string, place: number])[],
  ])[] = [
    ['cut in its header', (bytes) => bytes.subarray(0, 100), [], []],
    ['cut in a chunk', (bytes) => bytes.subarray(0, bytes.length - 1000), [1, 2, 3, 4, 5], [['damaged', 3]]],
    ['a chunk of other bytes', (bytes) => put(bytes, HEADER_BLOCK_SIZE_BYTES, 0x58), [4, 5], [['bad-record', 0]]],
    ['a record without its mark', (bytes) => put(bytes, FIRST_RECORD_AT, 0), [2, 3, 4, 5], [['bad-record', 0]]],
    ['a record of no size', (bytes) => put(bytes, FIRST_RECORD_AT + 4, 0, 0, 0, 0), [2, 3, 4, 5], [['bad-record', 0]]],
    [
      'a record of any size',
      (bytes) => put(bytes, FIRST_RECORD_AT + 4, 255, 255, 255, 127),
      [2, 3, 4, 5],
      [['bad-record', 0]],
    ],
    ['a token that there is not', (bytes) => put(bytes, FIRST_RECORD_AT + 28, 0x3f), [2, 3, 4, 5], [['bad-record', 1]]],
    [
      'a template far away',
      (bytes) => put(bytes, FIRST_RECORD_AT + 34, 255, 255, 255, 255),
      [2, 3, 4, 5],
      [['bad-record', 1]],
    ],
    [
      'an end of chunk that is a lie',
      (bytes) => put(bytes, HEADER_BLOCK_SIZE_BYTES + 48, 1, 0, 0, 0),
      [1, 2, 3, 4, 5],
      [['bad-record', 3]],
    ],
  ]
  for (const [what, change, places, bad] of broken) {
    test(what, async () => {
      const found = await read(change(Buffer.from(many)))
      assert.deepEqual(found.places, places)
      assert.deepEqual(found.bad, bad)
    })
  }
})

describe('hostile bytes', () => {
  test('neither throw nor change what blocks do', async () => {
    const change = fc.tuple(fc.nat(many.length - 1), fc.oneof(fc.nat(255), fc.constantFrom(0x0c, 0x21, 0xff, 0)))
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 8 }), async (changes) => {
        const bytes = Buffer.from(many)
        // Most of a chunk is empty: where the records are, changes hurt more.
        for (const [at, byte] of changes) bytes[at % 2 === 0 ? at : FIRST_RECORD_AT + (at % 2000)] = byte
        assert.deepEqual(await read(bytes, 5000), await read(bytes))
      }),
      { numRuns: 500 },
    )
  })

  const RECORD_TEMPLATE = Buffer.from([0x0f, 1, 1, 0, 0x41])
  /** Each template is two of the next one: 2^50 elements, in 3 KiB. */
  const doubling = (bytes: Buffer, body: number): void => {
    const [first, step, levels] = [0x8000, 64, 50]
    for (let level = 0; level < levels; level++) {
      const at = HEADER_BLOCK_SIZE_BYTES + first + level * step
      const next = instanceOf(first + (level + 1) * step)
      bytes.writeUInt32LE(4 + 2 * next.length + 1, at + 20)
      bytes.set([0x0f, 1, 1, 0, ...next, ...next, 0], at + 24)
    }
    bytes.set(instanceOf(first), body)
  }
  const endless: readonly (readonly [what: string, plant: (bytes: Buffer, body: number) => void])[] = [
    ['that names itself', (bytes, body) => bytes.set(instanceOf(body - 28 - HEADER_BLOCK_SIZE_BYTES), body)],
    ['that doubles fifty times', doubling],
  ]
  for (const [what, plant] of endless) {
    test(`a template ${what} ends, quickly`, async () => {
      const bytes = Buffer.from(evtxFile([[record(1, [['F', text('x')]])]]))
      plant(bytes, bytes.indexOf(RECORD_TEMPLATE, FIRST_RECORD_AT) + 4)
      const before = process.cpuUsage()
      const { events, bad } = await read(bytes)
      const spentMs = process.cpuUsage(before).user / 1000
      assert.deepEqual([events, bad], [[], [['bad-record', 1]]])
      assert.ok(spentMs < 1000, `${spentMs} ms`)
    })
  }
})

/** A use of the template at `offset` of the chunk, without values. */
function instanceOf(offset: number): Buffer {
  const instance = Buffer.alloc(14)
  instance.set([0x0c, 1])
  instance.writeUInt32LE(offset, 6)
  return instance
}

function put(bytes: Buffer, at: number, ...values: readonly number[]): Buffer {
  bytes.set(values, at)
  return bytes
}
