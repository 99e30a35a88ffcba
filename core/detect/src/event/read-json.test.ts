import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { EventColumns } from './event-columns.ts'
import { flattenedFields } from './event-oracle.ts'
import { FieldNames } from './field-names.ts'
import { EVENT_BYTES_MAX, EVENT_DEPTH_MAX, EVENT_VALUES_MAX } from './limits.ts'
import { readJsonEvent } from './read-json.ts'

const RUNS = 1500
const EVENTS = new URL('../../../../../shared/data/events/windows-10k.jsonl.gz', import.meta.url)

/** All fields of the event now in `columns`. */
function fieldsOf(columns: EventColumns): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  for (const { field, value } of columns.entries()) {
    const values = fields.get(field) ?? []
    fields.set(field, values)
    values.push(value ?? '\0null')
  }
  return fields
}

function read(columns: EventColumns, text: string | Uint8Array): string {
  const bytes = typeof text === 'string' ? utf8Encode(text) : text
  return readJsonEvent(columns, bytes, 0, bytes.length)
}

function columnsOf(...names: string[]): EventColumns {
  return new EventColumns(new FieldNames(names))
}

/** The values of one field, as the engine walks them. */
function valuesOf(columns: EventColumns, name: string): string[] {
  const values: string[] = []
  const field = columns.names.numberOf(name)
  for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] ?? -1) {
    values.push(columns.string(value) ?? '\0null')
  }
  return values
}

describe('one object of JSON', () => {
  const rows: [what: string, json: string, field: string, expected: string[]][] = [
    ['text', '{"a":"x"}', 'a', ['x']],
    ['white space everywhere', ' \t\r\n{ "a" : "x" , "b" : 1 } \n', 'b', ['1']],
    ['a byte order mark', '\uFEFF{"a":1}', 'a', ['1']],
    ['every escape', String.raw`{"a":"\"\\\/\b\f\n\r\t\u0041\ud83d\ude00"}`, 'a', ['"\\/\b\f\n\r\tA\u{1F600}']],
    ['a lone surrogate', String.raw`{"a":"\ud83d!"}`, 'a', ['\uFFFD!']],
    ['a backslash before the last quote', String.raw`{"a":"C:\\","b":2}`, 'b', ['2']],
    ['an escaped key', String.raw`{"\u0061":1}`, 'a', ['1']],
    ['a key with spaces', '{"Threat Name":1}', 'ThreatName', ['1']],
    ['a key with an escaped space', String.raw`{"Threat\u0020Name":1}`, 'ThreatName', ['1']],
    ['another case of a key', '{"A":1}', 'a', []],
    ['an empty key', '{"":1}', '', ['1']],
    ['a name with a backslash', String.raw`{"a\\b":1,"a\b":2}`, 'a\\b', ['1']],
    ['words', '{"a":[true,false,null]}', 'a', ['true', 'false', '\0null']],
    ['a list in a list', '{"a":[1,[2,[3]],[]]}', 'a', ['1', '2', '3']],
    ['a large integer as it is', '{"a":-9223372036854776000}', 'a', ['-9223372036854776000']],
    ['an integer beyond what is exact', '{"a":12345678901234567890123}', 'a', ['12345678901234567890123']],
    ['minus zero', '{"a":[-0,-0.0,-0e1]}', 'a', ['0', '0', '0']],
    ['a fraction', '{"a":[1.50,1.0,1e3,1E-7]}', 'a', ['1.5', '1', '1000', '1e-7']],
    ['a number beyond range', '{"a":1E400}', 'a', ['1E400']],
    ['the last of a repeated key', '{"a":1,"a":[2,3],"a":4}', 'a', ['4']],
    ['a member of a member', '{"a":{"b":{"c":1}}}', 'a.b.c', ['1']],
    ['a point in a key', '{"a.b":1}', 'a.b', ['1']],
    ['the first of two ways to a name', '{"a.b":1,"a":{"b":2}}', 'a.b', ['1']],
    [
      'a channel that another one would hide',
      '{"Event":{"System":{"Channel":"x"},"EventData":{"Channel":"y"}}}',
      'Channel',
      ['x'],
    ],
    ['user data', '{"Event":{"UserData":{"Any":{"Name":"x"}}}}', 'Name', ['x']],
    ['an attribute', '{"Event":{"System":{"Provider":{"#attributes":{"Name":"x"}}}}}', 'Provider_Name', ['x']],
    ['an attribute by its sign', '{"Provider":{"@Name":"x"}}', 'Provider_Name', ['x']],
    ['a sign at the top', '{"@timestamp":"x"}', '@timestamp', ['x']],
    ['an element with text', '{"EventID":{"#text":4,"#attributes":{"Qualifiers":1}}}', 'EventID', ['4']],
    ['an envelope elsewhere', '{"x":{"Event":{"a":1}}}', 'x.Event.a', ['1']],
    ['objects in a list', '{"a":[{"b":1,"b":2},{"b":3}]}', 'a.b', ['2', '3']],
    ['nothing in an empty list', '{"a":[]}', 'a', []],
  ]
  for (const [what, json, field, expected] of rows) {
    it(what, () => {
      const columns = columnsOf(field)
      assert.equal(read(columns, json), 'ok')
      assert.deepEqual(valuesOf(columns, field), expected)
    })
  }

  it('is present without a value as an empty list or an object', () => {
    const columns = columnsOf('a', 'b', 'c')
    read(columns, '{"a":[],"b":{}}')
    assert.deepEqual(
      [0, 1, 2].map((field) => columns.isPresent(field)),
      [true, true, false],
    )
  })

  it('counts what it did not take as it was', () => {
    const columns = columnsOf('a', 'b', 'a.b')
    read(columns, String.raw`{"a":1,"a":"\q","b":"\udc00","a.b":1,"a":{"b":2}}`)
    columns.entries()
    assert.deepEqual(columns.counters, { truncated: 0, replaced: 1, badEscapes: 1, duplicates: 2, refused: 0 })
  })

  it('does not show an overwritten value to those who walk over all', () => {
    const columns = columnsOf('a')
    read(columns, '{"a":"old","b":"other","a":"new"}')
    columns.readAll()
    const texts = Array.from({ length: columns.allCount }, (_, value) => columns.string(value))
    assert.deepEqual(texts, [null, 'new', 'other'])
  })
})

describe('refused', () => {
  const nested = (depth: number): string => '{"a":'.repeat(depth - 1) + '{}' + '}'.repeat(depth - 1)
  const listed = (depth: number): string => `{"a":${'['.repeat(depth - 1)}${']'.repeat(depth - 1)}}`
  const many = (count: number): string => `{"a":[${Array(count).fill('0').join()}]}`
  const long = (size: number): string => `{"a":"${'x'.repeat(size - 8)}"}`
  const rows: [json: string, reason: string][] = [
    ['', 'truncated'],
    ['  ', 'truncated'],
    ['[]', 'not-an-object'],
    ['null', 'not-an-object'],
    ['{"a":1}}', 'trailing-bytes'],
    ['{"a":1}{"a":2}', 'trailing-bytes'],
    ['{a:1}', 'unexpected-byte'],
    ["{'a':1}", 'unexpected-byte'],
    ['{"a":1,}', 'unexpected-byte'],
    ['{,"a":1}', 'unexpected-byte'],
    ['{"a" 1}', 'unexpected-byte'],
    ['{"a":1 "b":2}', 'unexpected-byte'],
    ['{"a":01}', 'unexpected-byte'],
    ['{"a":+1}', 'unexpected-byte'],
    ['{"a":.5}', 'unexpected-byte'],
    ['{"a":1.}', 'unexpected-byte'],
    ['{"a":1e}', 'unexpected-byte'],
    ['{"a":--1}', 'unexpected-byte'],
    ['{"a":NaN}', 'unexpected-byte'],
    ['{"a":nul}', 'unexpected-byte'],
    ['{"a":truely}', 'unexpected-byte'],
    ['{"a":[1,]}', 'unexpected-byte'],
    ['{"a":[1 2]}', 'unexpected-byte'],
    ['{"a":[1}}', 'unexpected-byte'],
    ['{"a":{]}', 'unexpected-byte'],
    ['{"a":1]', 'unexpected-byte'],
    [nested(EVENT_DEPTH_MAX), 'ok'],
    [nested(EVENT_DEPTH_MAX + 1), 'too-deep'],
    [listed(EVENT_DEPTH_MAX), 'ok'],
    [listed(EVENT_DEPTH_MAX + 1), 'too-deep'],
    [many(EVENT_VALUES_MAX), 'ok'],
    [many(EVENT_VALUES_MAX + 1), 'too-many-values'],
    [long(EVENT_BYTES_MAX), 'ok'],
    [long(EVENT_BYTES_MAX + 1), 'too-large'],
  ]
  for (const [json, reason] of rows) {
    it(`${json.slice(0, 24)}: ${reason}`, () => {
      const columns = columnsOf('a')
      assert.equal(read(columns, json), reason)
      assert.equal(columns.counters.refused, reason === 'ok' ? 0 : 1)
      if (reason !== 'ok')
        assert.equal(columns.isPresent(0) || columns.count > 0 || columns.entries().length > 0, false)
    })
  }

  it('every strict prefix of an event', () => {
    const columns = columnsOf('a')
    const bytes = utf8Encode(String.raw`{"a":[1,-2.5e+3,{"b":"\u0041\""}],"c":{"d":null},"e":false}`)
    for (let end = 0; end < bytes.length; end++) {
      // The bytes behind the end must not complete the event.
      assert.equal(readJsonEvent(columns, bytes, 0, end), 'truncated', `${end} bytes`)
    }
  })

  it('leaves nothing of the event before', () => {
    const columns = columnsOf('a')
    read(columns, '{"a":1}')
    assert.equal(read(columns, '{"a":2'), 'truncated')
    assert.deepEqual(
      [columns.count, columns.firstValue(0), columns.isPresent(0), columns.entries()],
      [0, -1, false, []],
    )
  })
})

describe('as JSON.parse', () => {
  const scalar = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 80 }).map((text) => JSON.stringify(text)),
    fc
      .array(fc.constantFrom('a', '\\\\', '\\"', '\\n', '\\u0041', '\\ud800', '\\uD83D\\uDE00', 'é', ' '), {
        maxLength: 90,
      })
      .map((parts) => `"${parts.join('')}"`),
    fc.double().map((number) => JSON.stringify(number)),
    fc.integer().map(String),
    fc.constantFrom('true', 'false', 'null', '-0', '0.0', '1E5', '2e-3'),
  )
  const key = fc.constantFrom(
    'a',
    'b',
    'a b',
    'x.y',
    '@n',
    '#text',
    '#attributes',
    'Event',
    'System',
    'EventData',
    'UserData',
    '',
    'é',
    '\\u0061',
    'LongerName',
  )
  const space = fc.constantFrom('', '', ' ', '\n\t')
  const { object } = fc.letrec<{ value: string; object: string }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 4 },
      scalar,
      fc
        .tuple(fc.array(tie('value'), { maxLength: 4 }), space)
        .map(([items, gap]) => `[${gap}${items.join(`${gap},`)}]`),
      tie('object'),
    ),
    object: fc.tuple(fc.array(fc.tuple(key, tie('value')), { maxLength: 7 }), space).map(([members, gap]) => {
      const unlike = new Map(
        members.map(([name, value]) => [
          JSON.parse(`"${name}"`).replaceAll(' ', ''),
          `${gap}"${name}"${gap}:${gap}${value}`,
        ]),
      )
      return `{${[...unlike.values()].join(',')}${gap}}`
    }),
  }))
  const names = ['a', 'a.b', 'x.y', 'Event', 'é', 'a_n', 'b.a', 'LongerName']

  it('on any event, of known and unknown fields', () => {
    const columns = columnsOf(...names)
    const property = fc.property(object, fc.constantFrom('', ' ', '\n{"a":"'), (json, behind) => {
      const bytes = utf8Encode(json + behind)
      assert.equal(readJsonEvent(columns, bytes, 0, utf8Encode(json).length), 'ok')
      const expected = flattenedFields(json)
      // Objects and plain values of one list come in another order there.
      const sorted = (values: string[]): string[] => values.toSorted()
      for (const name of names)
        assert.deepEqual(sorted(valuesOf(columns, name)), sorted(expected.get(name) ?? []), name)
      for (const name of names)
        assert.equal(columns.isPresent(columns.names.numberOf(name)) || !expected.has(name), true)
      const found = fieldsOf(columns)
      for (const [name, values] of expected) {
        if (names.includes(name)) assert.deepEqual(sorted(found.get(name) ?? []), sorted(values), name)
        else for (const value of values) assert.ok(found.get(name)?.includes(value), name)
      }
    })
    fc.assert(property, { numRuns: RUNS })
  })

  it('with keys repeated', () => {
    const columns = columnsOf('a', 'b')
    const plain = fc.oneof(
      scalar,
      fc.array(scalar, { maxLength: 3 }).map((items) => `[${items.join()}]`),
    )
    const members = fc.array(fc.tuple(fc.constantFrom('a', 'b', '\\u0061'), plain), { maxLength: 8 })
    const property = fc.property(members, (members) => {
      const json = `{${members.map(([name, value]) => `"${name}":${value}`).join()}}`
      assert.equal(read(columns, json), 'ok')
      const expected = flattenedFields(json)
      for (const name of ['a', 'b']) assert.deepEqual(valuesOf(columns, name), expected.get(name) ?? [])
    })
    fc.assert(property, { numRuns: RUNS })
  })

  it('on real events', { skip: existsSync(EVENTS) ? false : 'no ../shared/data' }, () => {
    const columns = columnsOf('EventID', 'Image', 'CommandLine', 'Message', 'Keywords')
    const bytes = gunzipSync(readFileSync(EVENTS))
    for (let at = 0; at < bytes.length;) {
      const newline = bytes.indexOf(0x0a, at)
      const end = newline < 0 ? bytes.length : newline
      assert.equal(readJsonEvent(columns, bytes, at, end), 'ok')
      assert.deepEqual(fieldsOf(columns), flattenedFields(bytes.toString('utf8', at, end)))
      at = end + 1
    }
  })
})

describe('a mutated event', () => {
  it('is refused or read, and what JSON.parse reads is read', () => {
    const columns = columnsOf('a', 'b.c')
    const seed = utf8Encode(String.raw`{"a":"x\"y","b":{"c":[1,true,null,"é"]}, "d":-1.5e3,"e":[{"f":"\u00e9"}]}`)
    const change = fc.tuple(
      fc.nat(seed.length - 1),
      fc.oneof(fc.nat(255), fc.constantFrom(...utf8Encode('{}[]",:\\0e-.tfn \n'))),
    )
    const property = fc.property(fc.array(change, { maxLength: 4 }), fc.nat(seed.length), (changes, cut) => {
      const bytes = seed.slice(0, cut < 8 ? seed.length : cut)
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
      columns.clear()
      const reason = read(columns, bytes)
      columns.readAll()
      for (let value = 0; value < columns.allCount; value++) {
        columns.text(value)
        columns.bloom(value)
      }
      if (parses(bytes)) assert.equal(reason, 'ok')
      if (reason !== 'ok') assert.equal(columns.allCount, 0)
    })
    fc.assert(property, { numRuns: 20 * RUNS })
  })
})

describe('a mutated event without escapes', () => {
  it('is read exactly when JSON.parse reads it', () => {
    const columns = columnsOf('a', 'b.c')
    const seed = utf8Encode('{"a":"xy","b":{"c":[1,true,null,"é"]}, "d":-1.5e3,"e":[{"f":[]},false,0]}')
    const change = fc.tuple(fc.nat(seed.length - 1), fc.constantFrom(...utf8Encode('{}[]",:0123e-+.tfnx é')))
    const property = fc.property(fc.array(change, { maxLength: 3 }), fc.nat(seed.length), (changes, cut) => {
      const bytes = seed.slice(0, cut < 8 ? seed.length : cut)
      for (const [at, byte] of changes) if (at < bytes.length) bytes[at] = byte
      assert.equal(read(columns, bytes) === 'ok', parses(bytes))
    })
    fc.assert(property, { numRuns: 20 * RUNS })
  })
})

function parses(bytes: Uint8Array): boolean {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(bytes))
    return typeof value === 'object' && value !== null && !Array.isArray(value)
  } catch {
    return false
  }
}
