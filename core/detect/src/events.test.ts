import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { event, image, rule } from './engine-fixture.ts'
import { ENGINE_CONTRACT } from './contract.ts'
import { createEngine } from './engine.ts'
import { DetectError } from './errors.ts'
import { EVENT_VALUE_CHARS_MAX, EVENTS_MAX, parseEvents } from './events.ts'

const parse = (text: string): ReturnType<typeof parseEvents> => parseEvents(utf8Encode(text))
const malformed = (error: unknown): boolean => error instanceof DetectError && error.code === 'detect/events-malformed'

test('events are read', () => {
  const given = [event({ Image: '/bin/sh', ProcessId: 7, ParentImage: null }), event({})]
  const [first, second] = parse(JSON.stringify(given))
  assert.deepEqual({ ...first, fields: { ...first?.fields } }, given[0])
  assert.deepEqual(Object.keys(second?.fields ?? {}), [])
  assert.deepEqual(parse('[]'), [])
})

test('names that objects inherit are only names', () => {
  const text = '[{"category":"c","product":"p","timeMs":1,"fields":{"__proto__":"a","constructor":"b"}}]'
  const fields = parse(text)[0]?.fields ?? {}
  assert.deepEqual(Object.keys(fields), ['__proto__', 'constructor'])
  assert.equal(Object.getPrototypeOf(fields), null)
  assert.equal('polluted' in {}, false)
  // An event that some other code made, with a prototype, has no field called constructor either.
  const asks = image([rule(1, { s: { constructor: '*' }, condition: 's' })])
  const contract = { ...ENGINE_CONTRACT, fields: [{ category: 'process_creation', fields: ['constructor'] }] }
  assert.deepEqual(createEngine(asks, contract).evaluate(event({})), [])
})

test('hostile payloads are refused with a code', () => {
  const one = event({})
  const rows: readonly (readonly [what: string, text: string])[] = [
    ['empty', ''],
    ['not JSON', '[{'],
    ['not a list', '{}'],
    ['null event', '[null]'],
    ['no category', '[{"product":"p","timeMs":1,"fields":{}}]'],
    ['fraction of a millisecond', JSON.stringify([{ ...one, timeMs: 1.5 }])],
    ['negative time', JSON.stringify([{ ...one, timeMs: -1 }])],
    ['fields as a list', JSON.stringify([{ ...one, fields: [] }])],
    ['nested value', JSON.stringify([{ ...one, fields: { a: { b: 1 } } }])],
    ['boolean value', JSON.stringify([{ ...one, fields: { a: true } }])],
    ['infinite value', '[{"category":"c","product":"p","timeMs":1,"fields":{"a":1e999}}]'],
    ['many fields', JSON.stringify([event(Object.fromEntries(Array.from({ length: 65 }, (_, i) => [`f${i}`, 1])))])],
    ['long name', JSON.stringify([event({ ['n'.repeat(129)]: 1 })])],
    ['long value', JSON.stringify([event({ a: 'v'.repeat(EVENT_VALUE_CHARS_MAX + 1) })])],
    ['many events', JSON.stringify(Array.from({ length: EVENTS_MAX + 1 }, () => one))],
    ['deep', '['.repeat(200_000)],
  ]
  for (const [what, text] of rows) assert.throws(() => parse(text), malformed, what)
  assert.throws(() => parseEvents(Uint8Array.of(0x5b, 0xff, 0x5d)), malformed, 'not UTF-8')
})

test('any bytes are read or refused', () => {
  const readOrRefused = (bytes: Uint8Array): void => {
    try {
      parseEvents(bytes)
    } catch (error) {
      if (!malformed(error)) throw error
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), readOrRefused))
  fc.assert(fc.property(fc.json(), (text) => readOrRefused(utf8Encode(`[${text}]`))))
})
