import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject, sign, verify } from 'node:crypto'
import { concatBytes, FirebreakError, fromHex, toHex } from '@firebreak/kernel'

export type CryptoErrorCode =
  | 'crypto/key' // not a key that we can sign with
  | 'crypto/not-signed' // an envelope without a signature by a key that counts

export class CryptoError extends FirebreakError<CryptoErrorCode> {}

/** Raw Ed25519 public key, 64 hex digits: the form that TUF metadata carries. */
export type PublicKeyHex = string

const SPKI_PREFIX = fromHex('302a300506032b6570032100')

/** Signs bytes; the private key stays inside. */
export interface Signer {
  readonly publicKey: PublicKeyHex
  sign(bytes: Uint8Array): Uint8Array
}

export function generateSigner(): { readonly signer: Signer; readonly privateKeyPem: string } {
  const { privateKey } = generateKeyPairSync('ed25519')
  return { signer: signerOf(privateKey), privateKeyPem: privateKey.export({ type: 'pkcs8', format: 'pem' }) }
}

/** @throws CryptoError crypto/key unless `pem` is an Ed25519 PKCS #8 key */
export function loadSigner(pem: string): Signer {
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw new CryptoError('crypto/key', 'Cannot load the signing key: not a PKCS #8 PEM file', {}, error)
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new CryptoError('crypto/key', `Cannot load the signing key: expected ed25519, found ${key.asymmetricKeyType}`)
  }
  return signerOf(key)
}

function signerOf(key: KeyObject): Signer {
  const spki = createPublicKey(key).export({ type: 'spki', format: 'der' })
  return {
    publicKey: toHex(spki.subarray(SPKI_PREFIX.length)),
    sign: (bytes) => new Uint8Array(sign(null, bytes, key)),
  }
}

/** False for any malformed key or signature: both come from the network. */
export function verifySignature(publicKey: PublicKeyHex, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (!/^[0-9a-f]{64}$/.test(publicKey) || signature.length !== 64) return false
  try {
    const der = concatBytes([SPKI_PREFIX, fromHex(publicKey)])
    return verify(null, bytes, createPublicKey({ key: der, format: 'der', type: 'spki' }), signature)
  } catch {
    return false // a point that is not on the curve
  }
}
