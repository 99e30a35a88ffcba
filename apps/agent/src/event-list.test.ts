import assert from 'node:assert/strict'
import { test } from 'node:test'
import { jsonBytes, utf8Encode } from '@firebreak/kernel'
import { parseEventList } from './event-list.ts'

const EVENT = {
  category: 'process_creation',
  product: 'linux',
  timeMs: 0,
  fields: { Image: '/bin/sh', ProcessId: 7, Elevated: true, User: null },
}

test('what the gate writes is what is read', () => {
  const list = [EVENT, { ...EVENT, category: '', service: 'auditd', fields: {} }, { ...EVENT, service: null }]
  assert.deepEqual(parseEventList(jsonBytes(list)), list)
  assert.deepEqual(parseEventList(utf8Encode('[]')), [])
})

test('a field may have any name', () => {
  const [event] = parseEventList(
    utf8Encode('[{"category":"c","product":"p","timeMs":0,"fields":{"__proto__":"x","constructor":"y"}}]'),
  )
  assert.deepEqual(Object.entries(event?.fields ?? {}), [
    ['__proto__', 'x'],
    ['constructor', 'y'],
  ])
})

const REFUSED: readonly (readonly [name: string, change: object, at: string])[] = [
  ['no category', { category: undefined }, 'events[1].category'],
  ['a product that is null', { product: null }, 'events[1].product'],
  ['a service that is a number', { service: 1 }, 'events[1].service'],
  ['a time as text', { timeMs: '0' }, 'events[1].timeMs'],
  ['fields as a list', { fields: [] }, 'events[1].fields'],
  ['a field with a list', { fields: { a: 'x', b: ['x'] } }, 'events[1].fields.b'],
  ['a field with an object', { fields: { a: {} } }, 'events[1].fields.a'],
]
for (const [name, change, at] of REFUSED) {
  test(`refused: ${name}`, () => refuses(jsonBytes([EVENT, { ...EVENT, ...change }]), at))
}

for (const text of ['', '{}', 'null', '[null]', '[[]]', '[{}', '["x"]']) {
  test(`refused: ${JSON.stringify(text)}`, () => refuses(utf8Encode(text)))
}

function refuses(bytes: Uint8Array, at?: string): void {
  assert.throws(
    () => parseEventList(bytes),
    (error: { code?: string; details?: { at?: string } }) => {
      assert.equal(error.code, 'kernel/malformed')
      if (at !== undefined) assert.equal(error.details?.at, at)
      return true
    },
  )
}
