import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Json } from '@firebreak/kernel'
import { gateReportTargetPath, parseReleaseDescription, releaseCustom } from './release.ts'

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

test('the risk is signed as it is, and absent it leaves no trace', () => {
  const risky = { ...GOOD, risk: { score: 62, firstWavePpmMax: 2_000, bakeMsMin: 2_700_000 } }
  assert.deepEqual(parseReleaseDescription(releaseCustom(risky)), risky)
  assert.doesNotMatch(JSON.stringify(releaseCustom(GOOD)), /risk/)
})

const RISK = { score: 0, firstWavePpmMax: 1_000_000, bakeMsMin: 0 }
const refused: readonly (readonly [string, Json])[] = [
  ['no custom', null],
  ['an empty custom', {}],
  ['a custom of somebody else', { other: GOOD }],
  ['no gate report', { firebreak: { ...GOOD, gateReportDigest: '' } }],
  ['a short digest', { firebreak: { ...GOOD, gateReportDigest: 'a'.repeat(63) } }],
  ['a pack that climbs out of its folder', { firebreak: { ...GOOD, pack: '../x' } }],
  ['a version with a suffix', { firebreak: { ...GOOD, version: '1.2.3-rc' } }],
  ['an emergency that is neither true nor false', { firebreak: { ...GOOD, emergency: 'yes' } }],
  ['a risk above 100', { firebreak: { ...GOOD, risk: { ...RISK, score: 101 } } }],
  ['a first wave of nobody', { firebreak: { ...GOOD, risk: { ...RISK, firstWavePpmMax: 0 } } }],
  ['a first wave of more than all', { firebreak: { ...GOOD, risk: { ...RISK, firstWavePpmMax: 1_000_001 } } }],
  ['a bake of more than a day', { firebreak: { ...GOOD, risk: { ...RISK, bakeMsMin: 86_400_001 } } }],
  ['a risk without a bake', { firebreak: { ...GOOD, risk: { score: 1, firstWavePpmMax: 1 } } }],
  ['a risk that is nothing', { firebreak: { ...GOOD, risk: null } }],
  ['no minimum engine', { firebreak: { ...GOOD, minimumEngine: 1 } }],
]
for (const [name, json] of refused) {
  test(`refuses ${name}`, () => assert.throws(() => parseReleaseDescription(json), { code: 'kernel/malformed' }))
}

test('the report that proves a release is beside its image', () => {
  assert.equal(gateReportTargetPath('linux-baseline', '1.2.3'), 'releases/linux-baseline/1.2.3/gate-report.json')
})
