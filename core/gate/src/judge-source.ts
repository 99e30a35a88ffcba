import {
  type CompiledPack,
  compilePack,
  ContentError,
  type PackSource,
  type ParsedPack,
  parsePack,
  type SensorSource,
  type VerifiedImage,
  verifyImage,
} from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import type { Candidate } from './candidate.ts'
import {
  type CheckId,
  type CheckResult,
  failed,
  type Finding,
  finding,
  leaveOut,
  notRun,
  passed,
} from './check/check.ts'
import { checkContracts } from './contract/check-contracts.ts'
import type { EngineBuild } from './contract/engine-build.ts'
import { checkSource } from './source/check-source.ts'
import { checkTests } from './tests/check-tests.ts'

/** What a source is held against. */
export interface SourceContext {
  /** Those that the policy names. */
  readonly engines: readonly EngineBuild[]
  /** What inputs of the release's hosts supply besides their sensors. */
  readonly inputs: readonly SensorSource[]
}

export interface JudgedSource {
  readonly candidate: Candidate
  /** `source`, `compile`, `verify`, `tests`, `contract`. */
  readonly checks: readonly CheckResult[]
}

/**
 * The checks that need nothing but the source. Never throws on bad content: what is wrong with it is in the checks.
 *
 * @param omit - codes and ids of checks that the self-test leaves out; empty in every real run
 */
export function judgeSource(
  source: PackSource,
  { engines, inputs }: SourceContext,
  omit: ReadonlySet<string> = new Set(),
): JudgedSource {
  const pack = parsePack(source)
  const isReadable = pack.diagnostics.every(({ code }) => omit.has(code))
  const compiled = isReadable ? compile({ ...pack, diagnostics: [] }) : skipped('compile', 'source')
  const verified = compiled.value === null ? skipped('verify', 'compile') : verifyCompiled(compiled.value)
  const image = verified.value
  const checks = [
    checkSource(source, pack, omit),
    compiled.check,
    verified.check,
    isReadable ? checkTests(pack, source) : skipped('tests', 'source').check,
    image === null ? skipped('contract', 'verify').check : checkContracts(image, engines, inputs),
  ]
  const candidate = { source, pack, compiled: image === null ? null : compiled.value, image }
  return { candidate, checks: checks.map((one) => leaveOut(one, omit)) }
}

/** A check and what it makes for the next ones; null unless it passed. */
interface Step<T> {
  readonly check: CheckResult
  readonly value: T | null
}

function skipped(id: CheckId, because: CheckId): Step<never> {
  return { check: notRun(id, `Not run, because the check ${because} did not pass.`), value: null }
}

function compile(pack: ParsedPack): Step<CompiledPack> {
  try {
    const value = compilePack(pack)
    return { check: passed('compile', `The image has ${value.image.length} bytes.`), value }
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return { check: failed('compile', error.message, [findingOf(error)]), value: null }
  }
}

/** The verifier accepts the image, and the image is what the source says. The compiler's own word does not count. */
export function verifyCompiled(compiled: CompiledPack): Step<VerifiedImage> {
  try {
    const image = verifyImage(compiled.image)
    const findings = differences(compiled, image)
    if (findings.length > 0) {
      return { check: failed('verify', 'The image is not what the source says.', findings), value: null }
    }
    const { stepsPerByte, memoryBytes } = image.costBound
    const cost = `${stepsPerByte} steps a byte and ${memoryBytes} bytes of memory`
    return { check: passed('verify', `The verifier accepts the image, with at most ${cost}.`), value: image }
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return { check: failed('verify', error.message, [findingOf(error)]), value: null }
  }
}

function differences(
  { manifest, digest, image: bytes, rules }: CompiledPack,
  image: VerifiedImage,
): readonly Finding[] {
  const rows: readonly (readonly [what: string, inImage: string | number, expected: string | number])[] = [
    ['digest', sha256Hex(bytes), digest],
    ['pack', image.pack, manifest.name],
    ['version', image.version, manifest.version],
    ['category', image.category, manifest.category],
    ['minimum engine', image.minimumEngine, manifest.minimumEngine],
    ['number of rules', image.ruleCount, rules.length],
  ]
  return rows
    .filter(([, inImage, expected]) => inImage !== expected)
    .map(([what, inImage, expected]) =>
      finding('gate/image-mismatch', `The ${what} of the image is ${inImage}, expected ${expected}.`, null),
    )
}

function findingOf(error: ContentError): Finding {
  return finding(error.code, error.message, error.at)
}
