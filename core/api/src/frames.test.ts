import assert from 'node:assert/strict'
import { test } from 'node:test'
import { concatBytes } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { encodeFrame, FRAME, FRAME_HEADER_BYTES, FRAME_PAYLOAD_BYTES_MAX, type Frame, FrameDecoder } from './frames.ts'

const KIB = 1024
const frames: fc.Arbitrary<Frame> = fc.record(
  {
    type: fc.constantFrom(...Object.values(FRAME)),
    rank: fc.nat(2 ** 8 - 1),
    count: fc.nat(2 ** 16 - 1),
    sequence: fc.nat(2 ** 32 - 1),
    aux: fc.nat(2 ** 32 - 1),
    payload: fc.uint8Array({ maxLength: 40 }),
  },
  { noNullPrototype: true },
)

/** Cuts `bytes` into chunks of the given sizes, over and over; 0 is an empty chunk. */
function* cut(bytes: Uint8Array, sizes: readonly number[]): Generator<Uint8Array> {
  for (let at = 0, i = 0; at < bytes.length; i++) {
    const size = sizes[i % sizes.length] ?? 1
    yield bytes.subarray(at, at + size)
    at += size
  }
}

test('the header is sixteen bytes, little-endian', () => {
  const bytes = encodeFrame({
    type: FRAME.ACK,
    rank: 11,
    count: 0x0102,
    sequence: 0x03040506,
    aux: 0x0708090a,
    payload: new Uint8Array([255]),
  })
  assert.deepEqual([...bytes], [1, 0, 0, 0, 18, 11, 2, 1, 6, 5, 4, 3, 10, 9, 8, 7, 255])
  assert.deepEqual([...encodeFrame({ type: FRAME.ACTIVATE })], [0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
})

test('any frames in any chunks come back as they were', () => {
  const sizes = fc.array(fc.nat(70), { minLength: 1, maxLength: 8 }).filter((list) => list.some((size) => size > 0))
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 8 }), sizes, (sent, chunks) => {
      const decoder = new FrameDecoder()
      const stream = concatBytes(sent.map(encodeFrame))
      const got = [...cut(stream, chunks)].flatMap((chunk) => decoder.push(chunk))
      assert.deepEqual(got, sent)
    }),
    { numRuns: 500 },
  )
})

test('a payload stays as it was when the chunk that brought it is used again', () => {
  const chunk = concatBytes([1, 2].map((byte) => encodeFrame({ type: FRAME.LOAD, payload: new Uint8Array([byte]) })))
  const [first, second] = new FrameDecoder().push(chunk)
  chunk.fill(9)
  first?.payload.fill(7)
  assert.deepEqual([[...(first?.payload ?? [])], [...(second?.payload ?? [])]], [[7], [2]])
})

function header(length: number, type: number): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES)
  new DataView(bytes.buffer).setUint32(0, length, true)
  bytes[4] = type
  return bytes
}

const hostile: readonly [name: string, bytes: Uint8Array, code: string, details: object][] = [
  ['four gigabytes', header(2 ** 32 - 1, FRAME.LOAD), 'frame/too-large', { length: 2 ** 32 - 1 }],
  ['one byte over the limit', header(1_001, FRAME.LOAD), 'frame/too-large', { length: 1_001 }],
  ['too large and unknown', header(1_001, 0), 'frame/too-large', { length: 1_001 }],
  ['type 0', header(0, 0), 'frame/unknown-type', { type: 0 }],
  ['a type between the ranges', header(0, 15), 'frame/unknown-type', { type: 15 }],
  ['type 255', header(1_000, 255), 'frame/unknown-type', { type: 255 }],
  ['text', new TextEncoder().encode('HTTP/1.1 200 OK\r\n'), 'frame/too-large', { length: 0x50545448 }],
]
for (const [name, bytes, code, details] of hostile) {
  test(`refused as soon as its header is there: ${name}`, () => {
    for (const sizes of [[bytes.length], [1]]) {
      const decoder = new FrameDecoder(1_000)
      decoder.push(encodeFrame({ type: FRAME.READY, payload: new Uint8Array(1_000) }))
      const push = () => [...cut(bytes, sizes)].map((chunk) => decoder.push(chunk))
      assert.throws(push, { name: 'FrameError', code, details })
    }
  })
}

test('any bytes at all end in frames or a FrameError', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        for (const frame of new FrameDecoder(64).push(bytes)) assert.ok(frame.payload.length <= 64)
      } catch (error) {
        assert.match(String((error as { code?: unknown }).code), /^frame\//)
      }
    }),
    { numRuns: 500 },
  )
})

test('every strict prefix of a frame is no frame yet', () => {
  const whole = encodeFrame({ type: FRAME.EVENTS, payload: new Uint8Array(5) })
  for (let end = 0; end < whole.length; end++) assert.deepEqual(new FrameDecoder().push(whole.subarray(0, end)), [])
})

const streams: readonly [name: string, payloadBytes: number, chunkBytes: number][] = [
  ['10,000 chunks of one byte', 10_000 - FRAME_HEADER_BYTES, 1],
  ['64 MiB in chunks of 64 KiB', FRAME_PAYLOAD_BYTES_MAX, 64 * KIB],
]
for (const [name, payloadBytes, chunkBytes] of streams) {
  test(`linear: ${name} are copied once`, (t) => {
    const stream = encodeFrame({ type: FRAME.LOAD, payload: new Uint8Array(payloadBytes).fill(3) })
    const decoder = new FrameDecoder()
    let got = 0
    const { mock } = t.mock.method(Uint8Array.prototype, 'set')
    for (const chunk of cut(stream, [chunkBytes])) for (const { payload } of decoder.push(chunk)) got += payload.length
    const copiedBytes = mock.calls.reduce((sum, call) => sum + (call.arguments[0]?.length ?? 0), 0)
    assert.deepEqual([got, copiedBytes], [payloadBytes, stream.length])
  })
}

const tooLarge: readonly [name: string, frame: Partial<Frame>][] = [
  ['a count over 16 bits', { count: 65_536 }],
  ['a sequence over 32 bits', { sequence: 2 ** 32 }],
  ['a negative aux', { aux: -1 }],
  ['a count in parts', { count: 0.5 }],
  ['a payload over the limit', { payload: new Uint8Array(FRAME_PAYLOAD_BYTES_MAX + 1) }],
]
for (const [name, frame] of tooLarge) {
  test(`${name} is a bug, not another number`, () => {
    assert.throws(() => encodeFrame({ type: FRAME.ACK, ...frame }), { code: 'kernel/bug' })
  })
}
