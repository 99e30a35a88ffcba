import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DetectionRecord } from '@firebreak/api'
import { utf8Encode } from '@firebreak/kernel'
import { FetcherError } from './api-client.ts'
import { uploadLines } from './uploads.ts'

const DETECTION = {
  ruleId: 'r',
  title: 't',
  level: 'high',
  tags: [],
  pack: 'p',
  version: '1.0.0',
  category: 'c',
  atMs: 5,
  fields: [],
  selections: [],
  custom: null,
}
const line = (sequence: number, over: object = {}) => `${sequence} ${JSON.stringify({ ...DETECTION, ...over })}\n`

/** A server that refuses batches with a bad title, as the real one does: whole. */
function server(status = 400) {
  const kept: number[] = []
  const send = (detections: readonly DetectionRecord[]) => {
    if (detections.some(({ title }) => title === 'bad')) {
      return Promise.reject(new FetcherError('fetcher/refused', 'no', { status }))
    }
    kept.push(...detections.map(({ sequence }) => sequence))
    return Promise.resolve()
  }
  return { kept, send }
}

test('a line that is no detection, or that the server never takes, stops nobody behind it', async () => {
  const rows: readonly (readonly [lines: string, kept: readonly number[], refused: number])[] = [
    [line(1) + line(2), [1, 2], 0],
    [line(1) + '2 not json\n' + line(3), [1, 3], 1],
    [line(1) + '2 \0\0\n' + line(3), [1, 3], 1],
    [line(1) + '2 {}\n3 null\n4 []\n5 "x"\n' + line(6), [1, 6], 4],
    [line(1, { title: 7 }) + line(2, { atMs: -1 }) + line(3), [3], 2],
    [line(1) + line(2, { title: 'bad' }) + line(3) + line(4, { title: 'bad' }) + line(5), [1, 3, 5], 2],
    [line(1, { title: 'bad' }), [], 1],
    ['forged\n' + line(2), [2], 0],
    [line(1).trimEnd(), [1], 0],
    ['1 {"__proto__":{"title":"x"}}\n' + line(2, { sequence: 99 }), [2], 1],
  ]
  for (const [lines, kept, refused] of rows) {
    const target = server()
    const result = await uploadLines(utf8Encode(lines), target.send)
    assert.deepEqual(target.kept, kept, lines)
    assert.equal(result?.refused, refused, lines)
  }
  assert.equal(await uploadLines(utf8Encode(''), server().send), null)
  assert.equal(await uploadLines(utf8Encode('forged\n'), server().send), null)
})

test('a server that is down, or says no for another reason, is asked again with the same lines', async () => {
  for (const status of [401, 403, 429, 500, 503]) {
    await assert.rejects(uploadLines(utf8Encode(line(1, { title: 'bad' })), server(status).send), {
      code: 'fetcher/refused',
    })
  }
  const down = () => Promise.reject(new FetcherError('fetcher/unreachable', 'no'))
  await assert.rejects(uploadLines(utf8Encode(line(1)), down), { code: 'fetcher/unreachable' })
})
