import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import * as fc from 'fast-check'
import { compilePack } from '../compile.ts'
import { ContentError } from '../errors.ts'
import { fullPack, packOf, rule } from '../pack-fixture.ts'
import {
  FAIL,
  GROUP,
  HEADER_WORDS,
  MATCH,
  NODE,
  NONE,
  PREDICATE,
  ROUTE,
  RULE,
  SECTIONS,
  type SectionName,
  SELECTION,
  WITNESS,
} from './format.ts'
import { verifyImage } from './verify-image.ts'

const { image, digest } = compilePack(fullPack())

interface Refusal {
  readonly code: string
  readonly offset: number
}

/** Null: accepted. */
function refusal(bytes: Uint8Array): Refusal | null {
  try {
    verifyImage(bytes)
    return null
  } catch (error) {
    // Anything but a ContentError with an offset is a hole in the verifier.
    if (!(error instanceof ContentError) || !error.code.startsWith('content/image-')) throw error
    const { offset } = error.details
    assert.ok(typeof offset === 'number' && offset >= 0 && offset <= bytes.length, error.message)
    return { code: error.code, offset }
  }
}

function sectionAt(name: SectionName): number {
  return new DataView(image.buffer).getUint32(4 * (HEADER_WORDS + 2 * SECTIONS.indexOf(name)), true)
}

function withWord(offset: number, change: (word: number) => number): Uint8Array {
  const changed = image.slice()
  const view = new DataView(changed.buffer)
  view.setUint32(offset, change(view.getUint32(offset, true)), true)
  return changed
}

test('the image says what it needs', () => {
  const verified = verifyImage(image)
  assert.deepEqual([verified.pack, verified.ruleCount, verified.indicatorCount], ['fixture', 3, 6])
  assert.deepEqual(verified.features, ['indicators', 'regex', 'sigma'])
  for (const { fields } of verified.needs) assert.deepEqual(fields, fields.toSorted())
})

test('one pack has one byte sequence, in whatever order its files come', () => {
  assert.equal(compilePack(fullPack()).digest, digest)
  const rules = [1, 2, 3].map((n) => rule(n, { s: { [`Field${n}`]: ['b', 'a', 'B'] }, condition: 's' }))
  const same = rules.map((_, i) => rules[(i + 1) % 3] ?? '')
  assert.equal(compilePack(packOf(rules)).digest, compilePack(packOf(same)).digest)
})

test('every strict prefix is refused as one', () => {
  for (let size = 0; size < image.length; size++) {
    assert.deepEqual(refusal(image.subarray(0, size)), { code: 'content/image-truncated', offset: size })
  }
})

test('an image at any alignment is the same image', () => {
  for (const shift of [1, 2, 3]) {
    const moved = new Uint8Array(image.length + shift)
    moved.set(image, shift)
    assert.equal(refusal(moved.subarray(shift)), null)
  }
})

test('the verified tables do not change with the bytes that were given', () => {
  const given = image.slice()
  const { tables } = verifyImage(given)
  const before = tables.nodes.slice()
  given.fill(0)
  assert.deepEqual(tables.nodes, before)
})

describe('each corruption has its code, at the word that is wrong', () => {
  const add = (n: number) => (word: number) => word + n
  const set = (n: number) => () => n
  type Row = readonly [what: string, section: SectionName, word: number, change: (word: number) => number, code: string]
  const rows: readonly Row[] = [
    ['string count', 'strings', 0, set(NONE), 'strings'],
    ['string offset', 'strings', 2, set(NONE), 'strings'],
    ['pack name', 'pack', 0, set(NONE), 'rules'],
    ['field string', 'fields', 1, set(1 << 30), 'rules'],
    ['fields unsorted', 'fields', 0, set(0xffff), 'rules'],
    ['feature', 'features', 0, set(NONE), 'rules'],
    ['group string', 'groups', GROUP.product, set(1 << 30), 'rules'],
    ['rules of a group', 'groups', GROUP.firstRule, add(1), 'rules'],
    ['need', 'needs', 1, set(NONE), 'rules'],
    ['rule level', 'rules', RULE.level, set(NONE), 'rules'],
    ['rule tags', 'rules', RULE.tagCount, set(NONE), 'rules'],
    ['rule nodes', 'rules', RULE.nodeCount, set(NONE), 'rules'],
    ['no nodes', 'rules', RULE.nodeCount, set(0), 'rules'],
    ['selections of a rule', 'rules', RULE.firstSelection, add(1), 'rules'],
    ['nodes of a selection', 'selections', SELECTION.firstNode, add(1), 'program'],
    ['selection of a node', 'nodes', NODE.test, set(0xffff), 'program'],
    ['jump to itself', 'nodes', NODE.whenTrue, set(0), 'program'],
    ['jump outside', 'nodes', NODE.whenFalse, set(FAIL - 1), 'program'],
    ['operator', 'predicates', PREDICATE.operator, set(99), 'predicates'],
    ['cased', 'predicates', PREDICATE.cased, set(2), 'predicates'],
    ['predicate field', 'predicates', PREDICATE.field, set(1 << 20), 'predicates'],
    ['first value', 'predicates', PREDICATE.firstValue, add(1), 'predicates'],
    ['value count', 'predicates', PREDICATE.valueCount, set(NONE), 'predicates'],
    ['regex count', 'regexes', 0, set(NONE - 1), 'regex'],
    ['regex offset', 'regexes', 1, set(1), 'regex'],
    ['witness kind', 'witnesses', WITNESS.kind, set(99), 'witnesses'],
    ['witness field', 'witnesses', WITNESS.field, set(1 << 20), 'witnesses'],
    ['witness offset', 'witnesses', WITNESS.offset, set(NONE), 'witnesses'],
    ['route channel', 'routes', ROUTE.channel, set(NONE), 'routes'],
    ['route group', 'routes', ROUTE.group, set(NONE), 'routes'],
    ['steps', 'cost', 0, add(-1), 'cost'],
    ['memory', 'cost', 1, add(1), 'cost'],
  ]
  for (const [what, section, at, change, code] of rows) {
    test(what, () => {
      const found = refusal(withWord(sectionAt(section) + 4 * at, change))
      assert.equal(found?.code, `content/image-${code}`)
      assert.ok(found.offset >= sectionAt(section), `${found.offset}`)
    })
  }

  const headers: readonly (readonly [what: string, bytes: Uint8Array, code: string, offset: number])[] = [
    ['magic', withWord(0, add(1)), 'header', 0],
    ['format version', withWord(4, add(1)), 'header', 4],
    ['section count', withWord(8, add(1)), 'header', 8],
    ['longer than it is', withWord(12, add(4)), 'truncated', image.length],
    ['a word too much', new Uint8Array([...image, 0, 0, 0, 0]), 'header', 12],
    ['section offset', withWord(16, add(4)), 'header', 16],
    ['section length', withWord(20, add(4)), 'header', 24],
  ]
  for (const [what, bytes, code, offset] of headers) {
    test(what, () => assert.deepEqual(refusal(bytes), { code: `content/image-${code}`, offset }))
  }
})

test('an answer may be swapped: the verifier proves safety, not meaning', () => {
  // MATCH for FAIL is a legal program of another pack. That is what the digest and the signatures are for.
  const answer = verifyImage(image).tables.nodes.indexOf(MATCH)
  assert.ok(answer >= 0)
  assert.equal(refusal(withWord(sectionAt('nodes') + 4 * answer, () => FAIL)), null)
})

test('any bytes are accepted or refused with a code and an offset, never anything else', () => {
  const size = image.length
  const change = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  fc.assert(
    fc.property(change, (changes) => {
      const changed = image.slice()
      for (const [at, byte] of changes) changed[at] = byte
      refusal(changed)
    }),
    { numRuns: 500 },
  )
  fc.assert(fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => assert.notEqual(refusal(bytes), null)))
})
