import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Draft } from './draft.ts'
import { havoc, type HavocLevel, havocLevel } from './havoc.ts'
import { Random } from './random.ts'
import { Words } from './words.ts'

const WORDS = new Words({ texts: ['keyword'], numbers: [7, 70_000] })

test('changes grow while nothing is found', () => {
  const random = new Random(1)
  assert.deepEqual(
    [0, 3999, 4000, 19_999].map((executions) => havocLevel(executions, random)),
    [0, 0, 1, 1],
  )
  const late = Array.from({ length: 400 }, () => havocLevel(20_000, random))
  assert.ok(late.filter((level) => level === 2).length > 280)
  assert.deepEqual(new Set(late), new Set([0, 1, 2]))
})

test('whatever is changed, the input stays within its limit, and the same seed changes it alike', () => {
  fc.assert(
    fc.property(
      fc.uint8Array({ maxLength: 64 }),
      fc.nat(2),
      fc.nat(),
      fc.uint8Array({ maxLength: 64 }),
      (input, level, seed, other) => {
        const once = (): Uint8Array => {
          const draft = new Draft(96)
          draft.set(input)
          havoc(draft, level as HavocLevel, new Random(seed), WORDS, other)
          assert.ok(draft.length <= 96)
          return draft.view()
        }
        assert.deepEqual(once(), once())
      },
    ),
  )
})

test('small changes at first, and a third of the wild ones change the length', () => {
  const input = new Uint8Array(200)
  const random = new Random(3)
  const changedBytes = (level: HavocLevel): number => {
    const draft = new Draft(1000)
    draft.set(input)
    havoc(draft, level, random, WORDS, input)
    return draft.length === 200 ? draft.view().filter((byte) => byte !== 0).length : Number.POSITIVE_INFINITY
  }
  const first = Array.from({ length: 300 }, () => changedBytes(0))
  const inPlace = first.filter((n) => n !== Number.POSITIVE_INFINITY)
  assert.ok(inPlace.length > 200 && Math.max(...inPlace) <= 2 * 'keyword'.length)
  assert.ok(
    Array.from({ length: 300 }, () => changedBytes(2)).filter((n) => n === Number.POSITIVE_INFINITY).length > 150,
  )
})

test('words of the program come into the input', () => {
  const random = new Random(9)
  let seen = false
  for (let i = 0; i < 500 && !seen; i++) {
    const draft = new Draft(100)
    draft.set(new Uint8Array(20))
    havoc(draft, 1, random, WORDS, new Uint8Array(0))
    seen = Buffer.from(draft.view()).includes('keyword')
  }
  assert.ok(seen)
})
