import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { ContentError } from '../errors.ts'
import { applyDelta, makeDelta } from './delta.ts'
import { decodeDelta, type Delta, type DeltaSections, encodeDelta } from './delta-format.ts'
import { ROUTE } from './format.ts'
import { readSource } from './read-source.ts'
import { baseParts, joinParts, linked, madeDelta, type MadeDelta, type Parts, partsOf } from './release-fixture.ts'
import { cutSections } from './sections.ts'
import { type VerifiedImage, verifyImage } from './verify-image.ts'
import { writeImage } from './writer.ts'

const BASE = baseParts()
const NONE = 0xffffffff

const leadsToTheNewImage = fc.property(partsOf(1), partsOf(100), partsOf(1), (gone, kept, come) => {
  // Parts that stay change places, so that order is more than what was kept.
  const { old, delta, image } = madeDelta(joinParts([BASE, gone, kept]), joinParts([kept, BASE, come]))
  assert.deepEqual(applyDelta(old, delta), image)
  assert.ok(delta.length < image.length)
})

// Two tests of one property: the few cases are those that mutants meet.
test('a delta makes the new image of the old one', () => {
  fc.assert(leadsToTheNewImage, { numRuns: 10 })
})

test('a delta makes the new image of any old one', () => {
  fc.assert(leadsToTheNewImage, { numRuns: 40 })
})

test('what did not change is not sent', () => {
  const { delta } = madeDelta(BASE.source, BASE.source)
  const { sections } = decodeDelta(delta)
  assert.deepEqual([...sections.rules], [0, BASE.source.rules.length])
  assert.equal(sections.indicators.length, 0)
  const { ruleCount, indicatorCount } = verifyImage(bytesOf(sections.parts))
  assert.deepEqual([ruleCount, indicatorCount], [0, 0])
})

test('there is no delta where the image itself is smaller, or could not be linked again', async (t) => {
  const [one, other] = fc.sample(fc.tuple(partsOf(1), partsOf(1)), { seed: 3, numRuns: 1 })[0] ?? []
  assert.ok(one !== undefined && other !== undefined)
  const base = linked(BASE.source)
  await t.test('nothing in common', () => assert.equal(makeDelta(linked(one.source), linked(other.source)), null))
  await t.test('another compiler', () => {
    assert.equal(makeDelta(base, linked({ ...BASE.source, compilerVersion: '99.0.0' })), null)
  })
  await t.test('another linker', () => {
    const image = writeImage(BASE.source)
    const { routes } = cutSections(new Uint8Array(image).buffer)
    const last = routes.offset + 4 * (routes.words.length - ROUTE.words + ROUTE.eventId)
    new DataView(image.buffer).setUint32(last, 99_999, true)
    assert.equal(makeDelta(base, verifyImage(image)), null)
  })
})

const { old: OLD, delta: DELTA, image: IMAGE } = hostileCase()
const DECODED = decodeDelta(DELTA)

function hostileCase(): MadeDelta {
  // Of the many samples one that has everything.
  const rich = (space: number): Parts => {
    const found = fc
      .sample(partsOf(space), { seed: space, numRuns: 200 })
      .find(
        ({ source, indicators }) => source.correlations.length > 1 && source.yara.length > 0 && indicators.length > 6,
      )
    assert.ok(found !== undefined)
    return found
  }
  return madeDelta(joinParts([BASE, rich(1), rich(100)]), joinParts([rich(100), BASE, rich(200)]))
}

function codeOf(delta: Uint8Array, old: VerifiedImage = OLD): string {
  try {
    assert.deepEqual(applyDelta(old, delta), IMAGE)
    return 'applied'
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return error.code
  }
}

function changed(change: Partial<DeltaSections>, more: Partial<Delta> = {}): Uint8Array {
  return encodeDelta({ ...DECODED, ...more, sections: { ...DECODED.sections, ...change } })
}

function bytesOf(words: Uint32Array): Uint8Array {
  return new Uint8Array(words.buffer, words.byteOffset, words.byteLength)
}

function wordsOf(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4)
}

function patched(words: Uint32Array, at: number, ...values: readonly number[]): Uint32Array {
  const copy = Uint32Array.from(words)
  copy.set(values, at)
  return copy
}

test('what is wrong with a delta is named', async (t) => {
  const { rules, indicators, parts } = DECODED.sections
  const source = readSource(verifyImage(bytesOf(parts)))
  const last = rules.length - 2
  // The first rules come along; then some are kept.
  const kept = 2
  assert.deepEqual([rules[0], rules[kept] === NONE], [NONE, false])
  const rows: readonly (readonly [what: string, delta: Uint8Array, code: string])[] = [
    ['nothing', DELTA, 'applied'],
    ['empty', new Uint8Array(), 'content/delta-malformed'],
    ['an image', IMAGE, 'content/delta-malformed'],
    ['another format', encodeHead(4, 2), 'content/delta-malformed'],
    ['half a word more', Uint8Array.of(...DELTA, 0, 0), 'content/delta-malformed'],
    ['a word more', Uint8Array.of(...DELTA, 0, 0, 0, 0), 'content/delta-malformed'],
    ['a section that claims 4 GB', encodeHead(72, NONE), 'content/delta-malformed'],
    ['another old image', changed({}, { oldDigest: DECODED.newDigest }), 'content/delta-base'],
    ['another new image', changed({}, { newDigest: DECODED.oldDigest }), 'content/delta-result'],
    [
      'another compiler',
      changed({ parts: wordsOf(writeImage({ ...source, compilerVersion: '9.9.9' })) }),
      'content/delta-compiler',
    ],
    [
      'another version',
      changed({ parts: wordsOf(writeImage({ ...source, manifest: { ...source.manifest, version: '9.9.9' } })) }),
      'content/delta-result',
    ],
    ['no parts', changed({ parts: new Uint32Array() }), 'content/delta-malformed'],
    ['parts cut off', changed({ parts: parts.subarray(0, -1) }), 'content/delta-malformed'],
    ['half a run', changed({ rules: rules.subarray(0, -1) }), 'content/delta-malformed'],
    ['a rule less', changed({ rules: patched(rules, kept + 1, (rules[kept + 1] ?? 0) - 1) }), 'content/delta-result'],
    ['a run of none', changed({ rules: patched(rules, 1, 0) }), 'content/delta-malformed'],
    ['a run of everything', changed({ rules: patched(rules, 1, NONE) }), 'content/delta-malformed'],
    ['a run from beyond', changed({ rules: patched(rules, 0, OLD.ruleCount) }), 'content/delta-malformed'],
    ['a rule twice', changed({ rules: Uint32Array.of(...rules, rules[kept] ?? 0, 1) }), 'content/delta-malformed'],
    [
      'a run cut in two',
      changed({ rules: Uint32Array.of(NONE, 1, NONE, (rules[1] ?? 0) - 1, ...rules.subarray(2)) }),
      'content/delta-malformed',
    ],
    ['more new rules than came', changed({ rules: Uint32Array.of(...rules, NONE, 1) }), 'content/delta-malformed'],
    ['rules without a place', changed({ rules: rules.subarray(2) }), 'content/delta-malformed'],
    [
      'rules in another order',
      changed({ rules: Uint32Array.of(...rules.subarray(last), ...rules.subarray(0, last)) }),
      'applied',
    ],
    ['no correlations', changed({ correlations: new Uint32Array() }), 'content/delta-malformed'],
    ['indicators as they were', changed({ indicators: new Uint32Array() }), 'content/delta-result'],
    ['indicators cut off', changed({ indicators: indicators.subarray(0, -1) }), 'content/delta-malformed'],
    ['more indicators', changed({ indicators: Uint32Array.of(...indicators, 0) }), 'content/delta-malformed'],
    ['edits that claim 16 GB', changed({ indicators: patched(indicators, 0, NONE) }), 'content/delta-malformed'],
    ['texts that claim 16 GB', changed({ indicators: patched(indicators, 1, NONE - 1) }), 'content/delta-malformed'],
  ]
  for (const [what, delta, code] of rows) await t.test(what, () => assert.equal(codeOf(delta), code))
  await t.test('the old image is the new one', () =>
    assert.equal(codeOf(DELTA, verifyImage(IMAGE)), 'content/delta-base'),
  )
})

function encodeHead(offset: number, word: number): Uint8Array {
  const delta = new Uint8Array(DELTA)
  new DataView(delta.buffer).setUint32(offset, word, true)
  return delta
}

test('every strict prefix is refused', () => {
  for (let size = 0; size < DELTA.length; size++) {
    assert.equal(codeOf(DELTA.subarray(0, size)), 'content/delta-malformed', `${size} bytes`)
  }
})

/** @param codes - how often each came */
function isRefusedOrApplied(codes: Map<string, number>) {
  const word = fc.oneof(fc.constantFrom(0, 1, 2, 0x7fffffff, 0x80000000, NONE - 1, NONE), fc.nat(200))
  // Half of the changes hit the edits, which are small; the digests are not worth many.
  const parts = DELTA.length - DECODED.sections.parts.byteLength
  const at = fc.oneof(fc.integer({ min: 72, max: parts - 1 }), fc.nat(DELTA.length - 1))
  const changes = fc.array(fc.tuple(at, fc.boolean(), word), { minLength: 1, maxLength: 3 })
  return fc.property(changes, (all) => {
    const delta = new Uint8Array(DELTA)
    const view = new DataView(delta.buffer)
    for (const [place, isWord, value] of all) {
      if (isWord) view.setUint32(place - (place % 4), value, true)
      else view.setUint8(place, value & 0xff)
    }
    const code = codeOf(delta)
    codes.set(code, (codes.get(code) ?? 0) + 1)
  })
}

test('a damaged delta is refused, or makes the same image', () => {
  fc.assert(isRefusedOrApplied(new Map()), { numRuns: 150 })
})

test('damage of each kind is met', () => {
  const codes = new Map<string, number>()
  fc.assert(isRefusedOrApplied(codes), { numRuns: 600 })
  for (const code of ['content/delta-malformed', 'content/delta-result']) assert.ok((codes.get(code) ?? 0) > 5, code)
})
