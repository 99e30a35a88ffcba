import assert from 'node:assert/strict'
import { test } from 'node:test'
import { applyDelta, makeDelta } from './delta.ts'
import { decodeDelta, encodeDelta } from './delta-format.ts'
import { diffIndicators, patchIndicators } from './delta-indicators.ts'
import { ruleId } from '../pack-fixture.ts'
import { smallSource } from './forged-fixture.ts'
import { NONE, RULE } from './format.ts'
import { readSource } from './read-source.ts'
import { type IndicatorRow, linked, madeDelta, tablesOf, valueOf } from './release-fixture.ts'
import type { ImageSource } from './source.ts'
import { verifyImage } from './verify-image.ts'

const SMALL = smallSource()

/** The same with one rule so large that whoever keeps it has a delta smaller than the image. */
function withLargeRule(source: ImageSource): ImageSource {
  return {
    ...source,
    rules: source.rules.map((one) => (one.id === ruleId(2) ? { ...one, custom: 'x'.repeat(4_000) } : one)),
  }
}

test('a delta is worth sending when it is a word smaller than the image', () => {
  const [, rule] = SMALL.rules
  assert.ok(rule)
  for (let bytes = 0; bytes < 400; bytes += 4) {
    const kept = { ...SMALL, rules: [], filters: [], correlations: [], yara: [{ name: '', text: 'x'.repeat(bytes) }] }
    const old = linked({ ...kept, indicators: tablesOf([]) })
    const next = linked({ ...kept, indicators: tablesOf([]), rules: [rule] })
    const delta = makeDelta(old, next)
    if (delta === null) continue
    assert.ok(bytes > 0)
    assert.equal(next.tables.rules.buffer.byteLength - delta.length, 4)
    return
  }
  assert.fail('never')
})

/** Two correlations over rules 1 and 3, of which the second reads the first. */
function chained(title: string): ImageSource {
  const [inner] = SMALL.correlations
  assert.ok(inner)
  const outer = { ...inner, id: 'outer', title, rules: [inner.id, ruleId(3)] }
  return { ...withLargeRule(SMALL), filters: [], correlations: [inner, outer] }
}

test('correlations come along together, with the rules that they name', () => {
  const { old, delta, image } = madeDelta(chained('before'), chained('after'))
  assert.deepEqual(applyDelta(old, delta), image)
  const { correlations, rules, parts } = decodeDelta(delta).sections
  assert.deepEqual([...correlations], [NONE, 2])
  const sent = readSource(verifyImage(new Uint8Array(parts.buffer, parts.byteOffset, parts.byteLength)))
  assert.deepEqual(
    sent.correlations.map(({ title }) => title),
    ['c', 'after'],
  )
  assert.deepEqual(sent.rules.map(({ id }) => id).toSorted(), [ruleId(1), ruleId(3)])
  assert.deepEqual([...rules], [NONE, 2, 2, 1])
})

test('correlations that did not change stay where they are, and so do their rules', () => {
  const next = { ...chained('before'), yara: [] }
  const { sections } = decodeDelta(madeDelta(chained('before'), next).delta)
  assert.deepEqual([[...sections.correlations], [...sections.rules], [...sections.yara]], [[0, 2], [0, 3], []])
})

test('an image that changed after it was verified makes no delta', () => {
  const next = linked(withLargeRule({ ...SMALL, yara: [] }))
  const { rules } = next.tables
  rules[RULE.level] = rules[RULE.title] ?? 0
  assert.throws(() => makeDelta(linked(withLargeRule(SMALL)), next), { code: 'content/delta-malformed' })
})

test('a digest is compared to its last byte', () => {
  const { old, delta } = madeDelta(withLargeRule(SMALL), withLargeRule({ ...SMALL, yara: [] }))
  const decoded = decodeDelta(delta)
  const other = (digest: Uint8Array) => digest.with(31, (digest[31] ?? 0) ^ 1)
  const apply = (change: Partial<typeof decoded>) => () => applyDelta(old, encodeDelta({ ...decoded, ...change }))
  assert.doesNotThrow(apply({}))
  assert.throws(apply({ oldDigest: other(decoded.oldDigest) }), { code: 'content/delta-base' })
  assert.throws(apply({ newDigest: other(decoded.newDigest) }), { code: 'content/delta-result' })
})

test('indicators of which as many change as come are not those that were', () => {
  const rows = (types: readonly (readonly [n: number, text: string])[]) =>
    tablesOf(types.map(([n, text]): IndicatorRow => ['sha256', valueOf('sha256', n), text]))
  const old = rows([
    [1, 'feed'],
    [2, 'feed'],
  ])
  const sent = (next: ReturnType<typeof tablesOf>) => {
    const words = diffIndicators(old, next)
    assert.deepEqual(patchIndicators(words, old), next)
    return words.length
  }
  assert.equal(sent(old), 0)
  const another = rows([
    [1, 'feed'],
    [3, 'feed'],
  ])
  assert.ok(sent(another) > 0)
  // Three descriptions where there was one: the numbers of the new ones are not taken for the old one.
  const described = rows([
    [1, 'x'],
    [2, 'y'],
    [3, 'feed'],
  ])
  assert.ok(sent(described) > 0)
})

test('a row whose description becomes that of another is a new row', () => {
  const row = (n: number, text: string): IndicatorRow => ['sha256', valueOf('sha256', n), text]
  const old = tablesOf([row(1, 'a'), row(2, 'b')])
  for (const next of [tablesOf([row(1, 'a'), row(2, 'a')]), tablesOf([row(1, 'b'), row(2, 'b')])])
    assert.deepEqual(patchIndicators(diffIndicators(old, next), old), next)
})
