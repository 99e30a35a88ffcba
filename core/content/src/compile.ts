import { sha256Hex } from '@firebreak/crypto'
import type { Sha256Hex, Version } from '@firebreak/kernel'
import { compileCondition } from './compile-condition.ts'
import { ContentError } from './errors.ts'
import type { CostBound } from './image-cost.ts'
import { writeImage } from './image-writer.ts'
import { INDICATOR_FIELDS } from './indicator.ts'
import { IMAGE_SIZE_BYTES_MAX } from './limits.ts'
import type { PackManifest } from './manifest.ts'
import type { ParsedPack } from './pack.ts'
import type { SigmaLevel } from './sigma.ts'
import type { DeclaredField } from './verify-fields.ts'
import { verifyImage } from './verify-image.ts'

/** Part of every image: two compilers of one version make the same bytes. */
export const COMPILER_VERSION: Version = '1.0.0'

export interface CompiledPack {
  readonly image: Uint8Array
  readonly digest: Sha256Hex
  readonly manifest: PackManifest
  /** Sorted by id. */
  readonly rules: readonly RuleSummary[]
  readonly declaredFields: readonly DeclaredField[]
  readonly features: readonly string[]
  readonly costBound: CostBound
  readonly indicatorCount: number
  /** Indicators that no engine compares yet: those whose type has no field. */
  readonly inertIndicatorCount: number
}

export interface RuleSummary {
  readonly id: string
  readonly title: string
  readonly level: SigmaLevel
  readonly category: string
  readonly product: string | null
  readonly file: string
}

/**
 * Compiles a pack to its image, and verifies it: what the compiler makes and the verifier refuses never leaves here.
 *
 * @throws ContentError the code of the pack's first diagnostic | content/limit | content/image-cost, over the limit
 */
export function compilePack(pack: ParsedPack): CompiledPack {
  const { manifest, rules, indicators } = pack
  const [first] = pack.diagnostics
  if (first !== undefined) {
    const more = pack.diagnostics.length - 1
    const rest = more === 0 ? '' : ` (and ${more} more)`
    throw new ContentError(first.code, `Cannot compile pack: ${first.message}${rest}`, first.at)
  }
  if (manifest === null) throw new ContentError('content/schema', 'Cannot compile pack: it has no manifest')
  const image = writeImage({
    manifest,
    compilerVersion: COMPILER_VERSION,
    rules: rules.map((rule) => ({ rule, nodes: compileCondition(rule.condition, rule.at) })),
    indicators,
  })
  if (image.length > IMAGE_SIZE_BYTES_MAX) {
    throw new ContentError('content/limit', `Cannot compile pack: its image has ${image.length} bytes`)
  }
  const { declaredFields, features, costBound } = verifyImage(image)
  return {
    image,
    digest: sha256Hex(image),
    manifest,
    rules: rules.map(({ id, title, level, logsource, at }) => ({ id, title, level, ...logsource, file: at.file })),
    declaredFields,
    features,
    costBound,
    indicatorCount: indicators.length,
    inertIndicatorCount: indicators.filter((one) => INDICATOR_FIELDS[one.type].length === 0).length,
  }
}
