import assert from 'node:assert/strict'
import { test } from 'node:test'
import { addDrops, NO_DROPS, readSensorStatus, sumDrops } from './sensor-drops.ts'

const STATUS = { dropped: { kernel: [1, 2, 3], queue: [4, 5, 6] } }
const bytes = (value: unknown): Uint8Array => Buffer.from(JSON.stringify(value))

test('a status says what was lost where, by rank', () => {
  const drops = readSensorStatus(bytes(STATUS))
  assert.deepEqual(drops, STATUS.dropped)
  assert.deepEqual([sumDrops(drops.kernel), sumDrops(drops.queue)], [6, 15])
  assert.deepEqual(addDrops(drops, drops), { kernel: [2, 4, 6], queue: [8, 10, 12] })
  assert.deepEqual(addDrops(drops, NO_DROPS), drops)
})

const REFUSED: readonly (readonly [string, unknown])[] = [
  ['nothing', null],
  ['a list', [STATUS]],
  ['no kernel', { dropped: { queue: [0, 0, 0] } }],
  ['no queue', { dropped: { kernel: [0, 0, 0] } }],
  ['a rank too few', { dropped: { kernel: [0, 0], queue: [0, 0, 0] } }],
  ['a rank too many', { dropped: { kernel: [0, 0, 0, 0], queue: [0, 0, 0] } }],
  ['a negative count', { dropped: { kernel: [0, 0, -1], queue: [0, 0, 0] } }],
  ['half an event', { dropped: { kernel: [0, 0, 0.5], queue: [0, 0, 0] } }],
  ['more than numbers hold', { dropped: { kernel: [0, 0, 2 ** 60], queue: [0, 0, 0] } }],
  ['text', { dropped: { kernel: ['0', 0, 0], queue: [0, 0, 0] } }],
  ['something long', { ...STATUS, more: 'x'.repeat(2000) }],
]

for (const [name, value] of REFUSED) {
  test(`refused: ${name}`, () => assert.throws(() => readSensorStatus(bytes(value)), { code: 'kernel/malformed' }))
}

test('refused: no JSON', () => {
  assert.throws(() => readSensorStatus(Buffer.from('{')), { code: 'kernel/malformed' })
})
