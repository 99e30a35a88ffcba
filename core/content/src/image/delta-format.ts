import { concatBytes } from '@firebreak/kernel'
import { ContentError } from '../errors.ts'
import { IMAGE_SIZE_BYTES_MAX } from '../limits.ts'
import { bytesOf } from './assemble.ts'

/**
 * Format 1 of a delta between two images. Little-endian 32-bit words; docs/image-delta.md explains it.
 *
 *   header    magic, format version, SHA-256 of the old image, SHA-256 of the new one
 *   table     the length in words of each section, in the order of DELTA_SECTIONS
 *   sections  one after another, to the last byte
 */
const DELTA_MAGIC = 0x4c444246 // 'FBDL'
const DELTA_FORMAT_VERSION = 1
export const DELTA_SECTIONS = ['rules', 'filters', 'correlations', 'yara', 'indicators', 'parts'] as const
export type DeltaSections = Readonly<Record<(typeof DELTA_SECTIONS)[number], Uint32Array>>

/** A delta that is longer than its image is not worth sending. */
const DELTA_SIZE_BYTES_MAX = IMAGE_SIZE_BYTES_MAX
const MAGIC_WORDS = 2
const DIGEST_BYTES = 32
const TABLE_BYTES = 4 * MAGIC_WORDS + 2 * DIGEST_BYTES
const HEAD_BYTES = TABLE_BYTES + 4 * DELTA_SECTIONS.length

export interface Delta {
  /** SHA-256. */
  readonly oldDigest: Uint8Array
  /** SHA-256. */
  readonly newDigest: Uint8Array
  readonly sections: DeltaSections
}

export function malformed(why: string, cause?: unknown): ContentError {
  return new ContentError('content/delta-malformed', `Cannot read delta: ${why}`, null, {}, cause)
}

export function encodeDelta({ oldDigest, newDigest, sections }: Delta): Uint8Array {
  const contents = DELTA_SECTIONS.map((name) => sections[name])
  return concatBytes([
    bytesOf(Uint32Array.of(DELTA_MAGIC, DELTA_FORMAT_VERSION)),
    oldDigest,
    newDigest,
    bytesOf(Uint32Array.from(contents, ({ length }) => length)),
    ...contents.map(bytesOf),
  ])
}

/**
 * Cuts a delta into its sections; what they say is for their readers to check.
 *
 * @param bytes - hostile; copied, so nobody can change them afterwards
 * @throws ContentError content/delta-malformed
 */
export function decodeDelta(bytes: Uint8Array): Delta {
  const size = bytes.length
  if (size > DELTA_SIZE_BYTES_MAX) throw malformed(`more than ${DELTA_SIZE_BYTES_MAX} bytes`)
  if (size < HEAD_BYTES || size % 4 !== 0) throw malformed(`a length of ${size} bytes`)
  const { buffer } = new Uint8Array(bytes)
  const [magic, version] = new Uint32Array(buffer, 0, MAGIC_WORDS)
  if (magic !== DELTA_MAGIC) throw malformed('not a delta')
  if (version !== DELTA_FORMAT_VERSION) throw malformed(`format version ${version}`)
  let at = HEAD_BYTES
  const lengths = [...new Uint32Array(buffer, TABLE_BYTES, DELTA_SECTIONS.length)]
  const cut = DELTA_SECTIONS.map((name, i): [string, Uint32Array] => {
    const length = lengths[i] ?? 0
    if (4 * length > size - at) throw malformed(`section ${name} ends outside`)
    const words = new Uint32Array(buffer, at, length)
    at += 4 * length
    return [name, words]
  })
  if (at !== size) throw malformed('bytes after the last section')
  return {
    oldDigest: new Uint8Array(buffer, 4 * MAGIC_WORDS, DIGEST_BYTES),
    newDigest: new Uint8Array(buffer, 4 * MAGIC_WORDS + DIGEST_BYTES, DIGEST_BYTES),
    sections: Object.fromEntries(cut) as DeltaSections,
  }
}
