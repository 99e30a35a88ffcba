import { sha256Hex } from '@firebreak/crypto'
import type { Sha256Hex, Version } from '@firebreak/kernel'
import { ContentError } from './errors.ts'
import {
  chooseWitnesses,
  compileProgram,
  type CostBound,
  type FieldNeeds,
  type ImageRule,
  type ImageSource,
  verifyImage,
  writeImage,
} from './image/index.ts'
import { IMAGE_SIZE_BYTES_MAX } from './limits.ts'
import type { PackManifest } from './manifest.ts'
import type { ParsedPack } from './pack.ts'
import type { LogSource, SigmaLevel, SigmaRule } from './sigma/index.ts'

/** Part of every image: two compilers of one version make the same bytes. */
export const COMPILER_VERSION: Version = '2.0.0'

export interface CompiledPack {
  readonly image: Uint8Array
  readonly digest: Sha256Hex
  readonly manifest: PackManifest
  /** Sorted by id. */
  readonly rules: readonly RuleSummary[]
  readonly needs: readonly FieldNeeds[]
  readonly features: readonly string[]
  readonly costBound: CostBound
  readonly indicatorCount: number
}

export interface RuleSummary {
  readonly id: string
  readonly title: string
  readonly level: SigmaLevel
  readonly logsource: LogSource
  readonly file: string
}

/**
 * Compiles a pack to its image, and verifies it: what the compiler makes and the verifier refuses never leaves here.
 *
 * @throws ContentError the code of the pack's first diagnostic | content/limit | content/image-cost, over the limit
 */
export function compilePack(pack: ParsedPack): CompiledPack {
  const { manifest, rules, indicatorCount } = pack
  const [first] = pack.diagnostics
  if (first !== undefined) {
    const more = pack.diagnostics.length - 1
    const rest = more === 0 ? '' : ` (and ${more} more)`
    throw new ContentError(first.code, `Cannot compile pack: ${first.message}${rest}`, first.at)
  }
  if (manifest === null) throw new ContentError('content/schema', 'Cannot compile pack: it has no manifest')
  const image = writeImage(imageSource(pack, manifest))
  if (image.length > IMAGE_SIZE_BYTES_MAX) {
    const most = `at most ${IMAGE_SIZE_BYTES_MAX}`
    throw new ContentError('content/limit', `Cannot compile pack: its image has ${image.length} bytes, ${most}`)
  }
  const { needs, features, costBound } = verifyImage(image)
  return {
    image,
    digest: sha256Hex(image),
    manifest,
    rules: rules.map(({ id, title, level, logsource, at }) => ({ id, title, level, logsource, file: at.file })),
    needs,
    features,
    costBound,
    indicatorCount,
  }
}

function imageSource(pack: ParsedPack, manifest: PackManifest): ImageSource {
  return {
    manifest,
    compilerVersion: COMPILER_VERSION,
    rules: pack.rules.map(imageRule),
    filters: [],
    correlations: pack.correlations,
    indicators: pack.indicators,
    yara: pack.yara.map(({ file, text }) => ({ name: file, text })),
  }
}

function imageRule({ id, title, level, tags, logsource, selections, condition, custom, at }: SigmaRule): ImageRule {
  const program = compileProgram(selections, condition, at)
  const witnesses = chooseWitnesses(selections, condition)
  return { id, title, level, tags, logsource, custom: custom ?? '', program, witnesses }
}
