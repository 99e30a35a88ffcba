import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parsePack } from '@firebreak/content'
import { rule, sourceOf } from '../gate-fixture.ts'
import { testsIn } from './judged-events.ts'
import { probeId, probeRules, testKey } from './probe.ts'

test('a probe is a rule with one field test, and nothing else', () => {
  const [first] = parsePack(sourceOf([rule(1, { Image: 'x' })], [])).rules
  assert.ok(first)
  const [one] = first.selections.flatMap((selection) => testsIn(selection.test))
  assert.ok(one)
  const { logsource, at } = first
  const probe = { title: 'Probe', logsource, test: one, at }
  assert.deepEqual(probeRules([probe, probe])[1], {
    id: '00000000-0000-4000-8000-000000000001',
    name: null,
    title: 'Probe',
    description: '',
    status: null,
    level: 'informational',
    tags: [],
    logsource,
    selections: [{ name: 'probe', test: one }],
    condition: { kind: 'selection', selection: 0 },
    unusedSelections: [],
    custom: null,
    at,
  })
  assert.equal(probeId(255), '00000000-0000-4000-8000-0000000000ff')
  const file = { ...logsource, category: 'file_event' }
  const keys = [testKey(logsource, one), testKey(file, one), testKey(logsource, { ...one, field: 'User' })]
  assert.equal(new Set(keys).size, 3)
  assert.equal(testKey({ ...logsource }, { ...one }), keys[0])
})
