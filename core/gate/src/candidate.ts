import type { CompiledPack, PackSource, ParsedPack, VerifiedImage } from '@firebreak/content'
import type { Sha256Hex } from '@firebreak/kernel'

/** What is to be released, as far as it could be read, compiled and verified. */
export interface Candidate {
  readonly source: PackSource
  readonly pack: ParsedPack
  /** Null when it does not compile. */
  readonly compiled: CompiledPack | null
  /** Null when the verifier refuses its image. */
  readonly image: VerifiedImage | null
}

/** What hosts run now, to hold the candidate against. */
export interface RunningRelease {
  readonly image: VerifiedImage
  readonly bytes: Uint8Array
  readonly digest: Sha256Hex
}
