import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { utf8Encode } from '@firebreak/kernel'
import { documentFormat } from './document/document.ts'
import { minimise } from './minimise.ts'

test('of bytes only those are left that are needed, and in their order', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 2, maxLength: 120 }), fc.nat(), fc.nat(), (input, a, b) => {
      const [first, second] = [a % input.length, b % input.length].toSorted((x, y) => x - y) as [number, number]
      const wanted = first === second ? [input[first]] : [input[first], input[second]]
      const keeps = (candidate: Uint8Array): boolean => {
        const at = candidate.indexOf(wanted[0] as number)
        return at !== -1 && (wanted.length === 1 || candidate.indexOf(wanted[1] as number, at + 1) !== -1)
      }
      assert.deepEqual([...minimise(input, null, keeps, 10_000).input], wanted)
    }),
  )
})

test('a document loses its parts first, and stays a document', () => {
  const format = documentFormat()
  const input = utf8Encode(JSON.stringify({ a: [1, 2, { keep: 'me', not: 'me' }], b: { c: 'long text', d: [[], {}] } }))
  let asked = 0
  const keeps = (candidate: Uint8Array): boolean => {
    asked++
    try {
      return JSON.stringify(JSON.parse(Buffer.from(candidate).toString())).includes('"keep":"me"')
    } catch {
      return false
    }
  }
  const { input: smallest, executions } = minimise(input, format, keeps, 1000)
  assert.equal(Buffer.from(smallest).toString(), '{"":[{"keep":"me"}]}')
  assert.equal(executions, asked)
})

test('the budget is held, and what is returned still does what it should', () => {
  for (const budget of [0, 1, 7, 40]) {
    let asked = 0
    const keeps = (candidate: Uint8Array): boolean => {
      asked++
      return candidate.includes(9)
    }
    const { input, executions } = minimise(
      Uint8Array.from({ length: 500 }, (_, i) => i % 17),
      null,
      keeps,
      budget,
    )
    assert.ok(executions <= budget && asked === executions)
    assert.ok(input.includes(9))
  }
})

test('bytes that do not matter become zeros', () => {
  const keeps = (candidate: Uint8Array): boolean => candidate.length === 8 && candidate[5] === 77
  const input = Uint8Array.of(1, 2, 3, 4, 5, 77, 7, 8)
  assert.deepEqual([...minimise(input, null, keeps, 1000).input], [0, 0, 0, 0, 0, 77, 0, 0])
})
