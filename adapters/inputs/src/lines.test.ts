import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { LINE_BYTES_MAX } from './limits.ts'
import { LineCutter } from './lines.ts'

function cut(bytes: Uint8Array, sizes: readonly number[]): { lines: readonly string[]; tooLong: number; open: number } {
  const cutter = new LineCutter()
  const lines: string[] = []
  const buffer = Buffer.alloc(bytes.length)
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = Math.min(sizes[i % sizes.length] ?? 1, bytes.length - at)
    const chunk = buffer.subarray(0, size)
    chunk.set(bytes.subarray(at, at + size))
    lines.push(...cutter.push(chunk).map((line) => Buffer.from(line).toString()))
    buffer.fill(0x58) // the caller uses its buffer again
    at += size
  }
  const open = cutter.openBytes
  const last = cutter.end()
  if (last !== null) lines.push(Buffer.from(last).toString())
  return { lines, tooLong: cutter.tooLong, open }
}

test('whatever the chunks, the same lines', () => {
  const texts = fc.array(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constantFrom('', '\r', 'x\r')), { maxLength: 12 })
  const sizes = fc.array(fc.integer({ min: 1, max: 40 }), { minLength: 1, maxLength: 6 })
  const property = fc.property(texts, fc.boolean(), sizes, (all, isEnded, chunks) => {
    const text = `${all.join('\n')}${isEnded ? '\n' : ''}`
    const expected = text.split('\n').map((line) => line.replace(/\r$/, '')).filter((line) => line !== '') // prettier-ignore
    const { lines, tooLong, open } = cut(Buffer.from(text), chunks)
    assert.deepEqual([lines, tooLong], [expected, 0])
    assert.equal(open, Buffer.byteLength(text.slice(text.lastIndexOf('\n') + 1)))
  })
  fc.assert(property, { numRuns: 500 })
})

test('a line that is too long is counted, and hides nothing of what follows', () => {
  const exact = 'e'.repeat(LINE_BYTES_MAX)
  const long = 'x'.repeat(LINE_BYTES_MAX + 1)
  for (const size of [1 << 20, 65_537, 3_000_000]) {
    const text = `a\n${long}\nb\n${exact}\n${long}${long}\nc\n${long}`
    const { lines, tooLong, open } = cut(Buffer.from(text), [size])
    assert.deepEqual([lines.map((line) => line.length), tooLong, open], [[1, 1, exact.length, 1], 3, long.length])
  }
})

test('a long line in tiny chunks takes memory for its bytes only', () => {
  const cutter = new LineCutter()
  const before = process.memoryUsage().arrayBuffers
  const chunk = Buffer.from('x')
  for (let i = 0; i < LINE_BYTES_MAX + 10; i++) cutter.push(chunk)
  assert.ok(process.memoryUsage().arrayBuffers - before < 8 * LINE_BYTES_MAX)
  assert.equal(cutter.openBytes, LINE_BYTES_MAX + 10)
})
