import { type PublicKeyHex, sha256Hex, signEnvelope, type Signer } from '@firebreak/crypto'
import { canonicalJsonBytes, integer, literal, type Sha256Hex, text, WALL_MS_MAX, type WallMs } from '@firebreak/kernel'
import { RolloutError } from '../errors.ts'
import { type DocumentKind, openDocument } from './signed-document.ts'
import { strict } from './strict.ts'

/** The customer's leave to stop the agent of one host, once. Signed by the key that signs their policy. */
export interface StopToken {
  readonly kind: 'stop-token'
  /** The host's id, as the server gave it. */
  readonly host: string
  readonly reason: string
  readonly notAfterMs: WallMs
  /** 32 hex digits: makes two tokens with the same words two tokens. */
  readonly nonce: string
}

/** By whom and against what a token is judged on a host. */
export interface StopTrust {
  readonly key: PublicKeyHex
  readonly host: string
  readonly nowMs: WallMs
  /** Digests of the tokens that stopped this host before and have not expired. */
  readonly used: readonly Sha256Hex[]
}

export const STOP_TOKEN_SIZE_BYTES_MAX = 8_192
export const STOP_REASON_CHARS_MAX = 400
/** A token that is good for longer is refused: what is not used soon should not lie around. */
export const STOP_TOKEN_VALIDITY_MS_MAX: WallMs = 86_400_000

const TOKEN: DocumentKind = {
  noun: 'stop token',
  payloadType: 'application/vnd.firebreak.stop-token+json',
  sizeBytesMax: STOP_TOKEN_SIZE_BYTES_MAX,
  signatureCode: 'rollout/stop-signature',
}

const stopToken = strict<StopToken>({
  kind: literal('stop-token'),
  host: text(64, /./),
  reason: text(STOP_REASON_CHARS_MAX, /\S/),
  notAfterMs: integer(0, WALL_MS_MAX),
  nonce: text(32, /^[0-9a-f]{32}$/),
})

export function signStopToken({ kind, host, reason, notAfterMs, nonce }: StopToken, signer: Signer): Uint8Array {
  return signEnvelope(TOKEN, canonicalJsonBytes({ kind, host, reason, notAfterMs, nonce }), signer)
}

/**
 * Accepts hostile bytes as leave to stop this host now, or throws.
 *
 * @returns the token, and the digest by which it has to be remembered as used until it expires
 * @throws KernelError kernel/malformed
 * @throws RolloutError rollout/stop-*
 */
export function acceptStopToken(
  bytes: Uint8Array,
  { key, host, nowMs, used }: StopTrust,
): { readonly token: StopToken; readonly digest: Sha256Hex } {
  const { payload, json } = openDocument(TOKEN, bytes, key)
  const token = stopToken(json, 'stop token')
  if (token.host !== host) {
    throw new RolloutError('rollout/stop-host', `Cannot accept stop token: it is for ${token.host}, this is ${host}`)
  }
  if (nowMs > token.notAfterMs) {
    throw new RolloutError('rollout/stop-expired', 'Cannot accept stop token: it has expired; ask for a new one')
  }
  if (token.notAfterMs - nowMs > STOP_TOKEN_VALIDITY_MS_MAX) {
    throw new RolloutError('rollout/stop-expired', 'Cannot accept stop token: it is good for more than a day')
  }
  const digest = sha256Hex(payload)
  if (used.includes(digest)) {
    throw new RolloutError('rollout/stop-used', 'Cannot accept stop token: it was used before; ask for a new one')
  }
  return { token, digest }
}
