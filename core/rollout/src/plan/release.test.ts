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
  emergency: false,
}

test('a description survives the way through custom', () => {
  assert.deepEqual(parseReleaseDescription(releaseCustom(GOOD)), GOOD)
})

test('only approvers say that a release is an emergency, and one that is none reads as it always did', () => {
  const urgent = { ...GOOD, emergency: true }
  assert.deepEqual(parseReleaseDescription(releaseCustom(urgent)), urgent)
  assert.doesNotMatch(JSON.stringify(releaseCustom(GOOD)), /emergency/)
})

const refused: readonly (readonly [string, Json])[] = [
  ['no custom', null],
  ['an empty custom', {}],
  ['a custom of somebody else', { other: GOOD }],
  ['no gate report', { firebreak: { ...GOOD, gateReportDigest: '' } }],
  ['a short digest', { firebreak: { ...GOOD, gateReportDigest: 'a'.repeat(63) } }],
  ['a pack that climbs out of its folder', { firebreak: { ...GOOD, pack: '../x' } }],
  ['a version with a suffix', { firebreak: { ...GOOD, version: '1.2.3-rc' } }],
  ['an emergency that is neither true nor false', { firebreak: { ...GOOD, emergency: 'yes' } }],
  ['no minimum engine', { firebreak: { ...GOOD, minimumEngine: 1 } }],
]
for (const [name, json] of refused) {
  test(`refuses ${name}`, () => assert.throws(() => parseReleaseDescription(json), { code: 'kernel/malformed' }))
}
