import type { Position } from './errors.ts'
import { type Indicator, INDICATOR_TYPES, parseIndicators } from './indicator.ts'
import { INDICATORS_MAX, RULES_MAX, TESTS_MAX } from './limits.ts'
import { type PackManifest, parseManifest } from './manifest.ts'
import { Problems } from './problems.ts'
import { parseRuleTest, type RuleTest } from './rule-test.ts'
import type { SigmaRule } from './sigma.ts'
import { parseRule } from './sigma-rule.ts'
import type { Diagnostic, PackSource, SourceFile } from './source.ts'

/** A pack that was read. Everything in it is valid; what is not is in `diagnostics`, and then it does not compile. */
export interface ParsedPack {
  readonly manifest: PackManifest | null
  /** Sorted by id. */
  readonly rules: readonly SigmaRule[]
  readonly tests: readonly RuleTest[]
  /** Sorted by type and value, each once. */
  readonly indicators: readonly Indicator[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Reads a whole pack and reports everything that is wrong with it, not only the first. Never throws on bad content. */
export function parsePack(source: PackSource): ParsedPack {
  const problems = new Problems()
  for (const one of source.diagnostics ?? []) problems.add(one.code, one.message, one.at)
  const manifest = source.manifest && parseManifest(source.manifest, problems)
  if (source.rules.length === 0 && source.indicators.length === 0 && problems.total === 0) {
    const at = source.manifest?.at ?? { file: 'pack.yaml', line: 1, column: 1 }
    problems.add('content/schema', 'Cannot read pack: it has no rules and no indicators', at)
  }
  const rules = parseRules(source.rules, problems)
  const tests = parseTests(source.tests, rules, problems)
  const indicators = parseAllIndicators(source.indicators, problems)
  return {
    manifest,
    rules: [...rules.values()].toSorted((a, b) => compare(a.id, b.id)),
    tests,
    indicators,
    diagnostics: problems.list(),
  }
}

function parseRules(files: readonly SourceFile[], problems: Problems): ReadonlyMap<string, SigmaRule> {
  const rules = new Map<string, SigmaRule>()
  for (const { node } of within(files, RULES_MAX, 'rules', problems)) {
    const rule = parseRule(node, problems)
    if (rule === null) continue
    const first = rules.get(rule.id)
    if (first === undefined) rules.set(rule.id, rule)
    else problems.add('content/schema', `Cannot use id ${rule.id} twice: ${place(first.at)} has it`, rule.at)
  }
  return rules
}

function parseTests(
  files: readonly SourceFile[],
  rules: ReadonlyMap<string, SigmaRule>,
  problems: Problems,
): readonly RuleTest[] {
  const tests = within(files, TESTS_MAX, 'tests', problems).map(({ node }) => parseRuleTest(node, rules, problems))
  return tests.filter((test) => test !== null)
}

function parseAllIndicators(files: PackSource['indicators'], problems: Problems): readonly Indicator[] {
  const unique = new Map<string, Indicator>()
  for (const { file, text } of files) {
    for (const one of parseIndicators(file, text, problems)) {
      const key = `${one.type} ${one.value}`
      // Feeds overlap. The first description stays, and files come in a fixed order.
      if (!unique.has(key)) unique.set(key, one)
    }
    if (unique.size > INDICATORS_MAX) {
      const at = { file, line: 1, column: 1 }
      problems.add('content/limit', `Cannot read indicators: expected at most ${INDICATORS_MAX}`, at)
      return []
    }
  }
  return [...unique.values()].toSorted(byTypeAndValue)
}

function byTypeAndValue(a: Indicator, b: Indicator): number {
  return INDICATOR_TYPES.indexOf(a.type) - INDICATOR_TYPES.indexOf(b.type) || compare(a.value, b.value)
}

function within(files: readonly SourceFile[], max: number, what: string, problems: Problems): readonly SourceFile[] {
  const first = files[max]
  if (first === undefined) return files
  problems.add('content/limit', `Cannot read ${what}: expected at most ${max}, found ${files.length}`, first.node.at)
  return files.slice(0, max)
}

function place(at: Position): string {
  return `${at.file}:${at.line}`
}

/** By UTF-16 code unit: the one order of the compiler and the image. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
