import assert from 'node:assert/strict'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { ENGINE_VERSION } from '@firebreak/detect'
import { utf8Encode } from '@firebreak/kernel'
import { evaluate } from './evaluate.ts'
import { eventList, imageOf, imageOutOfContract } from './testing/images.ts'

const HOSTILE = fileURLToPath(new URL('./testing/hostile-engine.ts', import.meta.url))
const CODE = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
const RULE = '00000000-0000-4000-8000-000000000001'
/** Of a log source for which there is no rule. */
const other = { category: 'dns_query', product: 'linux', timeMs: 0, fields: { QueryName: 'x' } }
const run = (image: Uint8Array, list: Uint8Array) => evaluate(image, list, HOSTILE, [CODE])

test('each event gets the verdict of the real engine', async () => {
  const result = await run(imageOf('1.0.0').bytes, eventList([1, 2]))
  assert.deepEqual(result, {
    kind: 'ran',
    engineVersion: ENGINE_VERSION,
    // One node of the rule's condition and one of its selection, which asks one field.
    verdicts: [0, 1].map((caseIndex) => ({
      caseIndex,
      firedRuleIds: [RULE],
      work: { nodeVisits: 2, predicateEvaluations: 1 },
    })),
  })
  const nothing = await run(imageOf('1.0.0').bytes, utf8Encode('[]'))
  assert.deepEqual(nothing, { kind: 'ran', engineVersion: ENGINE_VERSION, verdicts: [] })
})

test('what an event takes is counted for it alone', async () => {
  const events = utf8Encode(JSON.stringify([other, ...JSON.parse(Buffer.from(eventList([1])).toString()), other]))
  const result = await run(imageOf('1.0.0').bytes, events)
  assert.equal(result.kind, 'ran')
  const took = result.verdicts.map(({ firedRuleIds, work }) => [firedRuleIds.length, work.predicateEvaluations])
  assert.deepEqual(took, [
    [0, 0],
    [1, 1],
    [0, 0],
  ])
})

test('an engine that dies says on which event', async () => {
  const sound = JSON.parse(Buffer.from(eventList([1, 2])).toString()) as readonly unknown[]
  const fatal = JSON.parse(Buffer.from(eventList([3], 'abort')).toString()) as readonly unknown[]
  const result = await run(imageOf('2.0.0').bytes, utf8Encode(JSON.stringify([...sound, ...fatal, ...sound])))
  assert.deepEqual(result.kind === 'failed' && [result.code, result.answered], ['engine/died', 2])
})

test('no answer is no verdict', async () => {
  const rows: readonly (readonly [image: Uint8Array, command: string, code: string])[] = [
    [imageOutOfContract('1.0.0').bytes, 'nothing', 'detect/unsupplied-field'],
    [imageOf('3.0.0').bytes, 'nothing', 'engine/died'],
    [imageOf('2.0.0').bytes, 'abort', 'engine/died'],
    [imageOf('2.0.0').bytes, 'unknown-batch', 'engine/bad-reply'],
    [imageOf('2.0.0').bytes, 'more-than-asked', 'engine/bad-reply'],
    [imageOf('2.0.0').bytes, 'wrong-count', 'engine/bad-reply'],
    [imageOf('2.0.0').bytes, 'no-line-end', 'engine/bad-reply'],
    [imageOf('2.0.0').bytes, 'garbage', 'engine/bad-reply'],
  ]
  for (const [image, command, code] of rows) {
    const result = await run(image, eventList([1], command))
    assert.equal(result.kind === 'failed' && result.code, code, command)
  }
})
