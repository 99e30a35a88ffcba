import {
  type CompiledPack,
  compilePack,
  ContentError,
  type PackManifest,
  type PackSource,
  type ParsedPack,
  parsePack,
  type VerifiedImage,
  verifyImage,
} from '@firebreak/content'
import { sha256Hex } from '@firebreak/crypto'
import { checkContract, DetectError, type EngineContract } from '@firebreak/detect'
import type { Version } from '@firebreak/kernel'
import { checkTests } from './tests/check-tests.ts'
import { type CheckId, type CheckResult, failed, type Finding, finding, notRun, passed } from './check/check.ts'
import { type ExecutionCase, executionCases } from './execution/execution.ts'

/** Everything that can be judged without an engine process, and what the engine process has to be asked. */
export interface PreparedGate {
  /** `source`, `compile`, `verify`, `tests`, `contract`. */
  readonly checks: readonly CheckResult[]
  /** To be run in the real engine process with `compiled.image` loaded. */
  readonly execution: readonly ExecutionCase[]
  /** Null when the pack does not compile or its image is refused: there is then nothing to execute. */
  readonly compiled: CompiledPack | null
  readonly manifest: PackManifest | null
  /** Of the contract that the image was held against. */
  readonly engineVersion: Version
  /** Every rule that has to be executed. */
  readonly ruleIds: readonly string[]
  readonly correlationIds: readonly string[]
}

/**
 * Runs the checks that need no engine process. Never throws on bad content: what is wrong with it is in the checks.
 *
 * @param contract - of the engine that the release is for
 */
export function prepareGate(source: PackSource, contract: EngineContract): PreparedGate {
  const pack = parsePack(source)
  const readable = checkSource(pack)
  const isReadable = readable.verdict === 'pass'
  const compiled = isReadable ? compile(pack) : skipped('compile', 'source')
  const verified = compiled.value === null ? skipped('verify', 'compile') : verifyCompiled(compiled.value)
  const tested = isReadable ? checkTests(pack) : skipped('tests', 'source').check
  const supplied =
    verified.value === null ? skipped('contract', 'verify').check : contractCheck(verified.value, contract)
  return {
    checks: [readable, compiled.check, verified.check, tested, supplied],
    execution: executionCases(pack),
    compiled: verified.value === null ? null : compiled.value,
    manifest: pack.manifest,
    engineVersion: contract.engineVersion,
    ruleIds: pack.rules.map(({ id }) => id),
    correlationIds: pack.correlations.map(({ id }) => id),
  }
}

/** A check and what it makes for the next ones; null unless it passed. */
interface Step<T> {
  readonly check: CheckResult
  readonly value: T | null
}

function skipped(id: CheckId, because: CheckId): Step<never> {
  return { check: notRun(id, `Not run, because the check ${because} did not pass.`), value: null }
}

function checkSource({ diagnostics, rules, correlations, tests, indicatorCount, yara }: ParsedPack): CheckResult {
  if (diagnostics.length > 0) {
    const [first] = diagnostics
    const findings = diagnostics.map(({ code, message, at }) => finding(code, message, at))
    return failed('source', `${diagnostics.length} problems, the first: ${first?.message ?? ''}`, findings)
  }
  const counts: readonly (readonly [count: number, what: string])[] = [
    [rules.length, 'rules'],
    [correlations.length, 'correlations'],
    [tests.length, 'tests'],
    [indicatorCount, 'indicators'],
    [yara.length, 'YARA files'],
  ]
  return passed('source', `Everything can be read: ${counts.map(([count, what]) => `${count} ${what}`).join(', ')}.`)
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

function contractCheck(image: VerifiedImage, contract: EngineContract): CheckResult {
  try {
    checkContract(image, contract)
  } catch (error) {
    if (!(error instanceof DetectError)) throw error
    return failed('contract', error.message, [findingOf(error)])
  }
  const fields = image.needs.reduce((sum, one) => sum + one.fields.length, 0)
  const needs = `${fields} fields of ${image.needs.length} log sources and all ${image.features.length} features`
  const besides = (contract.inputs ?? []).length > 0 ? ', with the inputs that the release is for,' : ''
  return passed('contract', `Engine ${contract.engineVersion}${besides} supplies all ${needs} that the image needs.`)
}

function findingOf(error: ContentError | DetectError): Finding {
  return finding(error.code, error.message, error instanceof ContentError ? error.at : null)
}
