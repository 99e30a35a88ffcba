import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError } from '../errors.ts'
import { STRING_BYTES_MAX } from '../limits.ts'
import { rebuilt, sectionsOf, smallSource, verdictOn, verdictOnSource } from './forged-fixture.ts'
import { auditChannel, type SectionName } from './format.ts'
import { refuse, verifyWithin } from './sections.ts'
import { compareSources } from './source.ts'
import { writeImage } from './writer.ts'

const IMAGE = writeImage(smallSource())

const more =
  (...words: readonly number[]) =>
  (all: readonly number[]) => [...all, ...words]
const zeros = (count: number) => more(...Array.from({ length: count }, () => 0))

test('an image that is built again is the same', () => assert.deepEqual(rebuilt({}), IMAGE))

/** Name, the words of a record, and what is said of one that nothing owns. */
const records: readonly (readonly [name: SectionName, words: number, verdict: string])[] = [
  ['groups', 5, 'rules@groups[10]'],
  ['needs', 2, 'rules@needs[16]'],
  ['rules', 12, 'rules@rules[36]'],
  ['texts', 1, 'rules@texts[5]'],
  ['selections', 3, 'program@selections[27]'],
  ['nodes', 3, 'program@nodes[108]'],
  ['witnesses', 4, 'witnesses@witnesses[20]'],
  ['values', 1, 'predicates@values[16]'],
]
for (const [name, words, verdict] of records) {
  test(`${name} that nothing owns: ${verdict}`, () =>
    assert.equal(verdictOn(rebuilt({ [name]: zeros(words) })), verdict))
  if (words > 1)
    test(`half a record of ${name}`, () =>
      assert.match(verdictOn(rebuilt({ [name]: zeros(1) })), new RegExp(`@${name}\\[0\\]$`)))
}

test('one pack and one cost, no more and no fewer', () => {
  for (const [name, code, words] of [
    ['pack', 'rules', 5],
    ['cost', 'cost', 2],
  ] as const) {
    assert.equal(verdictOn(rebuilt({ [name]: zeros(words) })), `${code}@${name}[0]`)
    // An empty section has no word: the place is where the next one begins.
    assert.match(verdictOn(rebuilt({ [name]: () => [] })), new RegExp(`^${code}@`))
  }
})

test('records of Linux audit have channels of their own, and one for all', () => {
  assert.deepEqual([auditChannel(null), auditChannel('EXECVE')], ['auditd:', 'auditd:execve'])
})

test('routes and aliases come in order, each once', () => {
  const swap = (words: number) => (all: readonly number[]) => [
    ...all.slice(words, 2 * words),
    ...all.slice(0, words),
    ...all.slice(2 * words),
  ]
  const twice = (words: number) => (all: readonly number[]) => [...all.slice(0, words), ...all]
  assert.equal(verdictOn(rebuilt({ routes: swap(5) })), 'routes@routes[5]')
  assert.equal(verdictOn(rebuilt({ routes: twice(5) })), 'routes@routes[5]')
  assert.equal(verdictOn(rebuilt({ aliases: twice(4) })), 'routes@aliases[4]')
})

test('no route comes twice, wherever it is', () => {
  const { routes } = sectionsOf(IMAGE)
  for (let at = 0; at < routes.words.length; at += 5) {
    const twice = (all: readonly number[]) => [...all.slice(0, at + 5), ...all.slice(at)]
    assert.equal(verdictOn(rebuilt({ routes: twice })), `routes@routes[${at + 5}]`)
  }
})

test('a string of no ASCII is UTF-8 as well', () => {
  const [one] = smallSource().rules
  assert.ok(one)
  const image = writeImage({ ...smallSource(), rules: [{ ...one, custom: 'ÿÿ' }], filters: [], correlations: [] })
  assert.equal(verdictOn(image), 'ok')
  const at = image.findIndex((byte, i) => byte === 0xc3 && image[i + 1] === 0xbf && image[i + 2] === 0xc3)
  assert.ok(at > 0)
  assert.match(verdictOn(image.with(at + 1, 0xff)), /^strings@strings/)
})

test('log sources come in order, each once', () => {
  const { groups } = sectionsOf(IMAGE)
  const [first, second] = [[...groups.words.subarray(0, 5)], [...groups.words.subarray(5)]]
  const source = (all: readonly number[], from: readonly number[]) => [...from.slice(0, 3), ...all.slice(3)]
  assert.equal(verdictOn(rebuilt({ groups: () => [...first, ...source(second, first)] })), 'rules@groups[5]')
  assert.equal(verdictOn(rebuilt({ groups: () => [...source(first, second), ...second] })), 'rules@groups[5]')
  const none = { category: null, product: null, service: null }
  assert.ok(compareSources({ ...none, service: 'a' }, { ...none, service: 'b' }) < 0)
})

test('a name without a text is no YARA file', () => {
  assert.match(verdictOn(rebuilt({ yara: () => [1, 0, 1, 0x61] })), /^yara@yara\[0\]$/)
  assert.match(verdictOn(rebuilt({ yara: () => [0, 0] })), /^rules@features\[0\]$/)
  for (const words of [[0], [0, 1], [2, 0, 1, 1], [2, 0, 1, 1, 0x61, 0], [2, 0, 2, 1, 0x61]])
    assert.match(verdictOn(rebuilt({ yara: () => words })), /^yara@/, words.join())
})

test('strings are so long', () => {
  const [one] = smallSource().rules
  assert.ok(one)
  const verdict = (length: number) =>
    verdictOnSource({ rules: [{ ...one, custom: 'x'.repeat(length) }], filters: [], correlations: [] })
  assert.equal(verdict(STRING_BYTES_MAX), 'ok')
  assert.match(verdict(STRING_BYTES_MAX + 1), /^strings@strings/)
})

test('folded is what has no letter of another case', () => {
  const [one] = smallSource().rules
  assert.ok(one)
  const verdict = (text: string) => {
    const witnesses = [{ kind: 'whole', field: 'TargetFilename', text, offset: 0 }] as const
    return verdictOnSource({ rules: [{ ...one, witnesses }], filters: [], correlations: [] })
  }
  for (const text of ['@', '[', 'a', 'z', '\u0080', 'é', '{']) assert.equal(verdict(text), 'ok', text)
  for (const text of ['A', 'Z', 'aZ', 'É']) assert.equal(verdict(text), 'witnesses@witnesses[2]', text)
})

test('a section with a verifier of its own is refused where that says, in the image', () => {
  const { values } = sectionsOf(IMAGE)
  const within = (error: Error) => () =>
    verifyWithin(values, () => {
      throw error
    })
  assert.throws(within(new RangeError('a bug')), RangeError)
  const at = (offset: number) => ({ code: 'content/image-predicates', details: { offset: values.offset + offset } })
  assert.throws(within(refuse('content/image-indicators', 'x', 12)), at(12))
  assert.throws(within(new ContentError('content/regex-syntax', 'x')), at(0))
})
