import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ContentError, type CorrelationRecord, readCorrelationSection } from '@firebreak/content'
import * as fc from 'fast-check'
import { TestImage } from './correlation-fixture.ts'
import { Correlator } from './index.ts'

const RULES = ['r0', 'r1', 'r2']
const section = { rules: ['r0', 'r1'], 'group-by': ['A'], timespan: '2s' }
const image = new TestImage(RULES, [
  { title: 'a', correlation: { ...section, type: 'event_count', condition: { gte: 2 } } },
  { title: 'b', correlation: { ...section, type: 'value_avg', condition: { gt: 1, lt: 5, field: 'N' } } },
  {
    title: 'c',
    correlation: { ...section, type: 'value_percentile', condition: { gt: 1, field: 'N', percentile: 90 } },
  },
  { title: 'd', correlation: { ...section, type: 'value_count', condition: { eq: 2, field: ['A', 'N'] } } },
  { title: 'e', correlation: { ...section, type: 'temporal_ordered', rules: ['a', 'r2', 'd'] } },
  { title: 'f', correlation: { ...section, type: 'temporal', rules: ['e', 'b', 'c'], condition: { gte: 1 } } },
])

function accepted(words: Uint32Array): readonly CorrelationRecord[] | null {
  try {
    return readCorrelationSection(words, image.counts)
  } catch (error) {
    if (error instanceof ContentError) return null
    throw error
  }
}

const LIMITS = { latenessMs: 50, groupsPerCorrelationMax: 3, stateBytesMax: 8_000, waitingBytesMax: 2_000 }
const change = fc.tuple(fc.nat(image.words.length - 1), fc.oneof(fc.nat(7), fc.constantFrom(0x3ff00000, 0x80000000)))
const value = fc.oneof(fc.constant(null), fc.constantFrom('', '1', '4.5', '-2e1', 'x'), fc.string({ unit: 'binary' }))
const time = fc.oneof(fc.nat(5_000), fc.constantFrom(0.5, -1, 1e18, -1e300, Number.NaN, Number.POSITIVE_INFINITY))
const event = fc.tuple(fc.nat(RULES.length), time, value, value)

test('changed words that the verifier accepts judge any events, within the limits and without an error', () => {
  let judged = 0
  const judge = (
    changes: readonly (readonly [number, number])[],
    events: readonly (readonly [number, number, string | null, string | null])[],
  ): void => {
    const words = image.words.slice()
    for (const [at, word] of changes) words[at] = word
    const records = accepted(words)
    if (records === null) return
    judged++
    const correlator = new Correlator(records, LIMITS)
    for (const [rule, timeMs, first, second] of events) {
      correlator.observe(rule, timeMs, (field) => (field === 0 ? first : second))
      const { stateBytes, waitingBytes } = correlator.counters()
      assert.ok(stateBytes <= LIMITS.stateBytesMax && waitingBytes <= LIMITS.waitingBytesMax)
    }
    correlator.flush()
    assert.equal(correlator.counters().waiting, 0)
  }
  const events = fc.array(event, { maxLength: 30 })
  fc.assert(fc.property(fc.array(change, { maxLength: 2 }), events, judge), { numRuns: 4_000 })
  assert.ok(judged > 500, `only ${judged} were accepted, too few to prove anything`)
})
