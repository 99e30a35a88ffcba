import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { flatten, parseEvent } from './event.ts'
import { ANY, DASH, DASHES, matcherOf, ONE, parsePattern, type Piece } from './pattern.ts'
import { foldCase, VALUE_BYTES_MAX } from './text.ts'

function fieldsOf(json: string): unknown {
  return Object.fromEntries(
    [...flatten(parseEvent(json))].map(([name, values]) => [name, values.map((value) => value?.exact ?? null)]),
  )
}

const ROWS: readonly (readonly [json: string, fields: Readonly<Record<string, readonly (string | null)[]>>])[] = [
  ['{}', {}],
  ['[]', {}],
  ['null', {}],
  ['"text"', {}],
  ['{"a":1,"b":{"c":[true,null,"x"]}}', { a: ['1'], b: [], 'b.c': ['true', null, 'x'] }],
  [
    '{"n":[12345678901234567890,-0,1.0,1e3,1e400,-0.5,1e21,9007199254740993]}',
    {
      n: ['12345678901234567890', '0', '1', '1000', '1e400', '-0.5', '1e+21', '9007199254740993'],
    },
  ],
  ['{"a":{"b":1},"a.b":2,"a. b":3}', { a: [], 'a.b': ['1'] }],
  ['{"a":[{"b":1},{"b":[2,3]}]}', { a: [], 'a.b': ['1', '2', '3'] }],
  ['{"a":[[],{}]}', { a: [] }],
  ['{"P":{"#attributes":{"N":1},"#text":"t","@X":2}}', { P_N: ['1'], P: ['t'], P_X: ['2'] }],
  [
    '{"Event":{"#attributes":{"xmlns":"u"},"System":{"EventID":1},"EventData":{"EventID":2,"D":3}}}',
    {
      xmlns: ['u'],
      EventID: ['1'],
      D: ['3'],
    },
  ],
  [
    '{"Event":{"UserData":{"X":{"Y":1,"Z":{"W":2}}},"EventData":null,"Q":{"R":3}}}',
    {
      Y: ['1'],
      Z: [],
      'Z.W': ['2'],
      EventData: [null],
      Q: [],
      'Q.R': ['3'],
    },
  ],
  ['{"__proto__":{"a":1},"constructor":2}', { ['__proto__']: [], '__proto__.a': ['1'], constructor: ['2'] }],
]

void describe('an event as fields', () => {
  for (const [json, fields] of ROWS) void test(json, () => assert.deepEqual(fieldsOf(json), fields))

  void test('a value is cut where it is too long, between code points', () => {
    const value = '\u{1f525}'.repeat(VALUE_BYTES_MAX)
    const [cut] = flatten({ a: `x${value}` }).get('a') ?? []
    assert.equal(cut?.exact, `x${'\u{1f525}'.repeat((VALUE_BYTES_MAX - 4) / 4)}`)
  })

  void test('what is no JSON is refused', () => assert.throws(() => parseEvent('{"a":'), SyntaxError))
})

void describe('case', () => {
  void test('is folded unit by unit', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const folded = foldCase(text)
        assert.equal(folded.length, text.length)
        assert.equal(foldCase(folded), folded)
        if (/^[\0-\x7f]*$/.test(text)) assert.equal(folded, text.toLowerCase())
      }),
    )
  })
})

const piece = fc.oneof(fc.constantFrom<Piece>(ANY, ONE, DASH), fc.constantFrom('a', 'b', 'ab', '-', '\u{1f525}'))
const text = fc.array(fc.constantFrom('a', 'b', 'ab', '-', '/', '\n', '\u{1f525}')).map((parts) => parts.join(''))

void describe('patterns', () => {
  void test('match what the same regular expression matches', () => {
    const source = (one: Piece): string => {
      if (typeof one === 'string') return one
      if (one === ANY) return '.*'
      return one === ONE ? '.' : `[${DASHES.join('')}]`
    }
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 6 }), text, (pieces, text) => {
        const regex = new RegExp(`^${pieces.map(source).join('')}$`, 'su')
        assert.equal(matcherOf(pieces, true)(text), regex.test(text))
      }),
      { numRuns: 2_000 },
    )
  })

  void test('an escaped text means itself', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        const escaped = text.replaceAll(/[\\*?]/g, String.raw`\$&`)
        assert.deepEqual(parsePattern(escaped), text === '' ? [] : [text])
      }),
    )
  })
})
