import assert from 'node:assert/strict'
import { test } from 'node:test'
import { utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { packOf, rule } from '../pack-fixture.ts'
import type { toSourceNode } from '../source.ts'
import { gramFrequency, rarestGram, rarestRun } from './gram-frequency.ts'
import { chooseWitnesses } from './witness.ts'

type Plain = Parameters<typeof toSourceNode>[0]

test('four bytes are as frequent as their three pairs in real events', () => {
  const rows: readonly (readonly [text: string, levels: number])[] = [
    ['.exe', 27],
    ['exe\\', 25],
    ['aaaa', 18],
    ['AAAA', 18],
    ['éé', 18],
    ['abcd', 16],
    ['a  b', 15],
    ['qzqz', 4],
    ['zzzz', 3],
  ]
  for (const [text, levels] of rows) assert.equal(gramFrequency(utf8Encode(text), 0), levels / 27, text)
  assert.equal(gramFrequency(utf8Encode('..exe\\..'), 1), 27 / 27)
})

test('of the windows of a text the rarest is chosen, and of equals the first', () => {
  const text = fc
    .string({ unit: fc.constantFrom('a', 'e', 'q', 'x', 'z', '.', '\\', ' ', 'é'), maxLength: 20 })
    .map(utf8Encode)
  fc.assert(
    fc.property(text, fc.constantFrom(4, 7), (bytes, length) => {
      const count = Math.max(0, bytes.length - length + 1)
      const grams = (from: number) => Array.from({ length: length - 3 }, (_, i) => gramFrequency(bytes, from + i))
      const commonest = Array.from({ length: count }, (_, from) => Math.max(...grams(from)))
      const frequency = Math.min(...commonest)
      const offset = Math.max(0, commonest.indexOf(frequency))
      assert.deepEqual(rarestRun(bytes, length), { offset, frequency })
      if (length === 4) assert.deepEqual(rarestGram(bytes), { offset, frequency })
    }),
    { numRuns: 200 },
  )
})

/** The literals of a rule, one of which every event shows that it matches; null: there are none. */
function literalsOf(detection: Plain): readonly string[] | null {
  const { rules, diagnostics } = packOf([rule(1, detection)])
  const [one] = rules
  assert.ok(one, diagnostics.map(({ message }) => message).join())
  const witnesses = chooseWitnesses(one.selections, one.condition)
  return witnesses && witnesses.map(({ kind, field, text, offset }) => `${kind} ${field ?? '*'} ${text}@${offset}`)
}

const only = (selection: Plain): Plain => ({ s: selection, condition: 's' })
const rows: readonly (readonly [what: string, detection: Plain, literals: readonly string[] | null])[] = [
  ['a whole value', only({ Image: '/tmp/X' }), ['whole Image /tmp/x@0']],
  ['four bytes anywhere', only({ 'Image|contains': 'abcd' }), ['anywhere Image abcd@0']],
  ['a star that is none', only({ 'Image|contains': 'abcd\\*zzz' }), ['anywhere Image abcd*zzz@1']],
  [
    'one value of two fields',
    { a: { A: 'zzzz' }, b: { B: 'zzzz' }, condition: 'a or b' },
    ['whole A zzzz@0', 'whole B zzzz@0'],
  ],
  ['the rarer of two', only({ A: '.exe.exe', B: 'zzzzzzzz' }), ['whole B zzzzzzzz@0']],
  ['what is rare in its rarest part', only({ A: 'aaaaaaaa', B: '.exezzzz' }), ['whole B .exezzzz@0']],
  ['the rarer part of a glob', only({ A: '.exe.exe*zzzzzzzz' }), ['anywhere A zzzzzzzz@0']],
  ['the same, the other way round', only({ A: 'zzzzzzzz*.exe.exe' }), ['anywhere A zzzzzzzz@0']],
  ['a keyword at the beginning', only({ '|startswith': 'zzzzzz' }), ['anywhere * zzzzzz@0']],
  ['a keyword at the end', only({ '|endswith': 'zzzzzz' }), ['anywhere * zzzzzz@0']],
  ['an empty one', only({ Image: '' }), ['whole Image @0']],
  ['a beginning', only({ 'Image|startswith': 'ab' }), ['start Image ab@0']],
  ['a beginning that is too short', only({ 'Image|startswith': 'a' }), null],
  ['an end', only({ 'Image|endswith': '.exe' }), ['end Image .exe@0']],
  ['a part that is too short', only({ 'Image|contains': 'abc' }), null],
  ['a part, by its rarest run', only({ 'Image|contains': 'Needle-In-Hay' }), ['anywhere Image needle-in-hay@6']],
  ['a cased part, folded', only({ 'Image|contains|cased': 'NeedLE' }), ['anywhere Image needle@0']],
  ['the best part of a glob', only({ Image: 'a*bcdefgh?ij' }), ['anywhere Image bcdefgh@0']],
  ['a glob of short parts', only({ Image: 'a*b?c' }), null],
  [
    'each way of a regex',
    only({ 'Image|re': 'foobar|bazqux' }),
    ['anywhere Image foobar@0', 'anywhere Image bazqux@2'],
  ],
  ['a regex for anything', only({ 'Image|re': '.*' }), null],
  ['one regex of two for anything', only({ 'Image|re': ['abcdef.*', 'x'] }), null],
  ['keywords', only(['keyword1', 'other-key']), ['anywhere * keyword1@0', 'anywhere * other-key@2']],
  ['a keyword with a star', only(['key*word1']), ['anywhere * word1@1']],
  [
    'a beginning and an end of keywords',
    only(['*key-end', 'key-start*']),
    ['anywhere * key-end@0', 'anywhere * key-start@0'],
  ],
  ['what is absent', only({ Image: null }), null],
  ['the longer of two values', only({ Image: 'a1234567', User: 'b' }), ['whole Image a1234567@0']],
  [
    'not the number of an event',
    { a: { EventID: '4688' }, b: { 'Image|contains': 'abcdef' }, condition: 'a and b' },
    ['anywhere Image abcdef@0'],
  ],
  ['but where there is nothing else', only({ EventID: '4688' }), ['whole EventID 4688@0']],
  [
    'both of two ways',
    { a: { Image: 'aaaa' }, b: { User: 'bbbb' }, condition: 'a or b' },
    ['whole Image aaaa@0', 'whole User bbbb@0'],
  ],
  ['a way without one', { a: { Image: 'aaaa' }, b: { 'User|contains': 'b' }, condition: 'a or b' }, null],
  [
    'nothing of what must not be',
    { a: { Image: 'aaaa' }, b: { User: 'bbbb' }, condition: 'a and not b' },
    ['whole Image aaaa@0'],
  ],
  ['nothing under not', { a: { Image: 'aaaa' }, condition: 'not a' }, null],
  [
    'each once',
    { a: { Image: ['aaaa', 'AAAA', 'bbbb'] }, b: { Image: 'bbbb' }, condition: 'a or b' },
    ['whole Image aaaa@0', 'whole Image bbbb@0'],
  ],
  [
    'a beginning before a part',
    only({ 'Image|startswith': 'longer-text', 'User|contains': 'longer-text-here' }),
    ['start Image longer-text@0'],
  ],
  [
    'the cheaper of two conditions',
    { a: { 'Image|contains': ['abcdefgh', 'ijklmnop'] }, b: { User: 'qqqqqqqq' }, condition: 'a and b' },
    ['whole User qqqqqqqq@0'],
  ],
]
for (const [what, detection, literals] of rows) {
  test(`shows ${what}`, () => assert.deepEqual(literalsOf(detection), literals))
}

/** Of two parts of equal frequency the one that says more by its length. */
const lengths: readonly (readonly [short: string, long: string])[] = [
  ['zzzzz', 'zzzzzz'],
  ['zzzzzzz', 'zzzzzzzz'],
  ['zzzzzzzzzzz', 'zzzzzzzzzzzz'],
]
for (const [short, long] of lengths) {
  test(`${long.length} bytes say more than ${short.length}`, () => {
    for (const selection of [
      { 'A|contains': short, 'B|contains': long },
      { 'B|contains': long, 'A|contains': short },
    ])
      assert.deepEqual(literalsOf(only(selection)), [`anywhere B ${long}@0`])
  })
}

test('as do three, four and eight of a whole value', () => {
  for (const [short, long] of [
    ['zzz', 'zzzz'],
    ['zzzzzzz', 'zzzzzzzz'],
  ] as const)
    for (const selection of [
      { A: short, B: long },
      { B: long, A: short },
    ])
      assert.deepEqual(literalsOf(only(selection)), [`whole B ${long}@0`])
  assert.deepEqual(literalsOf(only({ A: 'zzzz', B: 'zzzzzzz' })), ['whole A zzzz@0'], 'the first of equals')
})

test('a rule with too many literals has none', () => {
  const values = (count: number) => Array.from({ length: count }, (_, i) => `value ${i}`)
  assert.equal(literalsOf(only({ Image: values(5_000) }))?.length, 5_000)
  assert.equal(literalsOf(only({ Image: values(5_001) })), null)
})
