import { sha256Hex } from '@firebreak/crypto'
import { TufError } from './errors.ts'
import type { TargetFile } from './metadata.ts'
import type { TrustedMetadata } from './trusted.ts'
import { speaksFor } from './verify.ts'

/** The file that the metadata names `path`: the top-level role speaks first, then the delegate for its own paths. */
export function findTarget(trusted: TrustedMetadata, path: string): TargetFile | null {
  const { targets, delegated } = trusted
  const file = targets?.targets.get(path)
  if (file) return file
  const delegation = targets?.delegation
  if (!delegation || !speaksFor(delegation, path)) return null
  return delegated.get(delegation.name)?.targets.get(path) ?? null
}

/** Where the repository keeps the file, below its targets folder: `dir/SHA256.name` (consistent snapshots). */
export function targetFetchPath(target: TargetFile): string {
  const cut = target.path.lastIndexOf('/') + 1
  return `${target.path.slice(0, cut)}${target.sha256}.${target.path.slice(cut)}`
}

/**
 * @param bytes - as received; stop reading after `target.lengthBytes`
 * @throws TufError tuf/too-large | tuf/hash unless these are the very bytes that signed metadata names
 */
export function verifyTarget(target: TargetFile, bytes: Uint8Array): void {
  const { path, lengthBytes, sha256 } = target
  if (bytes.length > lengthBytes) {
    throw new TufError('tuf/too-large', `Cannot trust ${path}: longer than ${lengthBytes} bytes`, { path, lengthBytes })
  }
  const found = sha256Hex(bytes)
  if (bytes.length !== lengthBytes || found !== sha256) {
    throw new TufError('tuf/hash', `Cannot trust ${path}: not the file that the metadata names`, {
      path,
      expected: sha256,
      found,
    })
  }
}
