import {
  type canFire,
  ContentError,
  type Diagnostic,
  type FieldTest,
  parsePack,
  type Position,
} from '@firebreak/content'
import { parseYaml } from '@firebreak/pack-folder'
import type { SigmaFile } from './sigma-folder.ts'

/** What an import needs of a rule. */
export type SigmaRule = Parameters<typeof canFire>[0] & {
  readonly id: string
  readonly title: string
  readonly at: Position
}

/** One file of a repository: its rules that can be read, and everything that is wrong with the others. */
export interface ParsedSigmaFile {
  readonly source: SigmaFile
  readonly rules: readonly SigmaRule[]
  readonly diagnostics: readonly Diagnostic[]
}

/** Never throws on what is in a file. */
export function parseSigmaFile(source: SigmaFile): ParsedSigmaFile {
  try {
    const node = parseYaml(source.text, source.file)
    const { rules, diagnostics } = parsePack({
      manifest: null,
      rules: [{ file: source.file, node }],
      tests: [],
      indicators: [],
    })
    return { source, rules: rules.map(toRule), diagnostics }
  } catch (error) {
    if (!(error instanceof ContentError) || error.at === null) throw error
    return { source, rules: [], diagnostics: [{ code: error.code, message: error.message, at: error.at }] }
  }
}

type OldRule = ReturnType<typeof parsePack>['rules'][number]
type Test = SigmaRule['selections'][number]['test']

function toRule({ logsource, condition, ...rule }: OldRule): SigmaRule {
  return {
    ...rule,
    logsource: { ...logsource, service: null },
    selections: [{ name: 'selection', test: toTest(condition) }],
    condition: { kind: 'selection', selection: 0 },
  }
}

function toTest(node: OldRule['condition']): Test {
  if (node.kind === 'not') return { kind: 'not', child: toTest(node.child) }
  if ('children' in node) return { kind: node.kind, children: node.children.map(toTest) }
  return { kind: 'test', field: node.field, match: matchOf(node) }
}

function matchOf(test: FieldTest): Extract<Test, { kind: 'test' }>['match'] {
  return test.kind === 'null' ? { kind: 'null' } : { kind: 'regex', regexes: [] }
}
