import { type PublicKeyHex, type Signer, verifySignature } from '@firebreak/crypto'
import {
  canonicalJson,
  fromHex,
  type Json,
  list,
  object,
  parseJson,
  record,
  text,
  toHex,
  utf8Decode,
  utf8Encode,
} from '@firebreak/kernel'
import { reading, TufError } from './errors.ts'
import { keyId, type RoleKeys } from './keys.ts'
import { SIGNATURES_MAX } from './limits.ts'

interface Signature {
  readonly keyid: string
  readonly sig: string
}

/** A metadata file taken apart, nothing verified yet. */
export interface Envelope {
  readonly signed: Json
  /** What the signatures are over: the canonical form of `signed` as received, unknown members included. */
  readonly signedBytes: Uint8Array
  readonly signatures: ReadonlyMap<string, string>
}

const signatureList = list<Signature>(
  object<Signature>({ keyid: text(128), sig: text(8192, /^(?:[0-9a-f]{2})*$/) }),
  SIGNATURES_MAX,
)

/**
 * @param bytes - as received; hostile
 * @throws TufError tuf/too-large | tuf/malformed
 */
export function openEnvelope(bytes: Uint8Array, bytesMax: number, at: string): Envelope {
  if (bytes.length > bytesMax) {
    throw new TufError('tuf/too-large', `Cannot read ${at}: ${bytes.length} bytes, at most ${bytesMax}`, {
      bytes: bytes.length,
      bytesMax,
    })
  }
  return reading(() => {
    const file = record(parseJson(bytes, bytesMax, at), at)
    const signatures = new Map<string, string>()
    for (const { keyid, sig } of signatureList(file['signatures'], `${at}.signatures`)) {
      if (signatures.has(keyid)) throw malformedFile(at, `two signatures by key ${keyid.slice(0, 64)}`)
      signatures.set(keyid, sig)
    }
    const signed = record(file['signed'], `${at}.signed`) as Json
    return { signed, signedBytes: signedBytesOf(signed, at), signatures }
  })
}

function signedBytesOf(signed: Json, at: string): Uint8Array {
  const canonical = canonicalJson(signed)
  // A lone surrogate has no UTF-8: it would share its bytes, and so its signature, with U+FFFD.
  if (!canonical.isWellFormed()) throw malformedFile(at, 'a lone surrogate in a string')
  return utf8Encode(canonical)
}

function malformedFile(at: string, why: string): TufError {
  return new TufError('tuf/malformed', `Cannot read ${at}: ${why}`, { at })
}

/** @throws TufError tuf/threshold unless `threshold` distinct keys of `role` signed these bytes */
export function verifyThreshold(envelope: Envelope, role: RoleKeys, at: string): void {
  const signers = new Set<PublicKeyHex>()
  for (const key of new Set(role.keys)) {
    const signature = envelope.signatures.get(keyId(key))
    if (signature !== undefined && verifySignature(key, envelope.signedBytes, fromHex(signature))) signers.add(key)
  }
  if (signers.size < role.threshold) {
    throw new TufError('tuf/threshold', `Cannot trust ${at}: signed by ${signers.size} of ${role.threshold} keys`, {
      valid: signers.size,
      threshold: role.threshold,
    })
  }
}

/**
 * The file that we publish. Compact JSON rather than canonical JSON, which is not JSON when a string holds a line
 * break; only what is signed is canonical.
 */
export function signEnvelope(signed: Json, signers: readonly Signer[], at: string): Uint8Array {
  return seal({ signed, signedBytes: reading(() => signedBytesOf(signed, at)), signatures: new Map() }, signers)
}

/**
 * Adds signatures to a file that this package wrote, so that approvers can sign one after another on different
 * machines. The result does not depend on their order; signing twice changes nothing.
 *
 * @throws TufError tuf/malformed when the bytes are not exactly those that this package would write
 */
export function addSignatures(bytes: Uint8Array, signers: readonly Signer[], bytesMax: number): Uint8Array {
  const envelope = openEnvelope(bytes, bytesMax, 'metadata to sign')
  if (toText(envelope) !== utf8Decode(bytes)) {
    throw malformedFile('metadata to sign', 'not in the form that it is published in')
  }
  return seal(envelope, signers)
}

function seal(envelope: Envelope, signers: readonly Signer[]): Uint8Array {
  const signatures = new Map(envelope.signatures)
  for (const signer of signers) signatures.set(keyId(signer.publicKey), toHex(signer.sign(envelope.signedBytes)))
  return utf8Encode(toText({ ...envelope, signatures }))
}

function toText({ signed, signatures }: Envelope): string {
  const sorted = [...signatures]
    .map(([keyid, sig]) => ({ keyid, sig }))
    .toSorted((a, b) => (a.keyid < b.keyid ? -1 : 1))
  return JSON.stringify({ signatures: sorted, signed })
}
