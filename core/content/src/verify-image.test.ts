import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePack } from './compile.ts'
import { ContentError } from './errors.ts'
import { FAIL, HEADER_WORDS, MATCH, RULE, SECTIONS, type SectionName } from './image-format.ts'
import { fullPack, packOf, rule } from './pack-fixture.ts'
import { verifyImage } from './verify-image.ts'

const { image, digest } = compilePack(fullPack())

function refusal(bytes: Uint8Array): string {
  try {
    verifyImage(bytes)
    return 'accepted'
  } catch (error) {
    // Anything but a ContentError with an offset is a hole in the verifier.
    if (!(error instanceof ContentError) || !error.code.startsWith('content/image-')) throw error
    assert.equal(typeof error.details['offset'], 'number')
    return error.code
  }
}

/** Where a section starts, in bytes. */
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
  assert.equal(verified.pack, 'fixture')
  assert.equal(verified.ruleCount, 3)
  assert.equal(verified.indicatorCount, 6)
  assert.deepEqual(verified.features, ['indicators', 'regex', 'sigma'])
  const declared = verified.declaredFields.map((one) => `${one.category} ${one.field}`)
  assert.deepEqual(declared, declared.toSorted())
  assert.ok(declared.includes('network_connection DestinationIp'))
  // sha256 indicators are inert: they don't make the image need a field that no engine supplies.
  assert.ok(!declared.some((one) => one.includes('Hashes')))
})

test('one pack has one byte sequence, in whatever order its files come', () => {
  const pack = fullPack()
  const reversed = { ...pack, rules: pack.rules.toReversed().toSorted((a, b) => (a.id < b.id ? -1 : 1)) }
  assert.equal(compilePack(reversed).digest, digest)
  const rules = [1, 2, 3].map((n) => rule(n, { s: { [`Field${n}`]: ['b', 'a', 'B'] }, condition: 's' }))
  const same = rules.map((_, i) => rules[(i + 1) % 3] ?? '')
  assert.equal(compilePack(packOf(rules)).digest, compilePack(packOf(same)).digest)
})

test('every strict prefix is refused', () => {
  for (let size = 0; size < image.length; size++) {
    const code = refusal(image.subarray(0, size))
    assert.equal(code, 'content/image-truncated', `${size} bytes`)
  }
})

test('an image at any alignment is the same image', () => {
  for (const shift of [1, 2, 3]) {
    const moved = new Uint8Array(image.length + shift)
    moved.set(image, shift)
    assert.equal(refusal(moved.subarray(shift)), 'accepted')
  }
})

test('the verified tables do not change with the bytes that were given', () => {
  const given = image.slice()
  const { tables } = verifyImage(given)
  const before = tables.nodes.slice()
  given.fill(0)
  assert.deepEqual(tables.nodes, before)
})

test('each corruption has its code', () => {
  const add = (n: number) => (word: number) => word + n
  const set = (n: number) => () => n
  const rows: readonly (readonly [what: string, bytes: Uint8Array, code: string])[] = [
    ['magic', withWord(0, add(1)), 'content/image-header'],
    ['format version', withWord(4, add(1)), 'content/image-header'],
    ['section count', withWord(8, add(1)), 'content/image-header'],
    ['longer than it is', withWord(12, add(4)), 'content/image-truncated'],
    ['a byte too much', new Uint8Array([...image, 0, 0, 0, 0]), 'content/image-header'],
    ['section offset', withWord(16, add(4)), 'content/image-header'],
    ['section length', withWord(20, add(4)), 'content/image-header'],
    ['string count', withWord(sectionAt('strings'), set(0xffffffff)), 'content/image-strings'],
    ['string offset', withWord(sectionAt('strings') + 8, set(0xffffffff)), 'content/image-strings'],
    ['pack name', withWord(sectionAt('pack'), set(0xffffffff)), 'content/image-rules'],
    ['pack version', withWord(sectionAt('pack') + 4, add(1)), 'content/image-rules'],
    ['field string', withWord(sectionAt('fields') + 4, set(1 << 30)), 'content/image-rules'],
    ['fields unsorted', withWord(sectionAt('fields'), set(0xffff)), 'content/image-rules'],
    ['feature', withWord(sectionAt('features'), add(1)), 'content/image-rules'],
    ['rule id', withWord(sectionAt('rules'), set(0)), 'content/image-rules'],
    ['rule level', withWord(sectionAt('rules') + 4 * RULE.level, add(1)), 'content/image-rules'],
    ['rule tags', withWord(sectionAt('rules') + 4 * RULE.tagCount, set(0xffffffff)), 'content/image-rules'],
    ['rule nodes', withWord(sectionAt('rules') + 4 * RULE.nodeCount, set(0xffffffff)), 'content/image-rules'],
    ['no nodes', withWord(sectionAt('rules') + 4 * RULE.nodeCount, set(0)), 'content/image-rules'],
    ['node predicate', withWord(sectionAt('nodes'), set(0xffff)), 'content/image-program'],
    ['jump to itself', withWord(sectionAt('nodes') + 4, set(0)), 'content/image-program'],
    ['jump outside', withWord(sectionAt('nodes') + 4, set(FAIL - 1)), 'content/image-program'],
    ['operator', withWord(sectionAt('predicates'), set(7)), 'content/image-predicates'],
    ['predicate field', withWord(sectionAt('predicates') + 4, set(0xffffffff)), 'content/image-predicates'],
    ['first value', withWord(sectionAt('predicates') + 8, add(1)), 'content/image-predicates'],
    ['value count', withWord(sectionAt('predicates') + 12, set(0xffffffff)), 'content/image-predicates'],
    ['regex count', withWord(sectionAt('regexes'), set(0xfffffffe)), 'content/image-regex'],
    ['regex offset', withWord(sectionAt('regexes') + 4, set(1)), 'content/image-regex'],
    ['regex program', withWord(sectionAt('regexes') + 12, set(0xffffffff)), 'content/image-regex'],
    ['indicator type', withWord(sectionAt('indicators'), set(4)), 'content/image-indicators'],
    ['indicator value', withWord(sectionAt('indicators') + 4, set(0xffffffff)), 'content/image-indicators'],
    ['steps', withWord(sectionAt('cost'), add(-1)), 'content/image-cost'],
    ['memory', withWord(sectionAt('cost') + 4, add(1)), 'content/image-cost'],
  ]
  for (const [what, bytes, code] of rows) assert.equal(refusal(bytes), code, what)
})

test('an answer may be swapped: the verifier proves safety, not meaning', () => {
  // MATCH for FAIL is a legal program of another pack. That is what the digest and the signatures are for.
  const answers = verifyImage(image).tables.nodes.indexOf(MATCH)
  assert.ok(answers >= 0)
  assert.equal(refusal(withWord(sectionAt('nodes') + 4 * answers, () => FAIL)), 'accepted')
})

test('any bytes are accepted or refused with a code and an offset, never anything else', () => {
  const size = image.length
  const mutation = fc.array(fc.tuple(fc.nat(size - 1), fc.nat(255)), { minLength: 1, maxLength: 4 })
  const mutated = (changes: readonly (readonly [number, number])[]): Uint8Array => {
    const changed = image.slice()
    for (const [at, byte] of changes) changed[at] = byte
    return changed
  }
  fc.assert(
    fc.property(mutation, (changes) => void refusal(mutated(changes))),
    { numRuns: 3_000 },
  )
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 256 }), (bytes) => void refusal(bytes)),
    { numRuns: 300 },
  )
  const words = fc.tuple(fc.nat(size / 4 - 1), fc.oneof(fc.nat(16), fc.constantFrom(MATCH, FAIL, 0x7fffffff)))
  fc.assert(
    fc.property(words, ([at, word]) => void refusal(withWord(4 * at, () => word))),
    { numRuns: 3_000 },
  )
})
