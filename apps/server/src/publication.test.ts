import assert from 'node:assert/strict'
import { test } from 'node:test'
import { sha256Hex } from '@firebreak/crypto'
import { encodeGateReport, type GateReport } from '@firebreak/gate'
import { errorCode, utf8Encode } from '@firebreak/kernel'
import type { TargetFile } from '@firebreak/tuf'
import { checkRelease } from './publication.ts'
import { type ReleaseFiles, releaseFiles, reportOf, targetFile } from './server.fixture.ts'

const IMAGE = utf8Encode('image of 1.0.0')
const GOOD = releaseFiles('1.0.0')
const reported = (over: Partial<GateReport>) => releaseFiles('1.0.0', encodeGateReport(reportOf('1.0.0', IMAGE, over)))

function verdict(added: readonly TargetFile[], files: ReleaseFiles['files']): string {
  const uploaded = new Map(files.map(({ path, base64 }) => [path, new Uint8Array(Buffer.from(base64, 'base64'))]))
  try {
    return `released ${checkRelease(added, uploaded).description.version}`
  } catch (error) {
    return errorCode(error)
  }
}

const both = ({ image, report, files }: ReleaseFiles) => verdict([image, report], files)

test('an image with the report that passed it is a release', () => assert.equal(both(GOOD), 'released 1.0.0'))

const failedChecks = reportOf('1.0.0', IMAGE).checks.map((check) => ({ ...check, verdict: 'fail' as const }))
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
  ['a report that failed', both(reported({ verdict: 'fail', checks: failedChecks })), 'server/gate-not-passed'],
  ['a report that says pass over failed checks', both(reported({ checks: failedChecks })), 'server/gate-mismatch'],
  ['a report that left a check out', both(reported({ checks: failedChecks.slice(1) })), 'server/gate-mismatch'],
  ['a report about another image', both(reported({ imageDigest: 'b'.repeat(64) })), 'server/gate-mismatch'],
  ['a report about another version', both(reported({ version: '0.9.0' })), 'server/gate-mismatch'],
  ['a report about another pack', both(reported({ pack: 'other' })), 'server/gate-mismatch'],
  ['a report about another category', both(reported({ category: 'indicators' })), 'server/gate-mismatch'],
  ['a report that is no report', both(releaseFiles('1.0.0', utf8Encode('{"verdict":"pass"}'))), 'server/gate-mismatch'],
  ['an empty report', both(releaseFiles('1.0.0', new Uint8Array(0))), 'server/gate-mismatch'],
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
