import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { Random } from '@firebreak/fuzz'
import { FirebreakError, KernelError } from '@firebreak/kernel'
import { judged, type Meter, type Oracle, type Promises, Violation } from './oracles.ts'

class Refusal extends FirebreakError<'toy/refused'> {}

/** A toy: a length, so many bytes, each below 100, and nothing behind them. */
function parse(input: Uint8Array): readonly number[] {
  const [length, ...values] = input
  if (length !== values.length || values.some((one) => one >= 100)) throw new Refusal('toy/refused', 'no')
  return values
}

const TOY: Promises<readonly number[]> = {
  parse,
  refuses: (error) => error instanceof Refusal,
  fuel: { base: 10, each: 1 },
  bytes: { base: 10, each: 1 },
  describe: (values) => values.join(),
  whole: (input) => input.length,
  encode: (values) => Uint8Array.of(values.length, ...values),
  canonical: true,
  use: () => {},
  held: () => 'held',
}

const EXECUTIONS = 3_000

/** Which oracles speak over inputs of which about half are accepted. */
function speaking(promises: Promises<readonly number[]>, meter?: Meter): ReadonlySet<Oracle> {
  const judge = judged(promises, meter ?? { fuel: () => 0, bytes: () => 0 })
  const random = new Random(7)
  const spoken = new Set<Oracle>()
  let accepted = 0
  for (let left = EXECUTIONS; left > 0; left--) {
    const length = random.below(12)
    const bytes = Array.from({ length }, () => random.below(103))
    try {
      if (judge(Uint8Array.of(random.oneIn(8) ? length + 1 : length, ...bytes))) accepted++
    } catch (error) {
      assert.ok(error instanceof Violation, String(error))
      spoken.add(error.oracle)
    }
  }
  if (spoken.size === 0) assert.ok(accepted > EXECUTIONS / 10)
  return spoken
}

void test('a parser that keeps its promises passes every oracle', () => {
  assert.deepEqual(speaking(TOY), new Set())
})

function growing(each: number): { readonly meter: Meter; readonly parse: typeof parse } {
  let spent = 0
  const counting: typeof parse = (input) => {
    spent += 10 + each * input.length
    return parse(input)
  }
  return { meter: { fuel: () => spent, bytes: () => spent }, parse: counting }
}

void describe('one broken promise, and the oracle that speaks', () => {
  let calls = 0
  let state = 'held'
  let reads = 0
  const broken: readonly (readonly [name: string, oracle: Oracle, changes: Partial<typeof TOY>])[] = [
    [
      'an error that is not declared',
      'undeclared-error',
      {
        parse: (input) => {
          if (input.length === 3) throw new TypeError('x is undefined')
          return parse(input)
        },
      },
    ],
    [
      'an error of a class that is declared, with a code that is not',
      'bug',
      {
        parse: (input) => {
          if (input.length === 3) throw new KernelError('kernel/bug', 'Bug: three')
          return parse(input)
        },
      },
    ],
    [
      'an engine that reads outside a table',
      'trap',
      {
        use: (values) => {
          if (values.length > 4) throw new FirebreakError('detect/trap', 'index 5 is outside')
        },
      },
    ],
    [
      'what is accepted can not be used',
      'undeclared-error',
      {
        use: (values) => {
          if (values.length > 4) throw new Refusal('toy/refused', 'too many after all')
        },
      },
    ],
    [
      'another verdict the second time',
      'changed',
      {
        parse: (input) => {
          if (++calls % 2 === 0 && input.length > 4) throw new Refusal('toy/refused', 'not now')
          return parse(input)
        },
        encode: () => null,
      },
    ],
    [
      'it reads what lies around its input',
      'changed',
      {
        parse: (input) => {
          const values = parse(input)
          return input.byteOffset > 0 ? [...values, new Uint8Array(input.buffer)[0] ?? 0] : values
        },
        encode: () => null,
        describe: (values) => values.join(),
      },
    ],
    [
      'an input that was cut off is accepted',
      'prefix',
      {
        parse: (input) => {
          const [length = 0, ...values] = input
          if (values.length > length || values.some((one) => one >= 100)) throw new Refusal('toy/refused', 'no')
          return values
        },
        canonical: false,
      },
    ],
    [
      'a second form is accepted',
      'round-trip',
      {
        parse: (input) => (input.at(-1) === 0 ? parse(input).slice(0, -1) : parse(input)),
        whole: () => 0,
      },
    ],
    [
      'it is written as something else',
      'round-trip',
      { encode: (values) => Uint8Array.of(1, values.length), canonical: false },
    ],
    [
      'what it writes is refused',
      'round-trip',
      { encode: (values) => Uint8Array.of(values.length + 1, ...values), canonical: false },
    ],
    [
      'it is written in two forms',
      'round-trip',
      {
        encode: (values) => {
          const sorted = values.toSorted((a, b) => a - b)
          return Uint8Array.of(values.length, ...(++reads % 2 === 0 ? sorted : sorted.toReversed()))
        },
        describe: (values) => values.toSorted((a, b) => a - b).join(),
        canonical: false,
      },
    ],
    [
      'a refusal changes what was held',
      'state',
      {
        parse: (input) => {
          if (input.length === 9) state = 'changed'
          return parse(input)
        },
        held: () => state,
      },
    ],
  ]
  for (const [name, oracle, changes] of broken) {
    void test(name, () => {
      const spoken = speaking({ ...TOY, ...changes })
      assert.ok(spoken.has(oracle), [...spoken].join())
    })
  }

  void test('steps and memory beyond the line, and not on it', () => {
    const onTheLine = growing(1)
    assert.deepEqual(speaking({ ...TOY, parse: onTheLine.parse }, onTheLine.meter), new Set())
    const beyond = growing(2)
    assert.deepEqual(speaking({ ...TOY, parse: beyond.parse }, beyond.meter), new Set(['fuel']))
    const memory = { fuel: () => 0, bytes: beyond.meter.bytes }
    assert.deepEqual(speaking({ ...TOY, parse: beyond.parse }, memory), new Set(['allocation']))
  })
})
