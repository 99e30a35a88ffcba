import assert from 'node:assert/strict'
import { test } from 'node:test'
import { generateSigner, openEnvelope, sha256Hex, signEnvelope } from '@firebreak/crypto'
import { encodeGateReport, type GateReport, SIGNED_REPORT_SIZE_BYTES_MAX, signGateReport } from '@firebreak/gate'
import { canonicalJsonBytes, errorCode, type Json, parseJson, utf8Encode } from '@firebreak/kernel'
import type { TargetFile } from '@firebreak/tuf'
import { checkRelease } from './publication.ts'
import { GATE, type ReleaseFiles, releaseFiles, reportOf, targetFile } from './server.fixture.ts'

const IMAGE = utf8Encode('image of 1.0.0')
const GOOD = releaseFiles('1.0.0')
const STRANGER = generateSigner().signer
const signed = (report: GateReport, by = GATE) => releaseFiles('1.0.0', signGateReport(report, by))
const reported = (over: Parameters<typeof reportOf>[2]) => signed(reportOf('1.0.0', IMAGE, over))
const KEYS = [GATE.publicKey]

function verdict(added: readonly TargetFile[], files: ReleaseFiles['files'], keys = KEYS): string {
  const uploaded = new Map(files.map(({ path, base64 }) => [path, new Uint8Array(Buffer.from(base64, 'base64'))]))
  try {
    return `released ${checkRelease(added, uploaded, keys).description.version}`
  } catch (error) {
    return errorCode(error)
  }
}

const both = ({ image, report, files }: ReleaseFiles, keys = KEYS) => verdict([image, report], files, keys)

const ENVELOPE = { noun: '', payloadType: 'application/vnd.in-toto+json', sizeBytesMax: SIGNED_REPORT_SIZE_BYTES_MAX }

/** The same report in a statement about another image, signed by the gate's own key. */
function restated(report: Uint8Array, sha256: string): Uint8Array {
  const payload = openEnvelope(ENVELOPE, report, KEYS)
  const statement = parseJson(payload, SIGNED_REPORT_SIZE_BYTES_MAX, 'statement') as {
    readonly [key: string]: Json
    readonly subject: readonly { readonly name: string }[]
  }
  const subject = statement.subject.map(({ name }) => ({ name, digest: { sha256 } }))
  return signEnvelope(ENVELOPE, canonicalJsonBytes({ ...statement, subject }), GATE)
}

test('an image with the report that passed it is a release', () => assert.equal(both(GOOD), 'released 1.0.0'))

const PASSED = reportOf('1.0.0', IMAGE)
const [firstCheck, ...otherChecks] = PASSED.checks
assert.ok(firstCheck)
const failedChecks = [{ ...firstCheck, verdict: 'fail' as const }, ...otherChecks]
const inconclusive = [{ ...firstCheck, verdict: 'inconclusive' as const }, ...otherChecks]
const RISK = { score: 0, firstWavePpmMax: 1_000_000, bakeMsMin: 0 }

const refused: readonly (readonly [string, string, string])[] = [
  ['nothing new', verdict([], []), 'server/one-release'],
  ['a report without an image', verdict([GOOD.report], GOOD.files), 'server/one-release'],
  ['an image without a report', verdict([GOOD.image], GOOD.files), 'server/no-gate-report'],
  [
    'two images',
    verdict([GOOD.image, releaseFiles('1.1.0').image, GOOD.report], [...GOOD.files, ...releaseFiles('1.1.0').files]),
    'server/one-release',
  ],
  ['an image that was not uploaded', verdict([GOOD.image, GOOD.report], GOOD.files.slice(1)), 'server/missing-file'],
  ['a report that was not uploaded', verdict([GOOD.image, GOOD.report], GOOD.files.slice(0, 1)), 'server/missing-file'],
  [
    'an image with one byte changed',
    verdict([{ ...GOOD.image, sha256: sha256Hex('other') }, GOOD.report], GOOD.files),
    'tuf/hash',
  ],
  [
    'an image that is longer than signed',
    verdict([{ ...GOOD.image, lengthBytes: 3 }, GOOD.report], GOOD.files),
    'tuf/too-large',
  ],
  [
    'an image that nobody describes',
    verdict([{ ...GOOD.image, custom: null }, GOOD.report], GOOD.files),
    'server/not-described',
  ],
  [
    'an image that says it is another pack',
    both(releaseFiles('1.0.0', undefined, { pack: 'other' })),
    'server/not-described',
  ],
  [
    'another report than the one that was signed',
    both(releaseFiles('1.0.0', undefined, { gateReportDigest: 'a'.repeat(64) })),
    'server/gate-mismatch',
  ],
  ['a report that nobody signed', both(releaseFiles('1.0.0', encodeGateReport(PASSED))), 'server/gate-malformed'],
  ['a report that a stranger signed', both(signed(PASSED, STRANGER)), 'server/gate-not-signed'],
  ['a report of a gate that counts no more', both(GOOD, [STRANGER.publicKey]), 'server/gate-not-signed'],
  ['a report that failed', both(reported({ checks: failedChecks })), 'server/gate-not-passed'],
  ['a report that is inconclusive', both(reported({ checks: inconclusive })), 'server/gate-not-passed'],
  [
    'a report that says pass over failed checks',
    both(signed({ ...PASSED, checks: failedChecks })),
    'server/gate-malformed',
  ],
  ['a report that left a check out', both(signed({ ...PASSED, checks: otherChecks })), 'server/gate-malformed'],
  ['a report that shows no engine', both(reported({ engines: [] })), 'server/gate-malformed'],
  ['a report about another image', both(reported({ imageDigest: 'b'.repeat(64) })), 'server/gate-mismatch'],
  ['a report about another version', both(reported({ version: '0.9.0' })), 'server/gate-mismatch'],
  ['a report about another pack', both(reported({ pack: 'other' })), 'server/gate-mismatch'],
  ['a report about another category', both(reported({ category: 'indicators' })), 'server/gate-mismatch'],
  ['a report about another engine', both(reported({ minimumEngine: '0.2.0' })), 'server/gate-mismatch'],
  [
    'a statement about another image than its report',
    both(releaseFiles('1.0.0', restated(signGateReport(PASSED, GATE), 'c'.repeat(64)))),
    'server/gate-mismatch',
  ],
  [
    'a risk that approvers made smaller',
    both(
      releaseFiles(
        '1.0.0',
        signGateReport(reportOf('1.0.0', IMAGE, { risk: { ...RISK, score: 90, bakeMsMin: 1, reasons: [] } }), GATE),
      ),
    ),
    'server/gate-mismatch',
  ],
  [
    'a risk that approvers left out',
    both(releaseFiles('1.0.0', undefined, { risk: undefined } as object)),
    'server/gate-mismatch',
  ],
  [
    'a report that is no report',
    both(releaseFiles('1.0.0', utf8Encode('{"verdict":"pass"}'))),
    'server/gate-malformed',
  ],
  ['an empty report', both(releaseFiles('1.0.0', new Uint8Array(0))), 'server/gate-malformed'],
]
for (const [name, code, expected] of refused) {
  test(`refuses ${name}: ${expected}`, () => assert.equal(code, expected))
}

test('a file beside image and report is carried along, when it is there and right', () => {
  const notes = utf8Encode('notes')
  const target = targetFile('releases/linux-baseline/1.0.0/notes.txt', notes, null)
  const files = [...GOOD.files, { path: target.path, base64: Buffer.from(notes).toString('base64') }]
  assert.equal(verdict([GOOD.image, GOOD.report, target], files), 'released 1.0.0')
  assert.equal(verdict([GOOD.image, GOOD.report, target], GOOD.files), 'server/missing-file')
})
