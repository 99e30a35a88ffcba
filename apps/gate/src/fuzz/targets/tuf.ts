import { sha256Hex } from '@firebreak/crypto'
import { utf8Decode } from '@firebreak/kernel'
import {
  decodeTrusted,
  encodeTrusted,
  refresh,
  signTimestamp,
  trustRoot,
  TufError,
  type TrustedMetadata,
} from '@firebreak/tuf'
import { FUZZ_SIGNER } from '../seeds/signer.ts'
import { EXPIRES_MS, NOW_MS, tufRepository } from '../seeds/tuf.ts'
import { define, jsonLength } from './define.ts'

type File = 'root' | 'timestamp' | 'snapshot' | 'targets' | 'plans'

const REPOSITORY = tufRepository()
const TRUSTED = trustRoot(REPOSITORY.root)
const HELD = refreshed(TRUSTED, new Map(REPOSITORY.files))
const HELD_BYTES = utf8Decode(encodeTrusted(HELD))

/** Metadata of the repository, each file as the client meets it while it refreshes; signatures stand in for real ones. */
export const createTarget = define<TrustedMetadata>({
  parse: accept,
  refuses: (error) => error instanceof TufError,
  fuel: { base: 40_000, each: 60 },
  bytes: { base: 32_768, each: 32 },
  describe: (trusted) => utf8Decode(encodeTrusted(trusted)),
  whole: jsonLength,
  use: (trusted) => void decodeTrusted(encodeTrusted(trusted)),
  held: () => (utf8Decode(encodeTrusted(HELD)) === HELD_BYTES ? 'held' : 'changed'),
})

/** What the file says it is decides where it is served. */
function accept(input: Uint8Array): TrustedMetadata {
  const files = new Map(REPOSITORY.files)
  switch (kindOf(input)) {
    case 'root':
      files.set('2.root.json', input)
      break
    case 'timestamp':
      files.set('timestamp.json', input)
      break
    case 'snapshot': {
      files.set('1.snapshot.json', input)
      const snapshot = { version: 1, lengthBytes: Math.max(1, input.length), sha256: sha256Hex(input) }
      files.set('timestamp.json', signTimestamp({ version: 1, expiresAtMs: EXPIRES_MS, snapshot }, [FUZZ_SIGNER]))
      break
    }
    case 'plans':
      files.set('1.plans.json', input)
      break
    case 'targets':
      files.set('1.targets.json', input)
      break
  }
  return refreshed(TRUSTED, files)
}

function refreshed(trusted: TrustedMetadata, files: ReadonlyMap<string, Uint8Array>): TrustedMetadata {
  const steps = refresh(trusted, NOW_MS)
  let step = steps.next()
  while (!step.done) step = steps.next(files.get(step.value.path) ?? null)
  return step.value
}

const TYPE = /"_type":"(root|timestamp|snapshot|targets)"/
const IS_DELEGATED = /"plans\//

function kindOf(input: Uint8Array): File {
  const text = new TextDecoder('latin1').decode(input)
  const type = (TYPE.exec(text)?.[1] ?? 'root') as File
  return type === 'targets' && IS_DELEGATED.test(text) && !text.includes('"delegations"') ? 'plans' : type
}
