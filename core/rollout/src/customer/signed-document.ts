import { type PublicKeyHex, type Signer, verifySignature } from '@firebreak/crypto'
import {
  concatBytes,
  fromBase64,
  type Json,
  jsonBytes,
  list,
  literal,
  malformed,
  object,
  parseJson,
  type Reader,
  text,
  toBase64,
  utf8Encode,
} from '@firebreak/kernel'
import { RolloutError } from '../errors.ts'

/** What kind of document a customer signs; nothing signed as one kind can pass as another. */
export interface DocumentKind {
  /** For people: policy, stop token. */
  readonly noun: string
  readonly payloadType: string
  readonly sizeBytesMax: number
  readonly signatureCode: 'rollout/policy-signature' | 'rollout/stop-signature'
}

const SIGNATURES_MAX = 8

interface Envelope {
  readonly payloadType: string
  readonly payload: Uint8Array
  readonly signatures: readonly { readonly keyid: string; readonly sig: Uint8Array }[]
}

export function base64(charsMax: number): Reader<Uint8Array> {
  return (value, at) => {
    const encoded = text(charsMax)(value, at)
    try {
      return fromBase64(encoded)
    } catch {
      throw malformed(at, 'base64 with padding', encoded)
    }
  }
}

/** `payload` as one signed file: a DSSE envelope. */
export function signDocument(kind: DocumentKind, payload: Uint8Array, signer: Signer): Uint8Array {
  const sig = toBase64(signer.sign(signedBytes(kind, payload)))
  const signatures = [{ keyid: signer.publicKey, sig }]
  return jsonBytes({ payloadType: kind.payloadType, payload: toBase64(payload), signatures })
}

/**
 * Hostile bytes in, the signed payload as JSON out; the signature is over the bytes as received.
 *
 * @throws KernelError kernel/malformed
 * @throws RolloutError kind.signatureCode
 * @see DSSE 1.0 (Dead Simple Signing Envelope), protocol.md
 */
export function openDocument(
  kind: DocumentKind,
  bytes: Uint8Array,
  key: PublicKeyHex,
): { readonly payload: Uint8Array; readonly json: Json } {
  const { noun, sizeBytesMax } = kind
  const { payload, signatures } = envelope(kind)(parseJson(bytes, sizeBytesMax, noun), noun)
  const signed = signedBytes(kind, payload)
  if (!signatures.some(({ sig }) => verifySignature(key, signed, sig))) {
    throw new RolloutError(kind.signatureCode, `Cannot accept ${noun}: the customer's key did not sign it`)
  }
  return { payload, json: parseJson(payload, sizeBytesMax, noun) }
}

function envelope({ payloadType, sizeBytesMax }: DocumentKind): Reader<Envelope> {
  const bytes = base64(sizeBytesMax)
  return object<Envelope>({
    payloadType: literal(payloadType),
    payload: bytes,
    signatures: list(object<{ keyid: string; sig: Uint8Array }>({ keyid: text(64), sig: bytes }), SIGNATURES_MAX),
  })
}

/** DSSE's pre-authentication encoding: the type is signed too. */
function signedBytes({ payloadType }: DocumentKind, payload: Uint8Array): Uint8Array {
  const type = utf8Encode(payloadType)
  return concatBytes([utf8Encode(`DSSEv1 ${type.length} ${payloadType} ${payload.length} `), payload])
}
