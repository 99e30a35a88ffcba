import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createEngine, OPEN_CONTRACT, RECORD_BATCH_BYTES_MAX } from '@firebreak/detect'
import { compilePack, parsePack, toSourceNode, verifyImage } from '@firebreak/content'
import { BATCH_BYTES_FULL, BATCH_EVENTS_MAX, EventBatcher } from './event-batcher.ts'
import { openReader } from './formats/index.ts'
import { LINE_BYTES_MAX } from './limits.ts'
import { lineOf, NOW_MS } from './testing/samples.ts'

const NO_SOURCE = { category: null, product: null, service: null }
const batcher = () => new EventBatcher(openReader('sigma-json', NO_SOURCE))

const MANIFEST = { name: 'rules', version: '1.0.0', category: 'behavioural', minimumEngine: '1.0.0', description: 'x' }
const EMPTY = parsePack({ manifest: toSourceNode(MANIFEST, 'pack.yaml'), rules: [], tests: [], indicators: [], diagnostics: [] }) // prettier-ignore

test('a batch has the events of its lines, and begins anew', () => {
  const engine = createEngine(verifyImage(compilePack({ ...EMPTY, diagnostics: [] }).image), OPEN_CONTRACT)
  const events = batcher()
  for (const lines of [['{"a":1}', 'x', '{"b":2}'], [], ['{}']]) {
    const added = lines.filter((line) => events.add(lineOf(line), NOW_MS))
    assert.equal(events.count, added.length)
    const batch = engine.openBatch(events.finish())
    assert.equal(batch.count, added.length)
    while (batch.next() !== null);
  }
  assert.deepEqual(events.refused, { 'too-long': 0, malformed: 1, 'other-shape': 0, 'not-supplied': 0 })
})

test('a batch is full by number, and by bytes', () => {
  const events = batcher()
  while (!events.isFull) events.add(lineOf('{}'), NOW_MS)
  assert.equal(events.count, BATCH_EVENTS_MAX)
  events.finish()
  const fields = Array.from({ length: 9 }, (_, i) => [`a${i}`, 'x'.repeat(BATCH_BYTES_FULL / 8)]) // of which the engine reads all
  events.add(lineOf(Object.fromEntries(fields)), NOW_MS)
  assert.equal(events.isFull, true)
})

test('names may not be larger than the line that they are from', () => {
  const events = batcher()
  const inner = Object.fromEntries(Array.from({ length: 4_000 }, (_, i) => [String(i), i]))
  const line = lineOf({ ['n'.repeat(900)]: inner })
  assert.ok(line.length < 100_000)
  assert.equal(events.add(line, NOW_MS), false)
  assert.equal(events.add(lineOf({ ['n'.repeat(2_000)]: 1 }), NOW_MS), false)
  assert.equal(events.refused['too-long'], 2)
  const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`${'n'.repeat(900)}${i}`, i]))
  while (!events.isFull) assert.ok(events.add(lineOf(many), NOW_MS))
  assert.equal(events.count, 1)
  events.add(lineOf({ a: 'x'.repeat(LINE_BYTES_MAX - 100) }), NOW_MS)
  const { length } = events.finish()
  assert.ok(length < 4 * 1024 * 1024 && length < RECORD_BATCH_BYTES_MAX)
})
