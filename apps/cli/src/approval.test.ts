import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigner, sha256Hex } from '@firebreak/crypto'
import { encodeGateReport, gateReportDigest, type GateReport, signGateReport } from '@firebreak/gate'
import { sampleRefusal, sampleReport } from '@firebreak/gate/testing'
import { errorCode, errorMessage, utf8Encode } from '@firebreak/kernel'
import { approvalOf, type ReleaseDraft } from './approval.ts'
import type { Keystore } from './keystore.ts'

const GATE = generateSigner().signer
const KEYSTORE: Keystore = {
  folder: '',
  root: new Uint8Array(),
  gateKeys: [GATE.publicKey],
  delegation: { name: 'plans', keys: { keys: [], threshold: 1 }, paths: [] },
}
const IMAGE = utf8Encode('image')
const PASSED = sampleReport({ imageDigest: sha256Hex(IMAGE) })

function draft(report: GateReport, over: Partial<ReleaseDraft> = {}): ReleaseDraft {
  return { report, image: IMAGE, statement: signGateReport(report, GATE), emergency: false, ...over }
}

test('approvers sign what the gate found, and see it first', () => {
  const { description, imageDigest, lines } = approvalOf(draft(PASSED), KEYSTORE)
  assert.equal(imageDigest, sha256Hex(IMAGE))
  assert.deepEqual(description, {
    pack: 'linux-baseline',
    version: '1.1.0',
    category: 'behavioural',
    minimumEngine: '1.0.0',
    gateReportDigest: gateReportDigest(draft(PASSED).statement),
    emergency: false,
    risk: { score: 35, firstWavePpmMax: 10_000, bakeMsMin: 3_600_000 },
  })
  const text = lines.join('\n')
  for (const words of ['since 1.0.0: 1 rule added', '35 of 100', 'CommandLine by regex', imageDigest]) {
    assert.ok(text.includes(words), words)
  }
  assert.ok(!text.includes('emergency'))
  assert.match(approvalOf(draft(PASSED, { emergency: true }), KEYSTORE).lines.join('\n'), /lane +emergency/)
})

const stranger = generateSigner().signer
const refused: readonly (readonly [name: string, draft: ReleaseDraft, keystore?: Keystore])[] = [
  ['a report that failed', draft({ ...sampleRefusal(), imageDigest: sha256Hex(IMAGE) })],
  ['another image', draft(PASSED, { image: utf8Encode('other') })],
  ['a report that nobody signed', draft(PASSED, { statement: encodeGateReport(PASSED) })],
  ['a report that a stranger signed', draft(PASSED, { statement: signGateReport(PASSED, stranger) })],
  ['a report of a gate that they do not know', draft(PASSED), { ...KEYSTORE, gateKeys: [stranger.publicKey] }],
  ['a claim that its own checks deny', draft({ ...PASSED, checks: PASSED.checks.slice(1) })],
  [
    'words of the process that its statement does not say',
    draft(PASSED, { statement: signGateReport(sampleRefusal(), GATE) }),
  ],
]
for (const [name, one, keystore = KEYSTORE] of refused) {
  test(`approvers refuse ${name}`, () => {
    assert.throws(
      () => approvalOf(one, keystore),
      (error) => errorCode(error) === 'cli/refused' && errorMessage(error).startsWith('Cannot approve: '),
    )
  })
}
