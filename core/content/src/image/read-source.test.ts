import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { compilePack } from '../compile.ts'
import { fullPack } from '../pack-fixture.ts'
import { OPERATORS } from './format.ts'
import { readSource } from './read-source.ts'
import { joinParts, linked, partsOf } from './release-fixture.ts'
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
