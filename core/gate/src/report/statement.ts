import {
  CryptoError,
  type EnvelopeKind,
  openEnvelope,
  type PublicKeyHex,
  signEnvelope,
  type Signer,
  unverifiedPayload,
} from '@firebreak/crypto'
import {
  canonicalJsonBytes,
  digest,
  type Json,
  list,
  literal,
  object,
  parseJson,
  type Sha256Hex,
  text,
} from '@firebreak/kernel'
import { releaseTargetPath } from '@firebreak/rollout'
import { GateError } from '../errors.ts'
import {
  GATE_REPORT_SIZE_BYTES_MAX,
  gateReport,
  type GateReport,
  parseGateReport,
  inGateErrors,
  reportJson,
  requireCanonical,
  requireShown,
} from './gate-report.ts'

/** A name and no address: nobody can come to own what it points at. */
export const PREDICATE_TYPE = 'urn:firebreak:gate-report:2'
const STATEMENT_TYPE = 'https://in-toto.io/Statement/v1'
const SUBJECT_NAME_CHARS_MAX = 256

/** Of what is signed: the report and a few hundred bytes around it, in base64. */
const ENVELOPE: EnvelopeKind = {
  noun: 'gate report',
  payloadType: 'application/vnd.in-toto+json',
  sizeBytesMax: Math.ceil(((GATE_REPORT_SIZE_BYTES_MAX + 4_096) * 4) / 3) + 4_096,
}
export const SIGNED_REPORT_SIZE_BYTES_MAX: number = ENVELOPE.sizeBytesMax

interface Subject {
  readonly name: string
  readonly digest: { readonly sha256: Sha256Hex }
}

interface Statement {
  readonly _type: typeof STATEMENT_TYPE
  readonly subject: readonly Subject[]
  readonly predicateType: typeof PREDICATE_TYPE
  readonly predicate: GateReport
}

const statement = object<Statement>({
  _type: literal(STATEMENT_TYPE),
  subject: list(
    object<Subject>({ name: text(SUBJECT_NAME_CHARS_MAX), digest: object<Subject['digest']>({ sha256: digest }) }),
    1,
  ),
  predicateType: literal(PREDICATE_TYPE),
  predicate: gateReport,
})

/**
 * The report as the predicate of an in-toto statement about the image, sealed with the gate's key: what is released, and what any tool
 * that reads in-toto attestations can check. The verdict may be any: a refusal is worth proving as well.
 *
 * @throws GateError gate/report-subject when there is no image that it could be about
 * @see in-toto Attestation Framework, Statement v1; DSSE 1.0
 */
export function signGateReport(value: GateReport, signer: Signer): Uint8Array {
  const { pack, version, imageDigest } = value
  if (imageDigest === null || pack === '' || version === '') {
    throw new GateError('gate/report-subject', 'Cannot sign gate report: there is no image that it could be about')
  }
  return signEnvelope(ENVELOPE, canonicalJsonBytes(statementJson(value, imageDigest)), signer)
}

/**
 * Reads a signed report from hostile bytes.
 *
 * @param keys - of the gates that count
 * @throws GateError gate/report-not-signed | gate/report-subject, and as `parseGateReport`
 */
export function openGateReport(bytes: Uint8Array, keys: readonly PublicKeyHex[]): GateReport {
  return readStatement(open(bytes, keys))
}

/**
 * The report of an earlier release, from which a gate learns what was used before. A forged one would make a new thing look known, and the
 * rollout faster: so a gate whose own report counts believes those only that one of `keys` signed.
 *
 * @param keys - null: the gate's own report will not be signed; then a report may be unsigned, and nobody asks who signed one
 * @throws as `openGateReport`
 */
export function readEarlierReport(bytes: Uint8Array, keys: readonly PublicKeyHex[] | null): GateReport {
  if (keys !== null) return openGateReport(bytes, keys)
  try {
    return parseGateReport(bytes)
  } catch (error) {
    if (!(error instanceof GateError) || error.code !== 'gate/report-malformed') throw error
    return readStatement(inGateErrors(() => unverifiedPayload(ENVELOPE, bytes)))
  }
}

function readStatement(payload: Uint8Array): GateReport {
  return inGateErrors(() => {
    const { subject, predicate } = statement(parseJson(payload, SIGNED_REPORT_SIZE_BYTES_MAX, 'statement'), 'statement')
    const [image] = subject
    const name = releaseTargetPath(predicate.pack, predicate.version)
    if (image === undefined || image.digest.sha256 !== predicate.imageDigest || image.name !== name) {
      throw new GateError(
        'gate/report-subject',
        'Cannot accept gate report: statement and report name different images',
      )
    }
    requireCanonical(statementJson(predicate, image.digest.sha256), payload)
    requireShown(predicate)
    return predicate
  })
}

function open(bytes: Uint8Array, keys: readonly PublicKeyHex[]): Uint8Array {
  try {
    return inGateErrors(() => openEnvelope(ENVELOPE, bytes, keys))
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error
    throw new GateError('gate/report-not-signed', error.message, {}, error)
  }
}

function statementJson(value: GateReport, imageDigest: Sha256Hex): Json {
  return {
    _type: STATEMENT_TYPE,
    subject: [{ name: releaseTargetPath(value.pack, value.version), digest: { sha256: imageDigest } }],
    predicateType: PREDICATE_TYPE,
    predicate: reportJson(value),
  }
}
