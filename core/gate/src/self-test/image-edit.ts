import { type CompiledPack, HEADER_WORDS, SECTIONS, type SectionName } from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'

/** A section of an image, in words. */
export interface SectionPlace {
  readonly first: number
  readonly length: number
}

/** The compiled pack with other bytes, and with their digest: so that the digest is not what gives it away. */
export function withBytes(compiled: CompiledPack, image: Uint8Array): CompiledPack {
  return { ...compiled, image, digest: sha256Hex(image) }
}

/** The words of an image: a copy, which the caller may write to. */
export function imageWords({ image }: CompiledPack): Uint32Array {
  return new Uint32Array(new Uint8Array(image).buffer)
}

export function sectionOf(words: Uint32Array, name: SectionName): SectionPlace {
  const entry = HEADER_WORDS + 2 * SECTIONS.indexOf(name)
  return { first: (words[entry] ?? 0) / 4, length: (words[entry + 1] ?? 0) / 4 }
}

/** The image after `write` changed its words; nothing else of it is made right, but its digest. */
export function rewritten(compiled: CompiledPack, write: (words: Uint32Array) => void): CompiledPack {
  const words = imageWords(compiled)
  write(words)
  return withBytes(compiled, new Uint8Array(words.buffer))
}
