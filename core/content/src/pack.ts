import { type Correlation, lintCorrelations, parseCorrelations } from './correlation/index.ts'
import type { Position } from './errors.ts'
import { compareTexts } from './image/index.ts'
import { buildIndicatorTables, IndicatorList, type IndicatorTables, parseIndicatorFile } from './indicators/index.ts'
import { RULES_MAX, TESTS_MAX, YARA_FILE_BYTES_MAX, YARA_FILES_MAX } from './limits.ts'
import { type PackManifest, parseManifest } from './manifest.ts'
import { parsePlaceholders } from './placeholders.ts'
import { Problems } from './problems.ts'
import { parseRuleTest, type RuleTest } from './rule-test.ts'
import { applyFilters, lintFilters, parseSigmaDocuments, type SigmaDocuments, type SigmaRule } from './sigma/index.ts'
import type { Diagnostic, PackSource, SourceFile, TextFile } from './source.ts'

/** A pack that was read. Everything in it is valid; what is not is in `diagnostics`, and then it does not compile. */
export interface ParsedPack {
  readonly manifest: PackManifest | null
  /** Sorted by id; the pack's own filters are part of them. */
  readonly rules: readonly SigmaRule[]
  readonly correlations: readonly Correlation[]
  readonly tests: readonly RuleTest[]
  readonly indicators: IndicatorTables
  readonly indicatorCount: number
  readonly yara: readonly TextFile[]
  readonly diagnostics: readonly Diagnostic[]
  /** What is legal and probably not meant. */
  readonly advice: readonly { readonly message: string; readonly at: Position }[]
}

/** Reads a whole pack and reports everything that is wrong with it, not only the first. Never throws on bad content. */
export function parsePack(source: PackSource): ParsedPack {
  const problems = new Problems()
  for (const one of source.diagnostics ?? []) problems.add(one.code, one.message, one.at)
  const manifest = source.manifest && parseManifest(source.manifest, problems)
  const hasContent = source.rules.length + source.indicators.length + (source.yara ?? []).length > 0
  if (!hasContent && problems.total === 0) {
    const at = source.manifest?.at ?? { file: 'pack.yaml', line: 1, column: 1 }
    problems.add('content/schema', 'Cannot read pack: it has no rules, no indicators and no YARA rules', at)
  }
  const documents = readDocuments(source, problems)
  const rules = applyFilters(documents.rules, documents.filters, problems)
  const correlations = parseCorrelations(documents.correlationNodes, documents.rules, problems)
  const unique = uniqueRules(rules, problems)
  const tests = parseTests(source.tests, unique, problems)
  const list = new IndicatorList()
  for (const { file, text } of source.indicators) parseIndicatorFile(file, text, list, problems)
  return {
    manifest,
    rules: [...unique.values()].toSorted((a, b) => compareTexts(a.id, b.id)),
    correlations,
    tests,
    indicators: buildIndicatorTables(list),
    indicatorCount: list.count,
    yara: readYara(source.yara ?? [], problems),
    diagnostics: problems.list(),
    advice: [...lintFilters(documents.rules, documents.filters), ...lintCorrelations(correlations)],
  }
}

function readDocuments(source: PackSource, problems: Problems): SigmaDocuments {
  const placeholders = source.placeholders ? parsePlaceholders(source.placeholders, problems) : new Map()
  const all: SigmaDocuments = { rules: [], filters: [], correlationNodes: [] }
  for (const file of source.rules) {
    const { rules, filters, correlationNodes } = parseSigmaDocuments(file, { placeholders }, problems)
    all.rules.push(...rules)
    all.filters.push(...filters)
    all.correlationNodes.push(...correlationNodes)
  }
  const beyond = all.rules[RULES_MAX]
  if (beyond === undefined) return all
  problems.add('content/limit', `Cannot read rules: at most ${RULES_MAX}, found ${all.rules.length}`, beyond.at)
  return { ...all, rules: all.rules.slice(0, RULES_MAX) }
}

function uniqueRules(rules: readonly SigmaRule[], problems: Problems): ReadonlyMap<string, SigmaRule> {
  const unique = new Map<string, SigmaRule>()
  for (const rule of rules) {
    const first = unique.get(rule.id)
    if (first === undefined) unique.set(rule.id, rule)
    else problems.add('content/schema', `Cannot use id ${rule.id} twice: ${place(first.at)} has it`, rule.at)
  }
  return unique
}

function parseTests(
  files: readonly SourceFile[],
  rules: ReadonlyMap<string, SigmaRule>,
  problems: Problems,
): readonly RuleTest[] {
  const beyond = files[TESTS_MAX]
  if (beyond) {
    problems.add('content/limit', `Cannot read tests: at most ${TESTS_MAX}, found ${files.length}`, beyond.node.at)
  }
  const tests = files.slice(0, TESTS_MAX).map(({ node }) => parseRuleTest(node, rules, problems))
  return tests.filter((test) => test !== null)
}

function readYara(files: readonly TextFile[], problems: Problems): readonly TextFile[] {
  for (const [i, { file, text }] of files.entries()) {
    const at = { file, line: 1, column: 1 }
    if (i === YARA_FILES_MAX) problems.add('content/limit', `Cannot read YARA rules: at most ${i} files`, at)
    if (text.length > YARA_FILE_BYTES_MAX) {
      problems.add('content/limit', `Cannot read YARA rules: at most ${YARA_FILE_BYTES_MAX} characters a file`, at)
    }
  }
  return files.toSorted((a, b) => compareTexts(a.file, b.file))
}

function place(at: Position): string {
  return `${at.file}:${at.line}`
}
