import { sha256Hex } from '@firebreak/crypto'
import { utf8Encode } from '@firebreak/kernel'
import { signRoot, signSnapshot, signTargets, signTimestamp } from '@firebreak/tuf'
import { FUZZ_SIGNER } from './signer.ts'

export const NOW_MS = 1_800_000_000_000
export const EXPIRES_MS = 1_900_000_000_000

const KEYS = { keys: [FUZZ_SIGNER.publicKey], threshold: 1 }
const SIGNERS = [FUZZ_SIGNER]
const FILE = { lengthBytes: 8, sha256: sha256Hex('an image'), custom: { note: 'line\nbreak' } }

export interface TufRepository {
  readonly root: Uint8Array
  /** By the name under which a client asks for them. */
  readonly files: readonly (readonly [string, Uint8Array])[]
  /** A second root, which the first may be followed by. */
  readonly nextRoot: Uint8Array
}

/** One version of each file, by one key, with a delegation. */
export function tufRepository(): TufRepository {
  const roles = { root: KEYS, timestamp: KEYS, snapshot: KEYS, targets: KEYS }
  const expiresAtMs = EXPIRES_MS
  const root = (version: number): Uint8Array => signRoot({ version, expiresAtMs, roles }, SIGNERS)
  const delegation = { name: 'plans', keys: KEYS, paths: ['plans/*'] }
  const release = { ...FILE, path: 'releases/linux/1.0.0/image.fbi' }
  const plan = { ...FILE, path: 'plans/plan.json', custom: null }
  const versions = new Map([
    ['targets.json', 1],
    ['plans.json', 1],
  ])
  const snapshot = signSnapshot({ version: 1, expiresAtMs, versions }, SIGNERS)
  const link = { version: 1, lengthBytes: snapshot.length, sha256: sha256Hex(snapshot) }
  return {
    root: root(1),
    nextRoot: root(2),
    files: [
      ['timestamp.json', signTimestamp({ version: 1, expiresAtMs, snapshot: link }, SIGNERS)],
      ['1.snapshot.json', snapshot],
      ['1.targets.json', signTargets({ version: 1, expiresAtMs, targets: [release], delegation }, SIGNERS)],
      ['1.plans.json', signTargets({ version: 1, expiresAtMs, targets: [plan], delegation: null }, SIGNERS)],
    ],
  }
}

/** Nothing that a client would take for metadata. */
export const NO_METADATA: Uint8Array = utf8Encode('{"signatures":[],"signed":{}}')
