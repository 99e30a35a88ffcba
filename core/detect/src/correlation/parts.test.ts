import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { parseDecimal } from './decimal.ts'
import { ExactSum } from './exact-sum.ts'
import { DECIMAL_CHARS_MAX } from './limits.ts'
import { LinkedOrder } from './linked-order.ts'
import { ReorderBuffer } from './reorder-buffer.ts'
import { SortedNumbers } from './sorted-numbers.ts'

const numbers: readonly (readonly [text: string, number: number | null])[] = [
  ['0', 0],
  ['-0', -0],
  ['007', 7],
  ['-1.50', -1.5],
  ['1e3', 1_000],
  ['1E-2', 0.01],
  ['1e+2', 100],
  ['1e300', 1e300],
  ['0.1', 0.1],
  ['9007199254740993', 9007199254740992],
  ['', null],
  ['-', null],
  ['.5', null],
  ['5.', null],
  ['+5', null],
  ['1e', null],
  ['1e+', null],
  ['1e301', null],
  ['1e999', null],
  ['0x10', null],
  [' 1', null],
  ['1 ', null],
  ['1_000', null],
  ['1,5', null],
  ['NaN', null],
  ['Infinity', null],
  ['\u0661', null],
  ['1'.repeat(DECIMAL_CHARS_MAX), Number('1'.repeat(DECIMAL_CHARS_MAX))],
  ['1'.repeat(DECIMAL_CHARS_MAX + 1), null],
]
for (const [text, number] of numbers) {
  test(`${JSON.stringify(text.slice(0, 20))} is ${number === null ? 'no number' : 'a number'}`, () => {
    assert.equal(parseDecimal(text), number)
  })
}

/** Of a double, exactly: as so many times 2^-1074. */
function units(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8))
  view.setFloat64(0, value)
  const bits = view.getBigUint64(0)
  const exponent = (bits >> 52n) & 0x7ffn
  const fraction = bits & 0xfffffffffffffn
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n)
  return bits >> 63n === 0n ? magnitude : -magnitude
}

const value = fc.oneof(
  fc.double({ noNaN: true, min: -1e300, max: 1e300 }),
  fc.constantFrom(1, -1, 0.1, 2 ** 53, 2 ** -53, 2 ** 52 + 0.5, 1e300, -1e300, 5e-324, 2 ** -54, 3 * 2 ** -54),
)

test('a sum is the double nearest to the exact one, whatever came and went', () => {
  const nearest = (values: readonly number[], removed: number): void => {
    const sum = new ExactSum()
    for (const one of values) sum.add(one)
    for (const one of values.slice(0, removed)) sum.add(-one)
    const exact = values.slice(removed).reduce((total, one) => total + units(one), 0n)
    const found = sum.value
    const distance = (other: number): bigint => {
      const difference = units(other) - exact
      return difference < 0n ? -difference : difference
    }
    // No neighbour is nearer.
    const bits = new DataView(new ArrayBuffer(8))
    bits.setFloat64(0, found)
    for (const step of [1n, -1n]) {
      bits.setBigUint64(8 - 8, bits.getBigUint64(0) + step)
      const neighbour = bits.getFloat64(0)
      if (Number.isFinite(neighbour)) assert.ok(distance(found) <= distance(neighbour), `${found} ${neighbour}`)
      bits.setFloat64(0, found)
    }
    if (exact === 0n) assert.equal(found, 0)
  }
  fc.assert(fc.property(fc.array(value, { maxLength: 12 }), fc.nat(12), nearest), { numRuns: 3_000 })
})

test('numbers stay in order, and percentiles lie between them', () => {
  const ordered = (values: readonly number[], removed: number): void => {
    const sorted = new SortedNumbers()
    for (const one of values) sorted.add(one)
    for (const one of values.slice(0, removed)) sorted.remove(one)
    const left = values.slice(removed).toSorted((a, b) => a - b)
    const count = left.length
    for (const [rank, one] of left.entries()) {
      const found = sorted.percentile(count === 1 ? 50 : (100 * rank) / (count - 1))
      assert.ok(Math.abs(found - one) <= 1e-6 * Math.max(1, ...left.map((other) => Math.abs(other))))
    }
    if (count === 0) assert.ok(Number.isNaN(sorted.percentile(50)))
  }
  fc.assert(fc.property(fc.array(fc.integer(), { maxLength: 40 }), fc.nat(40), ordered), { numRuns: 1_000 })
})

test('what waits comes out by time and, of equal times, in the order of arrival', () => {
  const sorted = (times: readonly number[]): void => {
    const buffer = new ReorderBuffer<{ readonly timeMs: number; readonly sequence: number }>()
    const items = times.map((timeMs, sequence) => ({ timeMs, sequence }))
    for (const item of items) buffer.push(item)
    const out = items.map(() => buffer.pop())
    assert.deepEqual(
      out,
      items.toSorted((a, b) => a.timeMs - b.timeMs),
    )
    assert.deepEqual([buffer.size, buffer.pop(), buffer.earliest], [0, null, null])
  }
  fc.assert(fc.property(fc.array(fc.nat(9), { maxLength: 30 }), sorted), { numRuns: 1_000 })
})

test('a linked order is a list from which anything can be taken out', () => {
  const order = new LinkedOrder<string>()
  const [a, b, c] = ['a', 'b', 'c'].map((one) => order.append(one))
  assert.ok(a && b && c)
  assert.deepEqual(order.newest(2), ['b', 'c'])
  order.remove(b)
  assert.deepEqual([order.newest(9), order.size, order.first?.item], [['a', 'c'], 2, 'a'])
  order.remove(a)
  order.remove(c)
  assert.deepEqual([order.newest(9), order.size, order.first], [[], 0, null])
  order.append('d')
  assert.deepEqual(order.newest(9), ['d'])
})
