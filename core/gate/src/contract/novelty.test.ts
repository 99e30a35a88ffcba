import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, parsePack, type VerifiedImage, verifyImage } from '@firebreak/content'
import { KernelError, utf8Decode, utf8Encode } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { type PlainMap, rule, sourceOf } from '../gate-fixture.ts'
import { addToHistory, encodeHistory, HISTORY_USES_MAX, noveltyOf, parseHistory, type Use, usesOf } from './novelty.ts'

function imageOf(...rules: readonly PlainMap[]): VerifiedImage {
  return verifyImage(compilePack(parsePack(sourceOf(rules, []))).image)
}

const PROCESSES = 'process_creation linux *'
const shown = (uses: readonly Use[]): readonly string[] => uses.map((one) => Object.values(one).join(' / '))

test('uses are the fields and matchers of the rules of each log source, once each', () => {
  const file = { category: 'file_event', product: 'linux' }
  const image = imageOf(
    rule(1, { 'Image|endswith': ['/a', '/b'], 'CommandLine|contains': 'x' }),
    rule(2, { 'Image|endswith': '/c', 'Image|startswith|cased': '/C' }),
    rule(3, { 'CommandLine|re': 'a+', User: null }),
    rule(4, { 'TargetFilename|endswith': '/a' }, file),
  )
  assert.deepEqual(shown(usesOf(image)), [
    'file_event linux * / TargetFilename / ends-with',
    `${PROCESSES} / CommandLine / contains`,
    `${PROCESSES} / CommandLine / regex`,
    `${PROCESSES} / Image / ends-with`,
    `${PROCESSES} / Image / starts-with cased`,
    `${PROCESSES} / User / is-null`,
  ])
})

test('keywords are a use of any field, and names are shown as a history can hold them', () => {
  const words = { ...rule(1, {}), detection: { words: ['evil'], condition: 'words' } }
  assert.deepEqual(shown(usesOf(imageOf(words))), [`${PROCESSES} / * / contains`])
  const image = imageOf(rule(1, { 'A\u0001B\n': 'x', ['\u{1f600}'.repeat(64)]: 'x' }))
  assert.deepEqual(
    usesOf(image).map(({ field }) => field),
    ['A\ufffdB\ufffd', '\u{1f600}'.repeat(64)],
  )
  assert.deepEqual(parseHistory(encodeHistory(usesOf(image))), usesOf(image))
})

test('a first use of a field that was only ever matched by a wildcard shows, as in July 2024', () => {
  const before = imageOf(rule(1, { Image: 'x', User: '*' }))
  const history = usesOf(before)
  assert.deepEqual(noveltyOf(before, history).firstUses, [])
  const novelty = noveltyOf(imageOf(rule(1, { Image: 'y', User: 'root' })), history)
  assert.deepEqual(novelty, {
    uses: 2,
    known: 1,
    firstUses: [{ source: PROCESSES, field: 'User', matcher: 'equals' }],
    hasHistory: true,
  })
})

test('the same field and matcher on another log source is another use', () => {
  const history = usesOf(imageOf(rule(1, { Image: 'x' })))
  const other = imageOf(rule(1, { Image: 'x' }, { category: 'file_event', product: 'linux' }))
  assert.equal(noveltyOf(other, history).firstUses.length, 1)
})

test('without a history all is new, and it says that it knows nothing', () => {
  const novelty = noveltyOf(imageOf(rule(1, { Image: 'x' })), null)
  assert.deepEqual([novelty.known, novelty.firstUses.length, novelty.hasHistory], [0, 1, false])
})

const name = fc.string({ minLength: 1, maxLength: 20, unit: 'binary' }).filter((one) => /^\P{Cc}+$/u.test(one))
const uses: fc.Arbitrary<readonly Use[]> = fc.array(
  fc.record(
    { source: name, field: name, matcher: fc.constantFrom('equals', 'regex cased', 'is-null') },
    { noNullPrototype: true },
  ),
  { maxLength: 30 },
)

test('one history has one byte sequence, in whatever order and how often its uses came', () => {
  fc.assert(
    fc.property(uses, uses, (some, more) => {
      const bytes = encodeHistory(addToHistory(some, more))
      assert.deepEqual(bytes, encodeHistory([...more.toReversed(), ...some, ...more]))
      assert.deepEqual(encodeHistory(parseHistory(bytes)), bytes)
      const known = new Set(shown(parseHistory(bytes)))
      assert.deepEqual(known, new Set(shown([...some, ...more])))
    }),
  )
})

test('whatever else is in the file is refused', () => {
  const use = '{"field":"a","matcher":"equals","source":"b"}'
  const later = '{"field":"a","matcher":"regex","source":"b"}'
  assert.equal(parseHistory(utf8Encode(`[${use},${later}]`)).length, 2)
  const rows: readonly string[] = [
    '',
    '{}',
    `[${use}`,
    `[${use},${use}]`, // twice
    `[${later},${use}]`, // not sorted
    `[${use.replace('equals', 'is')}]`,
    `[${use.replace('"b"', '""')}]`,
    `[${use.replace('"b"', '"\\u0000"')}]`,
    `[${use.replace('"b"', '"\\ud800"')}]`,
    `[${use.replace('"b"', `"${'b'.repeat(1_025)}"`)}]`,
    `[${use.replace('}', ',"x":1}')}]`,
    ` [${use}]`,
    `[${use}] `,
    `[${Array.from({ length: HISTORY_USES_MAX + 1 }, () => '0').join(',')}]`,
  ]
  for (const row of rows) assert.throws(() => parseHistory(utf8Encode(row)), KernelError, row.slice(0, 80))
})

test('a history holds so many uses, and not one more', () => {
  const use = (n: number): Use => ({ source: 's', field: String(n).padStart(6, '0'), matcher: 'equals' })
  const most = Array.from({ length: HISTORY_USES_MAX }, (_, n) => use(n))
  assert.equal(utf8Decode(encodeHistory(most)).split('"field"').length - 1, HISTORY_USES_MAX)
  assert.throws(() => encodeHistory([...most, use(HISTORY_USES_MAX)]), KernelError)
})

test('hostile bytes end in a history or in one kind of error', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
      try {
        parseHistory(bytes)
      } catch (error) {
        assert.ok(error instanceof KernelError)
      }
    }),
  )
})
