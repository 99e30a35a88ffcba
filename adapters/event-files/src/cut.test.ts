import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { readCsv } from './csv.ts'
import { readJsonDocuments } from './json-documents.ts'
import { readJsonLines } from './json-lines.ts'
import { EVENT_SIZE_BYTES_MAX } from './limits.ts'
import type { EventSink } from './sink.ts'

type Seen = readonly [place: number, event: string]
type Bad = readonly [place: number, what: string]
type Reader = (blocks: AsyncIterable<Uint8Array>, sink: EventSink) => Promise<void>

async function* inBlocks(bytes: Uint8Array, sizeBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += sizeBytes) yield Uint8Array.from(bytes.subarray(at, at + sizeBytes))
}

async function collect(read: Reader, text: string | Uint8Array, blockBytes = 1 << 20) {
  const events: Seen[] = []
  const bad: Bad[] = []
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  await read(inBlocks(bytes, blockBytes), {
    event: (buffer, from, to, place) => events.push([place, Buffer.from(buffer.subarray(from, to)).toString()]),
    malformed: (what, place) => bad.push([place, what]),
  })
  return { events, bad }
}

const anObject = fc.dictionary(fc.string({ unit: 'binary' }), fc.jsonValue({ stringUnit: 'binary' }))
const someObjects = fc.array(anObject, { maxLength: 6 })
const blockSize = fc.integer({ min: 1, max: 64 })

/** How people write the same events into a file, and on which line each then starts. */
const SHAPES: readonly {
  readonly name: string
  readonly read: Reader
  readonly write: (objects: readonly object[]) => string
}[] = [
  { name: 'lines', read: readJsonLines, write: (all) => all.map((one) => `${JSON.stringify(one)}\n`).join('') },
  {
    name: 'lines of Windows',
    read: readJsonLines,
    write: (all) => all.map((one) => JSON.stringify(one)).join('\r\n\r\n'),
  },
  { name: 'an array', read: readJsonDocuments, write: (all) => JSON.stringify(all) },
  { name: 'a pretty array', read: readJsonDocuments, write: (all) => JSON.stringify(all, null, 2) },
  {
    name: 'pretty objects',
    read: readJsonDocuments,
    write: (all) => all.map((one) => JSON.stringify(one, null, 1)).join(''),
  },
  {
    name: 'arrays of one',
    read: readJsonDocuments,
    write: (all) => all.map((one) => JSON.stringify([one])).join('\n'),
  },
]

describe('cutting', () => {
  for (const { name, read, write } of SHAPES) {
    test(`${name}: every event, as it was written, at its line, whatever the blocks`, async () => {
      await fc.assert(
        fc.asyncProperty(someObjects, blockSize, async (objects, blockBytes) => {
          const text = write(objects)
          const { events, bad } = await collect(read, text, blockBytes)
          assert.deepEqual(bad, [])
          assert.deepEqual(
            events.map(([, event]) => JSON.parse(event)),
            JSON.parse(JSON.stringify(objects)),
          )
          const lines = text.split('\n')
          for (const [line, event] of events)
            assert.ok(lines[line - 1]?.includes(event.split('\n')[0] ?? ''), `${line}`)
        }),
        { numRuns: 60 },
      )
    })
  }

  test('no bytes make a reader throw, and blocks change nothing', async () => {
    const readers: readonly Reader[] = [readJsonLines, readJsonDocuments, (blocks, sink) => readCsv(blocks, sink, ',')]
    const nasty = fc.oneof(
      fc.uint8Array({ maxLength: 200 }),
      fc
        .string({ unit: fc.constantFrom('{', '}', '[', ']', '"', '\\', ',', '\n', 'a', ' ') })
        .map((text) => Buffer.from(text)),
    )
    await fc.assert(
      fc.asyncProperty(nasty, blockSize, async (bytes, blockBytes) => {
        for (const read of readers) assert.deepEqual(await collect(read, bytes, blockBytes), await collect(read, bytes))
      }),
      { numRuns: 300 },
    )
  })
})

describe('malformed parts', () => {
  const huge = `{"a":"${'x'.repeat(EVENT_SIZE_BYTES_MAX)}"}`
  const largest = `{"a":"${'x'.repeat(EVENT_SIZE_BYTES_MAX - 8)}"}`
  const rows: readonly (readonly [
    what: string,
    read: Reader,
    text: string,
    events: readonly number[],
    bad: readonly Bad[],
  ])[] = [
    ['empty lines are nothing', readJsonLines, '\n \n{}\n\n', [3], []],
    ['a line too long', readJsonLines, `{}\n${huge}\n{}`, [1, 3], [[2, 'too-long']]],
    ['a last line too long', readJsonLines, `{}\n${huge}`, [1], [[2, 'too-long']]],
    ['the longest line', readJsonLines, `{}\n${largest}\n{}`, [1, 2, 3], []],
    ['what a line says is for the engine', readJsonLines, 'nonsense\n{}', [1, 2], []],
    ['an event too long', readJsonDocuments, `[{},\n${huge},\n{}]`, [1, 3], [[2, 'too-long']]],
    ['the longest event', readJsonDocuments, `[{},\n${largest},\n{}]`, [1, 2, 3], []],
    ['the file ends inside', readJsonDocuments, '[{},\n{"a":[1', [1], [[2, 'unclosed']]],
    ['the file ends in a string', readJsonDocuments, '[{},\n{"a":"}', [1], [[2, 'unclosed']]],
    ['no quote at the end', readJsonDocuments, '[{},\n{"a":"x},\n{"b":1}]', [1, 3], [[2, 'unclosed']]],
    ['lost in an inner object', readJsonDocuments, '{\n "a": "x\n}\n{\n "b":\n  {}\n}', [4], [[1, 'unclosed']]],
    [
      'no events between',
      readJsonDocuments,
      '[1, "a", {}, null]',
      [1],
      [
        [1, 'stray'],
        [1, 'stray'],
        [1, 'stray'],
      ],
    ],
    ['text between', readJsonDocuments, '{} nonsense {}', [1, 1], [[1, 'stray']]],
    ['brackets too many', readJsonDocuments, '{}}}{}', [1, 1], [[1, 'stray']]],
  ]
  for (const [what, read, text, places, bad] of rows) {
    test(what, async () => {
      for (const blockBytes of [1 << 21, 65_536, 4_099]) {
        const found = await collect(read, text, blockBytes)
        assert.deepEqual(
          found.events.map(([place]) => place),
          places,
        )
        assert.deepEqual(found.bad, bad)
      }
    })
  }
})

describe('CSV', () => {
  const csv: Reader = (blocks, sink) => readCsv(blocks, sink, ',')
  const rows: readonly (readonly [what: string, text: string, events: readonly string[], bad: readonly Bad[]])[] = [
    ['names and cells', 'a,b\n1,x\n', ['{"a":"1","b":"x"}'], []],
    ['an empty cell is an absent field', 'a,b\n,x\n1,\n', ['{"b":"x"}', '{"a":"1"}'], []],
    ['fewer cells', 'a,b\n1\n', ['{"a":"1"}'], []],
    ['more cells', 'a,b\n1,2,3\n4,5\n', ['{"a":"4","b":"5"}'], [[2, 'bad-row']]],
    ['quotes, commas, line ends', 'a,b\n"1,""2""","x\r\ny"\n', [String.raw`{"a":"1,\"2\"","b":"x\r\ny"}`], []],
    ['line ends of Windows', 'a,b\r\n1,2\r\n', ['{"a":"1","b":"2"}'], []],
    ['names of prototypes', '__proto__,constructor\n1,2\n', ['{"__proto__":"1","constructor":"2"}'], []],
    ['only names', 'a,b\n', [], []],
    ['a quote inside a cell', 'a,b\nx"y,2\n', [String.raw`{"a":"x\"y","b":"2"}`], []],
    ['a quote that never closes', 'a,b\n1,2\n"3,4\n', ['{"a":"1","b":"2"}'], [[3, 'unclosed']]],
  ]
  for (const [what, text, events, bad] of rows) {
    test(what, async () => {
      for (const blockBytes of [1000, 1]) {
        const found = await collect(csv, text, blockBytes)
        assert.deepEqual(
          found.events.map(([, event]) => event),
          events,
        )
        assert.deepEqual(
          found.bad.map(([, bad_]) => bad_),
          bad.map(([, bad_]) => bad_),
        )
      }
    })
  }

  test('a row that never ends', async () => {
    const { events, bad } = await collect(csv, `a,b\n1,2\n"${'x'.repeat(2 * EVENT_SIZE_BYTES_MAX)}`, 65_536)
    assert.equal(events.length, 1)
    assert.deepEqual(
      bad.map(([, what]) => what),
      ['too-long'],
    )
  })
})
