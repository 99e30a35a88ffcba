import {
  base64,
  concatBytes,
  jsonBytes,
  list,
  literal,
  object,
  parseJson,
  text,
  toBase64,
  utf8Encode,
} from '@firebreak/kernel'
import { CryptoError, type PublicKeyHex, type Signer, verifySignature } from './signatures.ts'

/** What kind of document an envelope holds; nothing signed as one kind can pass as another. */
export interface EnvelopeKind {
  /** For people: policy, stop token, gate report. */
  readonly noun: string
  /** Media type of the payload. It is signed too. */
  readonly payloadType: string
  /** Of the envelope, base64 and all. */
  readonly sizeBytesMax: number
}

const SIGNATURES_MAX = 8
const KEY_ID_CHARS_MAX = 64

interface EnvelopeSignature {
  readonly keyid: string
  readonly sig: Uint8Array
}

interface Envelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signatures: readonly EnvelopeSignature[]
}

/** `payload` as one signed file: a DSSE envelope. The id of a key is the key. */
export function signEnvelope({ payloadType }: EnvelopeKind, payload: Uint8Array, signer: Signer): Uint8Array {
  const sig = toBase64(signer.sign(preAuthenticationEncoding(payloadType, payload)))
  const signatures = [{ keyid: signer.publicKey, sig }]
  return jsonBytes({ payloadType, payload: toBase64(payload), signatures })
}

/**
 * Hostile bytes in, the signed payload out, exactly as it was signed. What an envelope says about its keys is not heeded: a signature
 * counts when one of `keys` made it.
 *
 * @throws KernelError kernel/malformed
 * @throws CryptoError crypto/not-signed
 * @see DSSE 1.0 (Dead Simple Signing Envelope), protocol.md and envelope.md
 */
export function openEnvelope(kind: EnvelopeKind, bytes: Uint8Array, keys: readonly PublicKeyHex[]): Uint8Array {
  const { payload, signatures } = readEnvelope(kind, bytes)
  const signed = preAuthenticationEncoding(kind.payloadType, payload)
  if (!signatures.some(({ sig }) => keys.some((key) => verifySignature(key, signed, sig)))) {
    throw new CryptoError('crypto/not-signed', `Cannot accept ${kind.noun}: no key that is trusted for it signed it`)
  }
  return payload
}

/**
 * What an envelope holds, whoever signed it: nobody's word, for showing it and for trying things out.
 *
 * @throws KernelError kernel/malformed
 */
export function unverifiedPayload(kind: EnvelopeKind, bytes: Uint8Array): Uint8Array {
  return readEnvelope(kind, bytes).payload
}

function readEnvelope({ noun, sizeBytesMax, payloadType }: EnvelopeKind, bytes: Uint8Array): Envelope {
  const binary = base64(sizeBytesMax)
  const envelope = object<Envelope>({
    payloadType: literal(payloadType),
    payload: binary,
    signatures: list(object<EnvelopeSignature>({ keyid: text(KEY_ID_CHARS_MAX), sig: binary }), SIGNATURES_MAX),
  })
  return envelope(parseJson(bytes, sizeBytesMax, noun), noun)
}

/** DSSE's PAE: what is signed has its own lengths in front, so that it reads in one way only. */
export function preAuthenticationEncoding(payloadType: string, payload: Uint8Array): Uint8Array {
  const type = utf8Encode(payloadType)
  return concatBytes([utf8Encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload])
}
