import { type EnvelopeKind, loadSigner, openEnvelope, type Signer, signEnvelope } from '@firebreak/crypto'
import { canonicalJsonBytes, concatBytes, fromHex, type Json, parseJson, toBase64 } from '@firebreak/kernel'
import { SIGNED_REPORT_SIZE_BYTES_MAX } from '../../report/statement.ts'
import type { ReportFault } from '../control.ts'

/** A key that counts nowhere but here: it is no secret, and signs reports that nobody is to believe. */
export const CONTROL_SIGNER: Signer = signerOf(0x51)
const STRANGER: Signer = signerOf(0x52)

/** PKCS #8 of an Ed25519 key, all of whose bytes are `byte`. */
function signerOf(byte: number): Signer {
  const der = concatBytes([fromHex('302e020100300506032b657004220420'), new Uint8Array(32).fill(byte)])
  return loadSigner(`-----BEGIN PRIVATE KEY-----\n${toBase64(der)}\n-----END PRIVATE KEY-----\n`)
}

const ENVELOPE: EnvelopeKind = {
  noun: 'gate report',
  payloadType: 'application/vnd.in-toto+json',
  sizeBytesMax: SIGNED_REPORT_SIZE_BYTES_MAX,
}

type JsonMap = { readonly [key: string]: Json }

function open(report: Uint8Array): Uint8Array {
  return openEnvelope(ENVELOPE, report, [CONTROL_SIGNER.publicKey])
}

/** The report after somebody with the gate's own key changed what it says: only what it shows can give it away. */
function resigned(edit: (statement: JsonMap, predicate: JsonMap) => JsonMap): ReportFault['apply'] {
  return (report) => {
    const statement = parseJson(open(report), SIGNED_REPORT_SIZE_BYTES_MAX, 'statement') as JsonMap
    const edited = edit(statement, statement['predicate'] as JsonMap)
    return signEnvelope(ENVELOPE, canonicalJsonBytes(edited), CONTROL_SIGNER)
  }
}

function inReport(edit: (predicate: JsonMap, checks: readonly JsonMap[]) => JsonMap): ReportFault['apply'] {
  return resigned((statement, predicate) => {
    const changes = edit(predicate, predicate['checks'] as unknown as readonly JsonMap[])
    return { ...statement, predicate: { ...predicate, ...changes } }
  })
}

function fault(id: string, code: string, what: string, apply: ReportFault['apply']): ReportFault {
  return { kind: 'report', id, aims: { check: 'report', code }, what, apply }
}

function blame(check: JsonMap): JsonMap {
  const found = { code: 'gate/planted', severity: 'error', message: 'Planted.', at: null, fix: null, input: null }
  return { ...check, findings: [found] }
}

/** What readers of a report have to refuse, whoever signed it. */
export const REPORT_OPERATORS: readonly ReportFault[] = [
  fault('report-cut-off', 'gate/report-malformed', 'The report ends too early.', (report, random) =>
    report.slice(0, random.below(report.length)),
  ),
  fault(
    'report-grown',
    'gate/report-malformed',
    'The report says more than its format has.',
    inReport(() => ({ approved: true })),
  ),
  fault(
    'report-check-twice',
    'gate/report-verdict',
    'One check is there twice, in the place of another.',
    inReport((_, checks) => ({ checks: [...checks.slice(0, 1), ...checks.slice(0, 1), ...checks.slice(2)] })),
  ),
  fault(
    'report-check-missing',
    'gate/report-verdict',
    'One check is not there, and the verdict is pass.',
    inReport((_, checks) => ({ checks: checks.slice(1) })),
  ),
  fault(
    'report-verdict-forged',
    'gate/report-verdict',
    'A check failed, and the verdict is pass.',
    inReport((_, checks) => ({ checks: checks.map((one, i) => (i === 0 ? { ...one, verdict: 'fail' } : one)) })),
  ),
  fault(
    'report-error-passed',
    'gate/report-error-passed',
    'A check found an error and passed.',
    inReport((_, checks) => ({ checks: checks.map((one, i) => (i === 0 ? blame(one) : one)) })),
  ),
  fault(
    'report-of-nothing',
    'gate/report-no-release',
    'It passed, and no cost is known.',
    inReport(() => ({ costBound: null })),
  ),
  fault(
    'report-shows-nothing',
    'gate/report-not-shown',
    'The check of the execution passed, and no engine is named.',
    inReport(() => ({ engines: [] })),
  ),
  fault('report-by-stranger', 'gate/report-not-signed', 'Another key signed the report.', (report) =>
    signEnvelope(ENVELOPE, open(report), STRANGER),
  ),
  fault(
    'report-of-other-image',
    'gate/report-subject',
    'The statement is about another image than the report.',
    resigned((statement) => {
      const subjects = statement['subject'] as unknown as readonly JsonMap[]
      const subject = subjects.map((one) => ({ ...one, digest: { sha256: '99'.repeat(32) } }))
      return { ...statement, subject }
    }),
  ),
]
