import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Draft } from './draft.ts'

const BYTES_MAX = 40
const bytes = fc.uint8Array({ maxLength: 30 })

function draftOf(input: Uint8Array): Draft {
  const draft = new Draft(BYTES_MAX)
  draft.set(input)
  return draft
}

test('edits agree with those of a list, cut off at the limit', () => {
  fc.assert(
    fc.property(bytes, bytes, fc.nat(), fc.nat(), (input, piece, a, b) => {
      const at = a % (input.length + 1)
      const count = b % (input.length - at + 1)
      const model = [...input].toSpliced(at, count, ...piece)
      const draft = draftOf(input)
      draft.replace(at, count, piece)
      if (model.length <= BYTES_MAX) assert.deepEqual([...draft.view()], model)
      assert.equal(draft.length, Math.min(model.length, BYTES_MAX))

      const removed = draftOf(input)
      removed.remove(at, count)
      assert.deepEqual([...removed.view()], [...input].toSpliced(at, count))
    }),
  )
})

test('words are read as they were written, in both orders', () => {
  const draft = draftOf(new Uint8Array(8))
  for (const width of [1, 2, 4]) {
    for (const little of [true, false]) {
      draft.write(3, width, little, 0xfedcba98)
      assert.equal(draft.read(3, width, little), 0xfedcba98 % 2 ** (8 * width))
    }
  }
  draft.write(0, 2, false, 0x1234)
  assert.deepEqual([...draft.bytes.subarray(0, 2)], [0x12, 0x34])
})
