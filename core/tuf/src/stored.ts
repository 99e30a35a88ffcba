import { sha256Hex } from '@firebreak/crypto'
import {
  dictionary,
  integer,
  literal,
  nullable,
  object,
  parseJson,
  text,
  utf8Decode,
  utf8Encode,
  WALL_MS_MAX,
} from '@firebreak/kernel'
import { reading, TufError } from './errors.ts'
import {
  ROOT_SIZE_BYTES_MAX,
  SNAPSHOT_SIZE_BYTES_MAX,
  TARGETS_SIZE_BYTES_MAX,
  TIMESTAMP_SIZE_BYTES_MAX,
} from './limits.ts'
import { type TrustedMetadata, trustRoot } from './trusted.ts'
import { type TargetsMetadata, verifyDelegated, verifySnapshot, verifyTargets, verifyTimestamp } from './verify.ts'

/*
 * The one durable document of a client. Invariants: it holds the metadata files as received; whatever it holds is
 * verified again when it is read; the digest in front covers every byte, so that one document is written whole or
 * seen to be broken. (The digest guards against accidents. Who may write the file may also put an older one there.)
 */

const FORMAT = 'firebreak-trusted-metadata-1'
const DIGEST_CHARS = 64

/** Escaping at most doubles a file of JSON that has no control characters but line breaks. */
const STORED_SIZE_BYTES_MAX =
  2 * (ROOT_SIZE_BYTES_MAX + TIMESTAMP_SIZE_BYTES_MAX + SNAPSHOT_SIZE_BYTES_MAX + 2 * TARGETS_SIZE_BYTES_MAX)

interface Stored {
  readonly format: string
  readonly latestSeenMs: number
  readonly root: string
  readonly timestamp: string | null
  readonly snapshot: string | null
  readonly targets: string | null
  readonly delegated: ReadonlyMap<string, string>
}

const readStored = object<Stored>({
  format: literal(FORMAT),
  latestSeenMs: integer(0, WALL_MS_MAX),
  root: text(ROOT_SIZE_BYTES_MAX),
  timestamp: nullable(text(TIMESTAMP_SIZE_BYTES_MAX)),
  snapshot: nullable(text(SNAPSHOT_SIZE_BYTES_MAX)),
  targets: nullable(text(TARGETS_SIZE_BYTES_MAX)),
  delegated: dictionary(text(TARGETS_SIZE_BYTES_MAX), 1),
})

/** One document to be written atomically: a digest line, then JSON. */
export function encodeTrusted(trusted: TrustedMetadata): Uint8Array {
  const { root, timestamp, snapshot, targets, delegated, latestSeenMs } = trusted
  // Metadata is JSON in strict UTF-8, so it survives the way through a string byte by byte.
  const body = JSON.stringify({
    format: FORMAT,
    latestSeenMs,
    root: utf8Decode(root.bytes),
    timestamp: timestamp && utf8Decode(timestamp.bytes),
    snapshot: snapshot && utf8Decode(snapshot.bytes),
    targets: targets && utf8Decode(targets.bytes),
    delegated: Object.fromEntries([...delegated].map(([name, { bytes }]) => [name, utf8Decode(bytes)])),
  })
  return utf8Encode(`${sha256Hex(body)}\n${body}`)
}

/**
 * Reads what `encodeTrusted` wrote and verifies all of it again. Expiry is no error here: a host that was off for a
 * month has to be able to start.
 *
 * @throws TufError tuf/too-large | tuf/malformed | tuf/hash | tuf/threshold | tuf/delegation
 */
export function decodeTrusted(bytes: Uint8Array): TrustedMetadata {
  const stored = openStored(bytes)
  const start = trustRoot(utf8Encode(stored.root))
  const { root } = start
  const timestamp = stored.timestamp === null ? null : verifyTimestamp(utf8Encode(stored.timestamp), root)
  const snapshot = stored.snapshot === null ? null : verifySnapshot(utf8Encode(stored.snapshot), root)
  const targets = stored.targets === null ? null : verifyTargets(utf8Encode(stored.targets), root)
  const delegated = new Map<string, TargetsMetadata>()
  for (const [name, file] of stored.delegated) {
    const delegation = targets?.delegation
    if (delegation?.name !== name) {
      throw new TufError('tuf/delegation', `Cannot read the trusted metadata: nobody delegates to ${name}`, { name })
    }
    delegated.set(name, verifyDelegated(utf8Encode(file), delegation))
  }
  return { root, timestamp, snapshot, targets, delegated, latestSeenMs: stored.latestSeenMs }
}

function openStored(bytes: Uint8Array): Stored {
  const at = 'the trusted metadata'
  if (bytes.length > STORED_SIZE_BYTES_MAX) {
    throw new TufError('tuf/too-large', `Cannot read ${at}: over ${STORED_SIZE_BYTES_MAX} bytes`)
  }
  const digest = reading(() => utf8Decode(bytes.subarray(0, DIGEST_CHARS + 1)))
  const body = bytes.subarray(DIGEST_CHARS + 1)
  if (digest !== `${sha256Hex(body)}\n`) {
    throw new TufError('tuf/hash', `Cannot read ${at}: it is not as it was written`)
  }
  return reading(() => readStored(parseJson(body, STORED_SIZE_BYTES_MAX, at), at))
}
