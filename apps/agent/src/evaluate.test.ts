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
const run = (image: Uint8Array, list: Uint8Array) => evaluate(image, list, HOSTILE, [CODE])

test('each event gets the verdict of the real engine', async () => {
  const result = await run(imageOf('1.0.0').bytes, eventList([1, 2]))
  assert.deepEqual(result, {
    kind: 'ran',
    engineVersion: ENGINE_VERSION,
    verdicts: [0, 1].map((caseIndex) => ({ caseIndex, firedRuleIds: [RULE] })),
  })
  assert.equal((await run(imageOf('1.0.0').bytes, utf8Encode('[]'))).kind, 'ran')
})

test('no answer is no verdict', async () => {
  const rows: readonly (readonly [image: Uint8Array, command: string, code: string])[] = [
    [imageOutOfContract('1.0.0').bytes, 'nothing', 'detect/unsupplied-field'],
    [imageOf('3.0.0').bytes, 'nothing', 'engine/died'],
    [imageOf('2.0.0').bytes, 'abort', 'engine/died'],
    [imageOf('2.0.0').bytes, 'unknown-batch', 'engine/bad-reply'],
    [imageOf('2.0.0').bytes, 'more-than-asked', 'engine/bad-reply'],
    [imageOf('2.0.0').bytes, 'garbage', 'engine/bad-reply'],
  ]
  for (const [image, command, code] of rows) {
    const result = await run(image, eventList([1], command))
    assert.equal(result.kind === 'failed' && result.code, code, command)
  }
})
