import { ContentError, type Diagnostic, type PackSource, type SourceNode } from '@firebreak/content'
import { parseYaml, parseYamlDocuments } from '@firebreak/pack-folder'

/** A file of a pack as it is now; null: it is not there any more. */
export interface ChangedFile {
  /** Relative to the pack, with `/`. */
  readonly file: string
  readonly text: string | null
}

/** What a change touches, and the whole pack with the change in it. */
export interface Touched {
  readonly source: PackSource
  /** The rules of the changed files, and of the changed tests, with all their tests: a pack that can be judged by itself. */
  readonly slice: PackSource
}

const RULE_FILE = /^rules\/.*\.ya?ml$/
const TEST_FILE = /^tests\/.*\.ya?ml$/

/**
 * Takes changed rules and tests into a pack that was read before, without reading the rest again.
 *
 * @returns null when something else changed (the manifest, indicators, placeholders): then everything is touched
 */
export function takeChanges(source: PackSource, changes: readonly ChangedFile[]): Touched | null {
  if (changes.some(({ file }) => !RULE_FILE.test(file) && !TEST_FILE.test(file))) return null
  const next = changes.reduce(takeOne, source)
  const changed = new Set(changes.map(({ file }) => file))
  const ids = new Set([
    ...next.rules
      .filter(({ file }) => changed.has(file))
      .flatMap(({ nodes }) => nodes.map((node) => textAt(node, 'id'))),
    ...next.tests.filter(({ file }) => changed.has(file)).map(({ node }) => textAt(node, 'rule')),
  ])
  const slice = {
    ...next,
    rules: next.rules.filter(
      ({ file, nodes }) => changed.has(file) || nodes.some((node) => ids.has(textAt(node, 'id'))),
    ),
    tests: next.tests.filter(({ file, node }) => changed.has(file) || ids.has(textAt(node, 'rule'))),
    indicators: [],
    yara: [],
    diagnostics: (next.diagnostics ?? []).filter(({ at }) => changed.has(at.file)),
  }
  return { source: next, slice }
}

function takeOne(source: PackSource, { file, text }: ChangedFile): PackSource {
  const rules = source.rules.filter((one) => one.file !== file)
  const tests = source.tests.filter((one) => one.file !== file)
  const diagnostics = (source.diagnostics ?? []).filter(({ at }) => at.file !== file)
  const without = { ...source, rules, tests, diagnostics }
  if (text === null) return without
  try {
    if (TEST_FILE.test(file)) return { ...without, tests: [...tests, { file, node: parseYaml(text, file) }] }
    return { ...without, rules: [...rules, { file, nodes: parseYamlDocuments(text, file) }] }
  } catch (error) {
    if (!(error instanceof ContentError) || error.at === null) throw error
    const diagnostic: Diagnostic = { code: error.code, message: error.message, at: error.at }
    return { ...without, diagnostics: [...diagnostics, diagnostic] }
  }
}

/** The text of a key, or nothing that equals any id. */
function textAt(node: SourceNode, key: string): string {
  const value = node.kind === 'mapping' ? node.entries.find((one) => one.key === key)?.value : undefined
  return value?.kind === 'scalar' && typeof value.value === 'string' ? value.value : `no ${key}`
}
