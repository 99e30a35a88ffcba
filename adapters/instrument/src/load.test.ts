import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Exhausted } from './gauge.ts'
import { type Build, instrument } from './instrument.ts'
import { hottestBlock, load, type Loaded } from './load.ts'

type Call = (...args: readonly unknown[]) => unknown

function loaded(code: string, build: Build = 'counting'): Loaded & { readonly f: Call } {
  const program = load(instrument(code, { build }), (name) => {
    throw new Error(`asks for ${name}`)
  })
  return { ...program, f: program.exports['f'] as Call }
}

/** Programs that never end, each in its own way. */
const ENDLESS: Readonly<Record<string, string>> = {
  'a loop': 'exports.f = () => { for (;;); }',
  'a loop of one statement': 'exports.f = () => { let n = 0; while (true) n++ }',
  do: 'exports.f = () => { let n = 0; do n++; while (true) }',
  recursion: 'exports.f = function f(n = 0) { return n % 50 === 0 ? f(1) : f(2) }',
  'a loop that catches everything': 'exports.f = () => { for (;;) { try { for (;;) {} } catch {} } }',
  'a loop that begins anew in finally': 'exports.f = () => { for (;;) { try { for (;;) {} } finally { continue } } }',
  'a generator': 'exports.f = () => { for (const x of (function* () { while (true) yield 1 })()) ; }',
}

for (const [what, code] of Object.entries(ENDLESS)) {
  test(`out of fuel: ${what}`, () => {
    const { f, gauge } = loaded(code)
    gauge.refuel(5000, 1000)
    assert.throws(() => f(), Exhausted)
    assert.equal(gauge.exhausted, 'fuel')
  })
}

test('whoever catches everything and answers is found out by the gauge', () => {
  const { f, gauge } = loaded('exports.f = () => { try { for (;;) {} } catch { } return 1 }')
  gauge.refuel(1000, 1000)
  // The block of `catch` has no fuel either.
  assert.throws(() => f(), Exhausted)
  const { f: g, gauge: other } = loaded(
    'const quiet = (x) => { try { x() } catch (e) { return e } }; exports.f = (x) => x().constructor.name',
  )
  other.refuel(1000, 1000)
  assert.equal(
    g(() => ({})),
    'Object',
  )
  assert.equal(other.exhausted, null)
})

test('fuel is exact, and the same for the same work', () => {
  const { f, gauge } = loaded('exports.f = (n) => { for (let i = 0; i < n; i++) { } }')
  gauge.refuel(100, 0)
  f(10)
  assert.equal(gauge.fuelLeft, 100 - 11)
  gauge.refuel(11, 0)
  f(10)
  gauge.refuel(10, 0)
  assert.throws(() => f(10), Exhausted)
})

/** Calls that ask for memory by a number, and how many bytes that is taken for. */
const ALLOCATIONS: readonly (readonly [code: string, bytes: number])[] = [
  ['new Uint8Array(n)', 1000],
  ['new Float64Array(n)', 8000],
  ['new Array(n)', 8000],
  ['new ArrayBuffer(n)', 1000],
  ["'ab'.repeat(n)", 2000],
  ["'a'.padStart(n)", 1000],
  ["'a'.padEnd(n, 'xy')", 1000],
  ['Buffer.alloc(n)', 1000],
  ['Buffer.allocUnsafe(n)', 1000],
  ['new Uint16Array(new Uint8Array(n))', 3000],
  ['new Uint8Array(new ArrayBuffer(n))', 1000],
]

for (const [code, bytes] of ALLOCATIONS) {
  test(`allocation: ${code}`, () => {
    const { f, gauge } = loaded(`exports.f = (n) => ${code}`)
    gauge.refuel(1000, 100_000)
    f(1000)
    assert.equal(gauge.allocationBytesLeft, 100_000 - bytes)
    gauge.refuel(1000, bytes)
    f(1000)
    gauge.refuel(1000, bytes - 1)
    assert.throws(() => f(1000), Exhausted)
    assert.equal(gauge.exhausted, 'allocation')
  })
}

test('an allocation that is too large is never made', () => {
  const { f, gauge } = loaded('exports.f = (n) => new Uint8Array(n).length')
  gauge.refuel(1000, 1_000_000)
  assert.throws(() => f(2 ** 33), Exhausted)
})

/** What code compared, and what of it is logged. */
const COMPARISONS: readonly (readonly [code: string, argument: unknown, pairs: readonly unknown[]])[] = [
  ['x === 5', 7, [{ a: 7, b: 5 }]],
  ['x === 5', 5, []],
  ["x !== 'key'", 'kex', [{ a: 'kex', b: 'key' }]],
  [
    'x < 5 || x > 9',
    7,
    [
      { a: 7, b: 5 },
      { a: 7, b: 9 },
    ],
  ],
  ["x.startsWith('abc')", 'abxyz', [{ a: 'abx', b: 'abc' }]],
  ["x.endsWith('abc')", 'abxyz', [{ a: 'xyz', b: 'abc' }]],
  ["x.includes('abc')", 'abxyz', [{ a: 'abxyz', b: 'abc' }]],
  [
    "(() => { switch (x) { case 'a1': return 1; case 'b2': return 2; case 'c3': return 3 } })()",
    'b2',
    [{ a: 'b2', b: 'a1' }],
  ],
  ["x === '5'", 5, []],
  ['typeof x === "string"', 5, []],
  ['x === null || x === undefined || x === true', 5, []],
  ['[1, 1, 1].map((y) => x === y)', 5, [{ a: 5, b: 1 }]],
]

for (const [code, argument, pairs] of COMPARISONS) {
  test(`compared: ${code} with ${JSON.stringify(argument)}`, () => {
    const { f, log, gauge } = loaded(`exports.f = (x) => ${code}`, 'tracing')
    gauge.refuel(1000, 0)
    f(argument)
    assert.deepEqual(log.pairs, pairs)
    log.clear()
    assert.deepEqual(log.pairs, [])
  })
}

test('the log has an end, also for each place, and cuts long texts', () => {
  const places = Array.from({ length: 100 }, (_, i) => `i === ${-i - 1};`).join(' ')
  const code = `exports.f = (n, t) => { t === 'x'; for (let i = 0; i < n; i++) { ${places} } }`
  const { f, log, gauge } = loaded(code, 'tracing')
  gauge.refuel(100_000, 0)
  f(10, 'y'.repeat(1000))
  assert.equal(log.pairs.length, 1 + 10 + 10 * 100)
  assert.deepEqual(log.pairs[0], { a: 'y'.repeat(64), b: 'x' })
  log.clear()
  gauge.refuel(100_000, 0)
  f(20, '')
  assert.equal(log.pairs.length, 1024)
  const few = loaded('exports.f = (n) => { for (let i = 0; i < n; i++) i === -1 }', 'tracing')
  few.gauge.refuel(100_000, 0)
  few.f(100)
  assert.equal(few.log.pairs.filter(({ b }) => b === -1).length, 16)
})

test('the tracing build knows its last block, and the hottest', () => {
  const { f, gauge, counters } = loaded(
    'exports.f = (n) => { for (let i = 0; i < n; i++) { } if (n > 2) { throw 1 } }',
    'tracing',
  )
  counters.fill(0)
  gauge.refuel(100_000, 0)
  assert.throws(() => f(300))
  assert.equal(gauge.lastBlock, 2)
  assert.equal(hottestBlock(counters), 1)
  assert.equal(counters[1], 300, 'it counts beyond 255')
})

test('programs share nothing', () => {
  const program = instrument('let n = 0; exports.f = () => ++n', { build: 'counting' })
  const [a, b] = [0, 1].map(() => load(program, () => null))
  const call = (one: Loaded | undefined): unknown => (one?.exports['f'] as Call | undefined)?.()
  assert.deepEqual([call(a), call(a), call(b)], [1, 2, 1])
  assert.deepEqual([a?.counters[0], b?.counters[0]], [2, 1])
})
