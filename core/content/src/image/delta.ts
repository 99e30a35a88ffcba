import { sha256 } from '@firebreak/crypto'
import { ContentError } from '../errors.ts'
import { buildIndicatorTables, IndicatorList } from '../indicators/index.ts'
import { RULES_MAX } from '../limits.ts'
import { decodeDelta, type DeltaSections, encodeDelta, malformed } from './delta-format.ts'
import { diffList, isSameList, patchList } from './delta-edits.ts'
import { diffIndicators, patchIndicators } from './delta-indicators.ts'
import { readSource } from './read-source.ts'
import type { ImageSource } from './source.ts'
import { type VerifiedImage, verifyImage } from './verify-image.ts'
import { writeImage } from './writer.ts'

/**
 * What a host that has `old` needs to make `next` of it: the parts that are new, as an image of their own, and how the
 * lists of the new image come from the old ones. Null when `next` itself is no larger, or can't be made that way:
 * because of another compiler, or because this linker did not link it.
 */
export function makeDelta(old: VerifiedImage, next: VerifiedImage): Uint8Array | null {
  if (old.compilerVersion !== next.compilerVersion) return null
  const wanted = bytesOf(next)
  const [oldDigest, newDigest] = [sha256(bytesOf(old)), sha256(wanted)]
  const delta = encodeDelta({ oldDigest, newDigest, sections: diffSources(readSource(old), readSource(next)) })
  return delta.length < wanted.length && isReached(old, delta) ? delta : null
}

/** Tried before it is handed out: whoever takes a delta should never have to find out that it leads nowhere. */
function isReached(old: VerifiedImage, delta: Uint8Array): boolean {
  try {
    applyDelta(old, delta)
    return true
  } catch (error) {
    if (error instanceof ContentError && error.code === 'content/delta-result') return false
    throw error
  }
}

/**
 * Links the new image. Nobody vouches for the digests in a delta but who sent it: the caller compares the image
 * with what was signed, and verifies it.
 *
 * @param delta - hostile, at most DELTA_SIZE_BYTES_MAX; what is allocated is in proportion to it and to `old`
 * @throws ContentError content/delta-malformed | content/delta-base | content/delta-compiler | content/delta-result
 */
export function applyDelta(old: VerifiedImage, delta: Uint8Array): Uint8Array {
  const { oldDigest, newDigest, sections } = decodeDelta(delta)
  if (!isEqual(oldDigest, sha256(bytesOf(old)))) {
    throw new ContentError('content/delta-base', 'Cannot apply delta: it was made for another image')
  }
  const parts = verifyParts(sections.parts)
  if (parts.compilerVersion !== old.compilerVersion) {
    const why = `of compiler ${parts.compilerVersion}, the image of ${old.compilerVersion}`
    throw new ContentError('content/delta-compiler', `Cannot apply delta: it is ${why}`)
  }
  const image = writeImage(patchSource(sections, readSource(old), readSource(parts)))
  if (!isEqual(newDigest, sha256(image))) {
    throw new ContentError('content/delta-result', 'Cannot apply delta: the image is not the one that it promises')
  }
  return image
}

function diffSources(old: ImageSource, next: ImageSource): DeltaSections {
  // Correlations go together: which columns one has depends on those that read it.
  const isKept = isSameList(old.correlations, next.correlations)
  const correlations = diffList(old.correlations, next.correlations, () => !isKept)
  const named = new Set(correlations.brought.flatMap((one) => one.rules))
  const rules = diffList(old.rules, next.rules, ({ id }) => named.has(id))
  const filters = diffList(old.filters, next.filters)
  const yara = diffList(old.yara, next.yara)
  const parts = writeImage({
    manifest: next.manifest,
    compilerVersion: next.compilerVersion,
    rules: rules.brought,
    filters: filters.brought,
    correlations: correlations.brought,
    indicators: buildIndicatorTables(new IndicatorList()),
    yara: yara.brought,
  })
  return {
    rules: rules.words,
    filters: filters.words,
    correlations: correlations.words,
    yara: yara.words,
    indicators: diffIndicators(old.indicators, next.indicators),
    parts: new Uint32Array(parts.buffer, parts.byteOffset, parts.length / 4),
  }
}

function patchSource(sections: DeltaSections, old: ImageSource, parts: ImageSource): ImageSource {
  const rules = patchList(sections.rules, old.rules, parts.rules)
  if (rules.length > RULES_MAX) throw malformed(`more than ${RULES_MAX} rules`)
  return {
    manifest: parts.manifest,
    compilerVersion: parts.compilerVersion,
    rules,
    filters: patchList(sections.filters, old.filters, parts.filters),
    correlations: patchList(sections.correlations, old.correlations, parts.correlations),
    indicators: patchIndicators(sections.indicators, old.indicators),
    yara: patchList(sections.yara, old.yara, parts.yara),
  }
}

function verifyParts(words: Uint32Array): VerifiedImage {
  try {
    return verifyImage(new Uint8Array(words.buffer, words.byteOffset, words.byteLength))
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    throw malformed('its parts are no image', error)
  }
}

/** Every table is a view of the one private copy that was verified. */
function bytesOf({ tables }: VerifiedImage): Uint8Array {
  return new Uint8Array(tables.rules.buffer)
}

function isEqual(one: Uint8Array, other: Uint8Array): boolean {
  return one.length === other.length && one.every((byte, i) => byte === other[i])
}
