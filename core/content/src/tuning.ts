import { sha256Hex } from '@firebreak/crypto'
import type { Sha256Hex, Version } from '@firebreak/kernel'
import { COMPILER_VERSION } from './compile.ts'
import { ContentError, type Position } from './errors.ts'
import {
  compareTexts,
  compileProgram,
  type Feature,
  type ImageFilter,
  type VerifiedImage,
  verifyImage,
  writeImage,
} from './image/index.ts'
import { compareSources } from './image/source.ts'
import { buildIndicatorTables, IndicatorList } from './indicators/index.ts'
import { FILTERS_MAX, TUNING_BYTES_MAX } from './limits.ts'
import { NAME } from './manifest.ts'
import { Problems } from './problems.ts'
import { RULE_ID } from './sigma/ast.ts'
import {
  isWithin,
  lintFilters,
  parseSigmaDocuments,
  type SigmaDocuments,
  type SigmaFilter,
  type SigmaRule,
} from './sigma/index.ts'
import type { Diagnostic, SigmaSource } from './source.ts'

/**
 * A customer's own exceptions from the rules of a vendor: Sigma filters, compiled to an image of their own, which has
 * nothing else. It names rules by id, so that it outlives every release of theirs.
 */
export interface ParsedTuning {
  readonly filters: readonly ImageFilter[]
  /** Ids that no rule of the pack has. Legal and inert, for packs change; empty when no pack was given. */
  readonly unknownTargets: readonly TuningTarget[]
  readonly diagnostics: readonly Diagnostic[]
  /** What is legal and probably not meant. */
  readonly advice: readonly { readonly message: string; readonly at: Position }[]
}

export interface TuningTarget {
  readonly id: string
  readonly at: Position
}

export interface CompiledTuning {
  /** At most TUNING_BYTES_MAX. */
  readonly image: Uint8Array
  readonly digest: Sha256Hex
  readonly filterCount: number
}

/** The kind of content that every tuning is, and the first engine that takes one. */
const CATEGORY = 'tuning'
const MINIMUM_ENGINE: Version = '1.1.0'
/** What filters may ask of an engine; an image that asks for more is no tuning. */
const FILTER_FEATURES: readonly string[] = ['keywords', 'regex', 'tuning'] satisfies readonly Feature[]

/**
 * Reads Sigma filter documents and reports everything that is wrong with them. Never throws on bad content.
 *
 * @param rules - of the vendor's pack; null when it is not at hand, and then no filter can name a rule by its name
 */
export function parseTuning(files: readonly SigmaSource[], rules: readonly SigmaRule[] | null = null): ParsedTuning {
  const problems = new Problems()
  const filters = readFilters(files, problems)
  const resolver = new TargetResolver(rules, problems)
  const compiled = filters.map((filter) => imageFilter(filter, resolver, problems)).filter((one) => one !== null)
  // Whether a filter for any rule has one to narrow can only be said of a pack.
  const linted = rules === null ? filters.map((one) => ({ ...one, rules: [] })) : filters
  return {
    filters: compiled.toSorted(compareFilters),
    unknownTargets: resolver.unknown,
    diagnostics: problems.list(),
    advice: [...lintFilters(rules ?? [], linted), ...resolver.advice],
  }
}

/**
 * Compiles a tuning to its image, and verifies it as a host will.
 *
 * @throws ContentError the code of the first diagnostic | content/schema, `about` is malformed | content/limit
 */
export function compileTuning(
  tuning: ParsedTuning,
  about: { readonly name: string; readonly version: Version },
): CompiledTuning {
  const [first] = tuning.diagnostics
  if (first !== undefined) throw new ContentError(first.code, `Cannot compile tuning: ${first.message}`, first.at)
  if (!NAME.test(about.name)) {
    const expected = 'expected lower-case letters, digits and hyphens'
    throw new ContentError(
      'content/schema',
      `Cannot compile tuning: ${JSON.stringify(about.name)} is no name, ${expected}`,
    )
  }
  const image = writeImage({
    manifest: { ...about, category: CATEGORY, minimumEngine: MINIMUM_ENGINE },
    compilerVersion: COMPILER_VERSION,
    rules: [],
    filters: tuning.filters,
    correlations: [],
    indicators: buildIndicatorTables(new IndicatorList()),
    yara: [],
  })
  verifyTuning(image)
  return { image, digest: sha256Hex(image), filterCount: tuning.filters.length }
}

/**
 * Accepts hostile bytes as a tuning, or throws.
 *
 * @throws ContentError content/limit | content/image-* | content/tuning
 */
export function verifyTuning(bytes: Uint8Array): VerifiedImage {
  if (bytes.length > TUNING_BYTES_MAX) {
    const message = `Cannot accept tuning: ${bytes.length} bytes, at most ${TUNING_BYTES_MAX}`
    throw new ContentError('content/limit', message)
  }
  const image = verifyImage(bytes)
  checkTuning(image)
  return image
}

/**
 * A tuning has filters and nothing that detects: it takes away, and adds nothing that no gate has seen.
 *
 * @throws ContentError content/tuning
 */
export function checkTuning({ pack, version, features }: VerifiedImage): void {
  const cannot = `Cannot accept ${pack} ${version} as a tuning`
  const alien = features.find((feature) => !FILTER_FEATURES.includes(feature))
  if (alien !== undefined) throw new ContentError('content/tuning', `${cannot}: it asks for ${alien}`)
  if (!features.includes('tuning')) throw new ContentError('content/tuning', `${cannot}: it has no filter`)
}

function readFilters(files: readonly SigmaSource[], problems: Problems): readonly SigmaFilter[] {
  const filters: SigmaFilter[] = []
  for (const file of files) {
    const found = parseSigmaDocuments(file, { placeholders: new Map() }, problems)
    refuseOthers(found, problems)
    filters.push(...found.filters)
  }
  const at = filters[FILTERS_MAX]?.at ?? { file: files[0]?.file ?? 'tuning', line: 1, column: 1 }
  if (filters.length === 0 && problems.total === 0) {
    problems.add('content/tuning', 'Cannot read tuning: it has no filter', at)
  }
  if (filters.length > FILTERS_MAX)
    problems.add('content/limit', `Cannot read tuning: at most ${FILTERS_MAX} filters, found ${filters.length}`, at)
  return filters.slice(0, FILTERS_MAX)
}

function refuseOthers({ rules, correlationNodes }: SigmaDocuments, problems: Problems): void {
  for (const { at } of [...rules, ...correlationNodes]) {
    problems.add('content/tuning', 'Cannot read tuning: it has filters only; rules belong into a pack', at)
  }
}

function imageFilter(filter: SigmaFilter, resolver: TargetResolver, problems: Problems): ImageFilter | null {
  const { title, logsource, selections, condition, at } = filter
  const targets = resolver.targetsOf(filter)
  const program = problems.attempt(at, () => compileProgram(selections, condition, at))
  return program && { title, logsource, targets, program }
}

/** The order of files means nothing. */
function compareFilters(a: ImageFilter, b: ImageFilter): number {
  return (
    compareTexts(a.title, b.title) ||
    compareSources(a.logsource, b.logsource) ||
    compareTexts(a.targets.join(), b.targets.join())
  )
}

/** Turns what filters name into ids. */
class TargetResolver {
  readonly unknown: TuningTarget[] = []
  readonly advice: { readonly message: string; readonly at: Position }[] = []
  readonly #problems: Problems
  readonly #byId: ReadonlyMap<string, SigmaRule> | null
  readonly #byName = new Map<string, SigmaRule[]>()

  constructor(rules: readonly SigmaRule[] | null, problems: Problems) {
    this.#problems = problems
    this.#byId = rules && new Map(rules.map((rule) => [rule.id, rule]))
    for (const rule of rules ?? []) {
      if (rule.name !== null) this.#byName.set(rule.name, [...(this.#byName.get(rule.name) ?? []), rule])
    }
  }

  /** Sorted, each once; none for any rule of the log source. */
  targetsOf(filter: SigmaFilter): readonly string[] {
    if (filter.rules === 'any') return []
    const ids = filter.rules.map((reference) => this.#idOf(reference, filter)).filter((id) => id !== null)
    return [...new Set(ids)].toSorted(compareTexts)
  }

  #idOf(reference: string, filter: SigmaFilter): string | null {
    const id = reference.toLowerCase()
    const rule = RULE_ID.test(id) ? this.#byId?.get(id) : this.#named(reference, filter)
    if (rule === null) return null
    if (rule === undefined) {
      if (this.#byId !== null) this.unknown.push({ id, at: filter.at })
      return id
    }
    if (!isWithin(rule.logsource, filter.logsource)) {
      const message = `Filter ${JSON.stringify(filter.title)} is not of the log source of rule ${rule.id}: it does nothing`
      this.advice.push({ message, at: filter.at })
    }
    return rule.id
  }

  /** Unlike an id, a name of nothing is an error: nothing could ever be told by it. */
  #named(name: string, { at }: SigmaFilter): SigmaRule | null {
    const [rule, another] = this.#byName.get(name) ?? []
    if (rule !== undefined && another === undefined) return rule
    const why =
      this.#byId === null
        ? 'a name means nothing without the pack; name the rule by its id'
        : rule === undefined
          ? 'no rule of the pack has that name'
          : 'several rules of the pack have that name'
    return this.#problems.add('content/tuning', `Cannot tune ${JSON.stringify(name)}: ${why}`, at)
  }
}
