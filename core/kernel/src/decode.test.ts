import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { utf8Encode } from './bytes.ts'
import { canonicalJsonBytes, jsonBytes } from './canonical-json.ts'
import {
  boolean,
  dictionary,
  integer,
  list,
  literal,
  malformed,
  nullable,
  object,
  optional,
  parseJson,
  type Reader,
  record,
  text,
} from './decode.ts'

interface Pair {
  readonly left: number
  readonly right?: string
}
const pair = object<Pair>({ left: integer(0, 9), right: optional(text(3)) })

const taken: readonly [name: string, reader: Reader<unknown>, value: unknown, read: unknown][] = [
  ['text', text(3), 'abc', 'abc'],
  ['empty text', text(0), '', ''],
  ['text that fits', text(5, /^a+$/), 'aa', 'aa'],
  ['the least', integer(-1, 1), -1, -1],
  ['the most', integer(-1, 1), 1, 1],
  ['false', boolean, false, false],
  ['a literal', literal('a', 1), 1, 1],
  ['an empty list', list(boolean, 0), [], []],
  ['a full list', list(boolean, 2), [true, false], [true, false]],
  ['null', nullable(boolean), null, null],
  ['not null', nullable(boolean), true, true],
  ['an object', pair, { left: 1, right: 'x' }, { left: 1, right: 'x' }],
  ['an absent key stays absent', pair, { left: 1 }, { left: 1 }],
  ['other keys are dropped', pair, { left: 1, other: 2 }, { left: 1 }],
  ['a dictionary', dictionary(boolean, 1), { a: true }, new Map([['a', true]])],
]
for (const [name, reader, value, read] of taken) {
  test(`taken: ${name}`, () => assert.deepEqual(reader(value, 'at'), read))
}

const refused: readonly [name: string, reader: Reader<unknown>, value: unknown, at: string][] = [
  ['text that is too long', text(3), 'abcd', 'at'],
  ['text that does not fit', text(5, /^a+$/), 'ab', 'at'],
  ['a number for text', text(3), 1, 'at'],
  ['a String object', text(3), new String('a'), 'at'],
  ['less than the least', integer(0, 9), -1, 'at'],
  ['more than the most', integer(0, 9), 10, 'at'],
  ['a part', integer(0, 9), 0.5, 'at'],
  ['NaN', integer(0, 9), Number.NaN, 'at'],
  ['infinity', integer(0, Infinity), Infinity, 'at'],
  ['a number that is not exact', integer(0, Infinity), 2 ** 53, 'at'],
  ['digits', integer(0, 9), '1', 'at'],
  ['zero for false', boolean, 0, 'at'],
  ['another literal', literal('a', 1), '1', 'at'],
  ['an item too many', list(boolean, 1), [true, true], 'at'],
  ['an item that is wrong', list(boolean, 3), [true, 1], 'at[1]'],
  ['an object for a list', list(boolean, 3), { length: 0 }, 'at'],
  ['undefined for null', nullable(boolean), undefined, 'at'],
  ['a key is absent', pair, {}, 'at.left'],
  ['a key is wrong', pair, { left: 'x' }, 'at.left'],
  ['null for an absent key', pair, { left: 1, right: null }, 'at.right'],
  ['a list for an object', pair, [], 'at'],
  ['null for an object', pair, null, 'at'],
  ['text for an object', pair, 'x', 'at'],
  ['an entry too many', dictionary(boolean, 1), { a: true, b: true }, 'at'],
  ['an entry that is wrong', dictionary(boolean, 2), { a: 1 }, 'at.a'],
  ['a list for a dictionary', dictionary(boolean, 2), [], 'at'],
  ['undefined for a record', record, undefined, 'at'],
]
for (const [name, reader, value, at] of refused) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => reader(value, 'at'),
      (error: { code?: string; details?: { at?: string }; message?: string }) => {
        assert.deepEqual([error.code, error.details?.at], ['kernel/malformed', at])
        assert.match(error.message ?? '', /^Cannot read \S+: expected .+, found ./)
        return true
      },
    )
  })
}

test('names of the prototype are only names', () => {
  const hostile = JSON.parse('{"__proto__":{"left":1},"constructor":2,"toString":3}') as unknown
  assert.throws(() => pair(hostile, 'at'), { code: 'kernel/malformed' }, 'what a prototype has is not there')
  const read = dictionary(integer(0, 9), 9)(JSON.parse('{"__proto__":1,"constructor":2}'), 'at')
  assert.deepEqual(
    [...read],
    [
      ['__proto__', 1],
      ['constructor', 2],
    ],
  )
  const inherits = object<{ toString: string }>({ toString: text(9) })
  assert.throws(() => inherits({}, 'at'), { code: 'kernel/malformed' })
  assert.equal(Reflect.get({}, 'left'), undefined)
})

test('what a message shows of hostile text is short and quoted', () => {
  const { message } = malformed('at', 'a name', `\n\u001b[31m${'x'.repeat(1_000)}`)
  assert.ok(message.length < 150)
  assert.match(message, /^[\x20-\x7e]*$/)
})

const documents: readonly [name: string, bytes: Uint8Array][] = [
  ['nothing', new Uint8Array(0)],
  ['cut off', utf8Encode('{"a":')],
  ['more after it', utf8Encode('{} x')],
  ['a comment', utf8Encode('{}//')],
  ['a comma too many', utf8Encode('[1,]')],
  ['single quotes', utf8Encode("{'a':1}")],
  ['a byte order mark', utf8Encode('\ufeff{}')],
  ['not UTF-8', Uint8Array.of(0x22, 0xc0, 0xaf, 0x22)],
  ['UTF-16', Uint8Array.of(0xff, 0xfe, 0x31, 0x00)],
  ['too long', utf8Encode('"123456789"'.padEnd(33))],
]
for (const [name, bytes] of documents) {
  test(`no JSON: ${name}`, () => assert.throws(() => parseJson(bytes, 32, 'x'), { code: 'kernel/malformed' }))
}

test('the limit is in bytes, and reaches to the last', () => {
  assert.equal(parseJson(utf8Encode('"\u{e9}"'), 4, 'x'), '\u{e9}')
  assert.throws(() => parseJson(utf8Encode('"\u{e9}"'), 3, 'x'), { code: 'kernel/malformed' })
})

test('very deep nesting is a value or an error of ours', () => {
  const deep = utf8Encode('['.repeat(400_000) + ']'.repeat(400_000))
  try {
    canonicalJsonBytes(parseJson(deep, deep.length, 'x'))
    assert.fail('a limit of depth')
  } catch (error) {
    assert.equal((error as { code?: unknown }).code, 'kernel/malformed')
  }
})

test('any JSON comes back', () => {
  fc.assert(
    fc.property(fc.jsonValue(), (value) => {
      const bytes = jsonBytes(value)
      assert.deepEqual(parseJson(bytes, bytes.length, 'x'), JSON.parse(JSON.stringify(value)))
    }),
  )
})
