import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePack, type PackSource, parsePack } from '@firebreak/content'
import * as fc from 'fast-check'
import { correlatedSource, goodSource, rule, ruleTest, sourceOf } from '../gate-fixture.ts'
import type { SourceContext } from '../judge-source.ts'
import { checkSelfTest } from './check-self-test.ts'
import { controlEvidence, THIS_ENGINE } from './control-evidence.ts'
import { countsOf } from './evidence.ts'
import { SELF_TEST_PLAN } from './plan.ts'
import { selfTestGate } from './self-test.ts'

const CONTEXT: SourceContext = { engines: [THIS_ENGINE], inputs: [] }
const CANARIES = [{ name: 'off-by-one', found: true, executions: 100 }]

test('this gate rejects every fault and every exhibit, and would miss each of its parts', () => {
  const evidence = selfTestGate({ source: goodSource(), evidence: null }, CONTEXT, CANARIES, 1)
  const check = checkSelfTest(evidence)
  assert.deepEqual(check.findings, [])
  assert.equal(check.verdict, 'pass')
  assert.equal(evidence.subject, 'candidate')
  const { seeded, rejected, museum, ablations, ablationsNoticed } = countsOf(evidence)
  assert.equal(seeded, SELF_TEST_PLAN.operators.length)
  assert.equal(rejected, seeded)
  assert.equal(museum, SELF_TEST_PLAN.museum.length)
  assert.equal(ablationsNoticed, ablations)
})

test('whatever the seed chooses, every fault is rejected', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const evidence = selfTestGate({ source: goodSource(), evidence: null }, CONTEXT, CANARIES, seed)
      assert.deepEqual(countsOf(evidence).missed, [])
      assert.deepEqual(countsOf(evidence).unnoticed, [])
    }),
    { numRuns: 2 },
  )
})

test('a candidate that does not pass, or does not compile, leaves the self-test to the control pack', () => {
  const untested = sourceOf([rule(1, { 'Image|endswith': '/nc' })], [ruleTest(1, [{ Image: '/bin/nc' }], [])])
  const unreadable = sourceOf([{ title: 'No detection' }], [])
  for (const source of [untested, unreadable]) {
    const evidence = selfTestGate({ source, evidence: null }, CONTEXT, CANARIES, 1)
    assert.equal(evidence.subject, 'control')
    assert.equal(checkSelfTest(evidence).verdict, 'pass')
  }
  assert.equal(selfTestGate(null, CONTEXT, CANARIES, 1).subject, 'control')
})

test('no engine to hold the candidate against says nothing about the gate', () => {
  const evidence = selfTestGate({ source: goodSource(), evidence: null }, { engines: [], inputs: [] }, CANARIES, 1)
  assert.equal(evidence.subject, 'control')
  assert.equal(checkSelfTest(evidence).verdict, 'pass')
})

/** Packs in which many faults have no place of their own. */
const ODD: readonly (readonly [name: string, source: PackSource])[] = [
  [
    'indicators only',
    { ...sourceOf([], []), indicators: [{ file: 'a.csv', text: 'type,value,description\nip,192.0.2.1,\n' }] },
  ],
  ['YARA only', { ...sourceOf([], []), yara: [{ file: 'a.yar', text: 'rule a { condition: true }' }] }],
  [
    'keywords only',
    sourceOf(
      [{ ...rule(1, {}), detection: { words: ['evil', 'worse'], condition: 'words' } }],
      [ruleTest(1, [{ A: 'evil' }, { A: 'worse' }], [{ A: 'good' }])],
    ),
  ],
  [
    'several conditions',
    sourceOf(
      [{ ...rule(1, {}), detection: { a: { Image: '/a' }, b: { Image: '/b' }, condition: ['a', 'b'] } }],
      [ruleTest(1, [{ Image: '/a' }, { Image: '/b' }], [{ Image: '/c' }])],
    ),
  ],
  ['a correlation that alone alerts', correlatedSource(false)],
]

for (const [name, source] of ODD) {
  test(`faults find a place in any pack: ${name}`, () => {
    const pack = parsePack(source)
    const evidence = controlEvidence(pack, compilePack(pack))
    const found = selfTestGate({ source, evidence }, CONTEXT, CANARIES, 3)
    assert.equal(found.subject, 'candidate')
    assert.deepEqual(checkSelfTest(found).findings, [])
  })
}
