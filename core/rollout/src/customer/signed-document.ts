import { CryptoError, type EnvelopeKind, openEnvelope, type PublicKeyHex } from '@firebreak/crypto'
import { type Json, parseJson } from '@firebreak/kernel'
import { RolloutError } from '../errors.ts'

/** A document that a customer signs. */
export interface DocumentKind extends EnvelopeKind {
  readonly signatureCode: 'rollout/policy-signature' | 'rollout/stop-signature'
}

/**
 * Hostile bytes in, what the customer signed out, as bytes and as JSON.
 *
 * @throws KernelError kernel/malformed
 * @throws RolloutError kind.signatureCode
 */
export function openDocument(
  kind: DocumentKind,
  bytes: Uint8Array,
  key: PublicKeyHex,
): { readonly payload: Uint8Array; readonly json: Json } {
  const payload = open(kind, bytes, key)
  return { payload, json: parseJson(payload, kind.sizeBytesMax, kind.noun) }
}

function open(kind: DocumentKind, bytes: Uint8Array, key: PublicKeyHex): Uint8Array {
  try {
    return openEnvelope(kind, bytes, [key])
  } catch (error) {
    if (!(error instanceof CryptoError)) throw error
    const message = `Cannot accept ${kind.noun}: the customer's key did not sign it`
    throw new RolloutError(kind.signatureCode, message, {}, error)
  }
}
