import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchedFields, matchesFilter, parseFilter } from './detection-filter.ts'
import { detection } from './fixture/detections.ts'
import type { DetectionRow } from './fleet-state.ts'

const ROW: DetectionRow = {
  key: 'h-1 1',
  host: 'h-1',
  detection: detection(1, 0, {
    title: 'Crontab replaced',
    level: 'high',
    fields: [
      { field: 'Image', value: '/usr/bin/crontab' },
      { field: 'User', value: 'root' },
    ],
    selections: [
      { name: 'one_of', matched: [{ field: 'User', value: 'root' }] },
      { name: 'other', matched: [{ field: 'NotThere', value: 'x' }] },
    ],
  }),
}

test('every word has to be found, in whatever text', () => {
  const rows: readonly (readonly [string, boolean])[] = [
    ['', true],
    ['   ', true],
    ['CRONTAB', true],
    ['web high', true],
    ['h-1', true],
    ['user=root', true],
    ['linux-baseline 1.1.0', true],
    ['crontab low', false],
    ['.*', false],
    ['[', false],
  ]
  for (const [query, matches] of rows) assert.equal(matchesFilter(ROW, 'web-01', parseFilter(query)), matches, query)
})

test('only fields that the event has are shown as matched', () => {
  assert.deepEqual(matchedFields(ROW), [{ field: 'User', value: 'root' }])
})
