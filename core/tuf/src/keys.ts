import { type PublicKeyHex, sha256Hex } from '@firebreak/crypto'
import { canonicalJson, type Json, literal, malformed, object, text } from '@firebreak/kernel'

/** Who may speak for a role: `threshold` of `keys` must have signed. */
export interface RoleKeys {
  readonly keys: readonly PublicKeyHex[]
  readonly threshold: number
}

/** The key as metadata carries it. Its id is the digest of exactly these three members. */
export function keyJson(publicKey: PublicKeyHex): Json {
  return { keytype: 'ed25519', keyval: { public: publicKey }, scheme: 'ed25519' }
}

/** SHA-256, in hex, of the canonical key object. Key ids and key material thus correspond one to one. */
export function keyId(publicKey: PublicKeyHex): string {
  return sha256Hex(canonicalJson(keyJson(publicKey)))
}

const key = object<{ keytype: string; scheme: string; keyval: { public: string } }>({
  keytype: literal('ed25519'),
  scheme: literal('ed25519'),
  keyval: object<{ public: string }>({ public: text(64, /^[0-9a-f]{64}$/) }),
})

/**
 * Reads a key table. An id that is not the digest of its key is refused: else one key under two ids would meet a
 * threshold of two.
 */
export function readKeyTable(table: ReadonlyMap<string, unknown>, at: string): ReadonlyMap<string, PublicKeyHex> {
  const keys = new Map<string, PublicKeyHex>()
  for (const [id, value] of table) {
    const publicKey = key(value, `${at}.${id.slice(0, 64)}`).keyval.public
    if (keyId(publicKey) !== id) throw malformed(at, `the key id ${keyId(publicKey)}`, id)
    keys.set(id, publicKey)
  }
  return keys
}
