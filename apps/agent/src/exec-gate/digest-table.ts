import type { Sha256Hex } from '@firebreak/kernel'

/** Digests in a table. */
export const DIGEST_COUNT_MAX = 100_000
/** A digest, a blank and a comment a line. */
export const DIGEST_TABLE_BYTES_MAX = 16 * 1024 * 1024

/** Which programs may not start: those that are listed, or those that are not. */
export interface DigestTable {
  readonly kind: 'denied' | 'allowed'
  readonly digests: ReadonlySet<string>
}

/**
 * @param text - lines of `SHA256 [COMMENT]`, as sha256sum writes them; lines that are empty or begin with # are left out
 * @returns the digests, or the number of the first line that is none
 */
export function parseDigests(text: string): ReadonlySet<string> | { readonly badLine: number } {
  const digests = new Set<string>()
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.trim()
    if (trimmed === '' || trimmed.startsWith('#')) continue
    const digest = /^([0-9a-fA-F]{64})(?:\s|$)/.exec(trimmed)?.[1]
    if (digest === undefined || digests.size >= DIGEST_COUNT_MAX) return { badLine: index + 1 }
    digests.add(digest.toLowerCase())
  }
  return digests
}

export function mayStart({ kind, digests }: DigestTable, sha256: Sha256Hex): boolean {
  return digests.has(sha256) === (kind === 'allowed')
}
