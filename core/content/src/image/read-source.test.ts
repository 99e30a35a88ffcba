import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePack } from '../compile.ts'
import { fullPack } from '../pack-fixture.ts'
import { NODES_PER_RULE_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'
import { compileRegex } from '../regex/index.ts'
import { smallSource } from './forged-fixture.ts'
import { FAIL, MATCH, OPERATORS } from './format.ts'
import type { Predicate, ProgramNode } from './program.ts'
import { readSource } from './read-source.ts'
import { baseParts, joinParts, linked, partsOf } from './release-fixture.ts'
import { verifyImage } from './verify-image.ts'
import { writeImage } from './writer.ts'

test('the image of a pack is linked again from its parts', () => {
  const { image } = compilePack(fullPack())
  assert.deepEqual(writeImage(readSource(verifyImage(image))), image)
})

test('every image is linked again from its parts, byte for byte', () => {
  const seen = new Set<string>()
  fc.assert(
    fc.property(partsOf(1), (parts) => {
      const image = writeImage(joinParts([parts]))
      const read = readSource(verifyImage(image))
      assert.deepEqual(writeImage(read), image)
      for (const { program } of read.rules) {
        for (const { nodes } of program.selections) for (const { test: one } of nodes) seen.add(one.operator)
      }
      for (const { aliases, type } of read.correlations) seen.add(`${type} with ${aliases.length} aliases`)
      for (const feature of verifyImage(image).features) seen.add(feature)
    }),
    { numRuns: 200 },
  )
  const missing = [
    ...OPERATORS,
    'correlation',
    'indicators',
    'keywords',
    'tuning',
    'yara',
    'event_count with 2 aliases',
  ]
  assert.deepEqual(
    missing.filter((one) => !seen.has(one)),
    [],
    'never generated',
  )
})

test('a rule that has to be tried on every event is read as one without witnesses', () => {
  const small = smallSource()
  const rules = small.rules.map((one) => ({ ...one, witnesses: null }))
  const read = readSource(linked({ ...small, rules }))
  assert.deepEqual(read.rules, rules)
  assert.deepEqual(readSource(linked(small)), small)
})

test('a correlation keeps its custom attributes', () => {
  const small = smallSource()
  const correlations = small.correlations.map((one) => ({ ...one, custom: '{"a":1}' }))
  assert.deepEqual(readSource(linked({ ...small, correlations })).correlations, correlations)
})

test('what is named many times is linked in the time of one', () => {
  const { rules, ...rest } = baseParts().source
  const [rule] = rules
  assert.ok(rule !== undefined)
  const program = compileRegex('(a[a-z]{1,200}b){1,4}', { ignoreCase: true, multiline: false, dotAll: false })
  const regex: Predicate = {
    operator: 'regex',
    cased: false,
    field: 'Image',
    values: { kind: 'regex', programs: Array.from({ length: VALUES_PER_ITEM_MAX }, () => program) },
  }
  const node = (test: Predicate, i: number): ProgramNode<Predicate> => ({ test, whenTrue: MATCH, whenFalse: i })
  const nodes = Array.from({ length: NODES_PER_RULE_MAX }, (_, i) =>
    node(regex, i === NODES_PER_RULE_MAX - 1 ? FAIL : i + 1),
  )
  const named = {
    ...rule,
    program: { condition: [{ test: 0, whenTrue: MATCH, whenFalse: FAIL }], selections: [{ name: 'x', nodes }] },
  }
  const source = { ...rest, rules: [named], correlations: [], filters: [] }
  const image = writeImage(source)
  assert.deepEqual(writeImage(readSource(verifyImage(image))), image)
})

test('parts keep what they say when other parts come and go around them', () => {
  fc.assert(
    fc.property(partsOf(1), partsOf(100), (one, other) => {
      const together = readSource(linked(joinParts([one, other])))
      const wanted = readSource(linked(joinParts([one])))
      const ids = new Set(wanted.rules.map(({ id }) => id))
      assert.deepEqual(
        together.rules.filter(({ id }) => ids.has(id)),
        wanted.rules,
      )
      assert.deepEqual(together.filters.slice(0, wanted.filters.length), wanted.filters)
      assert.deepEqual(together.correlations.slice(0, wanted.correlations.length), wanted.correlations)
    }),
    { numRuns: 100 },
  )
})
