import assert from 'node:assert/strict'
import { test } from 'node:test'
import { IMAGE_SIZE_BYTES_MAX, STRING_BYTES_MAX } from '../limits.ts'
import { compileRegex } from '../regex/index.ts'
import { rebuilt, sectionsOf, smallSource, verdictOn, verdictOnSource, withWord } from './forged-fixture.ts'
import {
  COST_WORDS,
  FAIL,
  HEADER_WORDS,
  MATCH,
  NODE,
  NONE,
  OPERATORS,
  PREDICATE,
  ROUTE,
  RULE,
  SECTIONS,
  type SectionName,
  SELECTION,
  TABLE_WORDS,
  valueKind,
  WITNESS,
} from './format.ts'
import { poolRuns } from './runs.ts'
import { cutSections } from './sections.ts'
import type { ImageSource } from './source.ts'
import { verifyImage } from './verify-image.ts'
import { writeImage } from './writer.ts'

const SMALL = smallSource()
const IMAGE = writeImage(SMALL)
const AT = sectionsOf(IMAGE)
const [RULE_3, RULE_1] = SMALL.rules
assert.ok(RULE_3 && RULE_1)

const wordsOf = (name: SectionName): Uint32Array => AT[name].words
const fields = wordsOf('fields').length
const numbered = wordsOf('predicates').length / PREDICATE.words
const strings = wordsOf('strings')[0] ?? 0

/** Where the first predicate is that fits. */
function predicateWith(fits: (operator: (typeof OPERATORS)[number], field: number) => boolean): number {
  const words = wordsOf('predicates')
  for (let at = 0; at < words.length; at += PREDICATE.words) {
    if (fits(OPERATORS[words[at] ?? NONE] ?? 'equals', words[at + PREDICATE.field] ?? NONE)) return at
  }
  return assert.fail('no such predicate')
}

const numeric = predicateWith((operator) => operator === 'gt')
const reference = predicateWith((operator) => valueKind(operator) === 'field')
const referred = wordsOf('predicates')[reference + PREDICATE.firstValue] ?? 0
const unconditional = wordsOf('routes').findIndex((word, i) => i % ROUTE.words === ROUTE.whenField && word === NONE)
assert.ok(unconditional >= 0)
/** Where the last record begins. */
const last = (name: SectionName, words: number): number => wordsOf(name).length - words
const lastCount = last('selections', SELECTION.words) + SELECTION.nodeCount
const firstNode = NODE.words * (wordsOf('selections')[SELECTION.firstNode] ?? 0)
const lastWitnesses = last('rules', RULE.words) + RULE.witnessCount

/** One word that is wrong by one, and where that is found: at this word, and no later. */
const rows: readonly (readonly [what: string, section: SectionName, at: number, value: number, code: string])[] = [
  ['the field behind the last', 'predicates', numeric + PREDICATE.field, fields, 'predicates'],
  ['the other field behind the last', 'values', referred, fields, 'predicates'],
  ['the field of a witness behind the last', 'witnesses', WITNESS.field, fields, 'witnesses'],
  ['the predicate behind the last', 'nodes', last('nodes', NODE.words), numbered, 'program'],
  ['the predicate after the next', 'nodes', firstNode, 1, 'program'],
  ['a node more than there are', 'selections', lastCount, (wordsOf('selections')[lastCount] ?? 0) + 1, 'program'],
  ['a witness more than there are', 'rules', lastWitnesses, (wordsOf('rules')[lastWitnesses] ?? 0) + 1, 'rules'],
  ['the string behind the last', 'rules', RULE.custom, strings, 'rules'],
  ['the group behind the last', 'routes', last('routes', ROUTE.words) + ROUTE.group, 2, 'routes'],
  // Fifteen words of head and three of a comparison.
  ['the rule behind the last', 'correlations', 18, 3, 'correlations'],
]
for (const [what, section, at, value, code] of rows) {
  test(`${what}: ${code}@${section}[${at}]`, () =>
    assert.equal(verdictOn(withWord(IMAGE, section, at, value)), `${code}@${section}[${at}]`))
}

test('a route with a value has a field', () => {
  const at = unconditional - ROUTE.whenField
  assert.equal(verdictOn(withWord(IMAGE, 'routes', at + ROUTE.whenValue, 0)), `routes@routes[${at}]`)
})

test('a header may have no sections behind it, but is no image then', () => {
  const empty = Object.fromEntries(SECTIONS.map((name) => [name, () => []]))
  const image = rebuilt(empty)
  assert.equal(image.length, 4 * (HEADER_WORDS + TABLE_WORDS))
  assert.equal(verdictOn(image), `strings@${image.length}`)
})

test('sections are whole words to the last byte', () => {
  const head = (change: readonly (readonly [word: number, value: number])[], more: number) => {
    const changed = Uint8Array.of(...IMAGE, ...new Uint8Array(more))
    for (const [word, value] of change) new DataView(changed.buffer).setUint32(4 * word, value, true)
    return changed
  }
  const cost = HEADER_WORDS + 2 * SECTIONS.indexOf('cost')
  const half = [[3, IMAGE.length + 2] as const, [cost + 1, 4 * COST_WORDS + 2] as const]
  assert.equal(verdictOn(head(half, 2)), `header@${4 * cost}`)
  assert.equal(verdictOn(head([[3, IMAGE.length + 4]], 4)), `header@${IMAGE.length}`)
})

const large = (bytes: number): Uint8Array<ArrayBuffer> => {
  const image = new Uint8Array(bytes)
  image.set(IMAGE)
  return image
}
const refusedAt = (offset: number) => ({ code: 'content/image-header', details: { offset } })

test('an image may be so large: what is wrong is that its header says less', () => {
  assert.throws(() => verifyImage(large(IMAGE_SIZE_BYTES_MAX)), refusedAt(12))
})

test('larger is no image', () => {
  assert.throws(() => verifyImage(large(IMAGE_SIZE_BYTES_MAX + 1)), refusedAt(IMAGE_SIZE_BYTES_MAX))
})

test('sections are cut of as many bytes', () => {
  assert.throws(() => cutSections(large(IMAGE_SIZE_BYTES_MAX).buffer), refusedAt(12))
})

test('and of no more', () => {
  assert.throws(() => cutSections(large(IMAGE_SIZE_BYTES_MAX + 1).buffer), refusedAt(0))
})

/** The one rule of an image, without what names it. */
function only(change: Partial<ImageSource['rules'][number]>): Partial<ImageSource> {
  return { rules: [{ ...(RULE_3 as ImageSource['rules'][number]), ...change }], filters: [], correlations: [] }
}

test('two regexes, of which one is named twice', () => {
  const regex = (text: string) => compileRegex(text, { ignoreCase: false, multiline: false, dotAll: false })
  const [one, two] = [regex('ab+c'), regex('x|y+z')]
  const nodes = [[one, one, two], [one]].map((programs, i) => ({
    test: { operator: 'regex', cased: false, field: `F${i}`, values: { kind: 'regex', programs } } as const,
    whenTrue: MATCH,
    whenFalse: i === 0 ? 1 : FAIL,
  }))
  const condition = [{ test: 0, whenTrue: MATCH, whenFalse: FAIL }]
  const program = { condition, selections: [{ name: 's', nodes }] }
  const image = writeImage({ ...SMALL, ...only({ program, witnesses: null }) })
  assert.equal(verdictOn(image), 'ok')
  const { words } = sectionsOf(image).regexes
  // Their number and three offsets come first; of each program the first word says how many places it has.
  assert.deepEqual([...words.subarray(0, 4)], [2, 0, one.length, one.length + two.length])
  assert.equal(verdictOn(withWord(image, 'regexes', 4, NONE)), 'regex@regexes[4]')
  const second = 4 + one.length
  assert.equal(verdictOn(withWord(image, 'regexes', second, NONE)), `regex@regexes[${second}]`)
})

test('offsets cover their items, to the last word', () => {
  assert.equal(verdictOn(rebuilt({ regexes: (words) => [...words, 0] })), 'regex@regexes[1]')
  assert.equal(verdictOn(rebuilt({ yara: () => [3, 0] })), 'yara@yara[0]')
  assert.equal(verdictOn(rebuilt({ yara: () => [2, 0, 1, 4, 0x61616161, 0] })), 'yara@yara[1]')
  assert.deepEqual(verifyImage(IMAGE).tables.yara, SMALL.yara)
})

test('a pool of no strings is one, but names no pack', () => {
  assert.equal(verdictOn(rebuilt({ strings: () => [0, 0] })), 'rules@pack[0]')
})

test('of strings the one that is wrong is named', () => {
  const image = (custom: string) => writeImage({ ...SMALL, ...only({ custom }) })
  const last = (bytes: Uint8Array) => `strings@strings[${sectionsOf(bytes).strings.words[0]}]`
  // The last string, since no other byte of ASCII is greater.
  assert.equal(verdictOn(image('~'.repeat(STRING_BYTES_MAX))), 'ok')
  const long = image('~'.repeat(STRING_BYTES_MAX + 1))
  assert.equal(verdictOn(long), last(long))
  const lone = image('~~~')
  const at = lone.findIndex((byte, i) => byte === 0x7e && lone[i + 1] === 0x7e && lone[i + 2] === 0x7e)
  assert.equal(verdictOn(lone.with(at + 2, 0x80)), last(lone))
  // Nothing but the rule names the first one.
  const first = withWord(image('!'), 'rules', RULE.custom, 1)
  assert.equal(verdictOn(first), 'strings@strings[1]')
})

test('each string is as long as may be, however many there are', () => {
  const custom = (one: string) => one.repeat(STRING_BYTES_MAX)
  const rules = [RULE_3, RULE_1].map((one, i) => ({ ...one, custom: custom(['~', '}'][i] ?? '') }))
  assert.equal(verdictOnSource({ rules, filters: [], correlations: [] }), 'ok')
})

test('runs of text are read where they are', () => {
  const pool = poolRuns(wordsOf('strings'))
  const verified = verifyImage(IMAGE).tables.strings
  const texts = (one: typeof pool) => Array.from({ length: one.count }, (_, i) => one.text(i))
  assert.deepEqual(texts(pool), texts(verified))
  assert.deepEqual(
    texts(pool).map((text) => pool.find(text)),
    Array.from({ length: strings }, (_, i) => i),
  )
  for (const text of ['~~', '\0', 'Rule 22']) assert.equal(pool.find(text), -1, text)
})
