import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LINE_CHARS_MAX, ndjsonReader } from './ndjson.ts'

test('however the stream is cut, its lines come out', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.integer({ min: 1, max: 7 }), (values, size) => {
      const text = values.map((value) => `${JSON.stringify(value)}\n`).join('\n')
      const read = ndjsonReader()
      const chunks = Array.from({ length: Math.ceil(text.length / size) }, (_, at) =>
        text.slice(at * size, (at + 1) * size),
      )
      const seen = chunks.flatMap((chunk) => read(chunk))
      assert.deepEqual(seen, JSON.parse(JSON.stringify(values)))
    }),
  )
})

test('a line without an end is not a line yet; one that is not JSON, or endless, is an error', () => {
  const read = ndjsonReader()
  assert.deepEqual(read('{"a":'), [])
  assert.deepEqual(read('1}'), [])
  assert.deepEqual(read('\n\n \n'), [{ a: 1 }])
  assert.throws(() => ndjsonReader()('{oops}\n'), SyntaxError)
  assert.throws(() => ndjsonReader()('x'.repeat(LINE_CHARS_MAX + 1)), RangeError)
})
