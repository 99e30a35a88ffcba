import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { drainRing, type RingMemory } from './ring-buffer.ts'

const SIZE_BYTES = 4096
const HEADER_SIZE_BYTES = 8
const BUSY = 2 ** 31
const DISCARDED = 2 ** 30

/** A ring in ordinary memory, with the kernel's side of it. */
class Ring {
  readonly memory: RingMemory = {
    consumer: new BigUint64Array(1),
    producer: new BigUint64Array(1),
    data: new Uint8Array(2 * SIZE_BYTES),
    sizeBytes: SIZE_BYTES,
  }

  /** @returns false when there is no room, as the kernel does */
  write(text: string, flags = 0): boolean {
    const payload = Buffer.from(text, 'latin1')
    const start = Number(this.memory.producer[0])
    const end = start + Math.ceil((HEADER_SIZE_BYTES + payload.length) / 8) * 8
    if (end - Number(this.memory.consumer[0]) > SIZE_BYTES) return false
    const header = Buffer.alloc(HEADER_SIZE_BYTES)
    header.writeUInt32LE(payload.length + flags)
    for (const [k, byte] of Buffer.concat([header, payload]).entries()) {
      const at = (start + k) % SIZE_BYTES
      this.memory.data[at] = byte
      this.memory.data[at + SIZE_BYTES] = byte // the same page, mapped again
    }
    this.memory.producer[0] = BigInt(end)
    return true
  }

  drain(): string[] {
    const texts: string[] = []
    drainRing(this.memory, (data, at, size) => {
      texts.push(Buffer.from(data.subarray(at, at + size)).toString('latin1'))
    })
    return texts
  }
}

test('whatever was written comes out once, whole and in order, around the end of the ring and when it was full', () => {
  const step = fc.oneof(fc.constant(null), fc.string({ unit: 'binary-ascii', maxLength: 1500 }))
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const ring = new Ring()
      let waiting: string[] = []
      for (const text of steps) {
        if (text !== null && ring.write(text)) waiting.push(text)
        if (text !== null) continue
        assert.deepEqual(ring.drain(), waiting)
        waiting = []
      }
      assert.deepEqual(ring.drain(), waiting)
      assert.equal(ring.memory.consumer[0], ring.memory.producer[0])
    }),
    { numRuns: 60 },
  )
})

test('an empty ring gives nothing', () => assert.deepEqual(new Ring().drain(), []))

test('a discarded record is passed over', () => {
  const ring = new Ring()
  ring.write('a')
  ring.write('given up', DISCARDED)
  ring.write('b')
  assert.deepEqual(ring.drain(), ['a', 'b'])
})

test('a record that is being written holds back itself and what follows, until it is finished', () => {
  const ring = new Ring()
  ring.write('a')
  const at = Number(ring.memory.producer[0])
  ring.write('late', BUSY)
  ring.write('b')
  assert.deepEqual(ring.drain(), ['a'])
  assert.deepEqual(ring.drain(), [])
  new DataView(ring.memory.data.buffer).setUint32(at, 'late'.length, true)
  assert.deepEqual(ring.drain(), ['late', 'b'])
})

test('what is written during a drain waits for the next one', () => {
  const ring = new Ring()
  ring.write('a')
  let visits = 0
  drainRing(ring.memory, () => {
    visits++
    ring.write('again')
  })
  assert.equal(visits, 1)
  assert.deepEqual(ring.drain(), ['again'])
})
