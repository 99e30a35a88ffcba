import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { Numbering } from './numbering.ts'

test('one value has one number, until nobody holds it', () => {
  const numbers = new Numbering(3, 'other')
  const take = (key: string) => numbers.take(key, `value of ${key}`)
  const a = take('a')
  assert.equal(take('a'), a)
  assert.equal(numbers.value(a), 'value of a')
  assert.equal(numbers.numberOf('a'), a)
  numbers.drop(a)
  assert.equal(numbers.numberOf('a'), a)
  numbers.drop(a)
  assert.equal(numbers.numberOf('a'), 0)
  assert.equal(take('b'), a)
})

test('when all numbers are taken, a new value is an other one', () => {
  const numbers = new Numbering(2, 'other')
  const take = (key: string) => numbers.take(key, key)
  const held = [take('a'), take('b')]
  assert.equal(numbers.value(take('c')), 'other')
  numbers.drop(0)
  assert.equal(take('a'), held[0])
})

test('a number that was never given is a fault', () => {
  const numbers = new Numbering(2, 'other')
  assert.throws(() => numbers.value(1), RangeError)
  assert.throws(() => numbers.drop(1), RangeError)
})

test('a host that says something new each time takes one number', () => {
  const numbers = new Numbering(2, 'other')
  let held = 0
  for (let i = 0; i < 100; i++) {
    const next = numbers.take(`${i}`, `${i}`)
    numbers.drop(held)
    held = next
    assert.equal(numbers.value(held), `${i}`)
  }
})

test('in any history every holder finds its own value', () => {
  const steps = fc.array(fc.record({ holder: fc.nat(5), key: fc.constantFrom('a', 'b', 'c', 'd') }), { size: 'medium' })
  fc.assert(
    fc.property(steps, (changes) => {
      const numbers = new Numbering(6, 'other')
      const held = new Map<number, { key: string; number: number }>()
      for (const { holder, key } of changes) {
        const number = numbers.take(key, key)
        numbers.drop(held.get(holder)?.number ?? 0)
        held.set(holder, { key, number })
        for (const one of held.values()) assert.equal(numbers.value(one.number), one.key)
      }
    }),
  )
})
