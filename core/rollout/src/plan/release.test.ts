import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@firebreak/kernel'
import { parseReleaseDescription, releaseCustom } from './release.ts'

const GOOD = {
  pack: 'linux-baseline',
  category: 'behavioural',
  version: '1.2.3',
  minimumEngine: '0.1.0',
  gateReportDigest: 'a'.repeat(64),
}

test('a description survives the way through custom', () => {
  assert.deepEqual(parseReleaseDescription(releaseCustom(GOOD)), GOOD)
})

const refused: readonly (readonly [string, Json])[] = [
  ['no custom', null],
  ['an empty custom', {}],
  ['a custom of somebody else', { other: GOOD }],
  ['no gate report', { firebreak: { ...GOOD, gateReportDigest: '' } }],
  ['a short digest', { firebreak: { ...GOOD, gateReportDigest: 'a'.repeat(63) } }],
  ['a pack that climbs out of its folder', { firebreak: { ...GOOD, pack: '../x' } }],
  ['a version with a suffix', { firebreak: { ...GOOD, version: '1.2.3-rc' } }],
  ['no minimum engine', { firebreak: { ...GOOD, minimumEngine: 1 } }],
]
for (const [name, json] of refused) {
  test(`refuses ${name}`, () => assert.throws(() => parseReleaseDescription(json), { code: 'kernel/malformed' }))
}
