import { unreachable } from '@firebreak/kernel'
import { Problems } from '../problems.ts'
import { type Diagnostic, toSourceNode } from '../source.ts'
import type { FieldTest, Match, SigmaFilter, SigmaRule, Tree } from './ast.ts'
import { parseSigmaDocuments } from './documents.ts'
import { isBranch } from './tree.ts'

type Plain = Parameters<typeof toSourceNode>[0]

export const RULE_ID = '929a690e-bef0-4204-a928-ef5e620d6fcc'

/** A rule around a detection. */
export function ruleOf(
  detection: Plain,
  more: { readonly [key: string]: Plain } = {},
): { readonly [key: string]: Plain } {
  return { title: 'Test', id: RULE_ID, logsource: { category: 'process_creation' }, detection, ...more }
}

export interface Reading {
  readonly rules: readonly SigmaRule[]
  readonly filters: readonly SigmaFilter[]
  readonly problems: readonly Diagnostic[]
}

/** Reads documents that are given as plain values. */
export function readDocuments(
  documents: readonly Plain[],
  placeholders: Readonly<Record<string, readonly string[]>> = {},
): Reading {
  const problems = new Problems()
  const nodes = documents.map((one) => toSourceNode(one, 'test.yml'))
  const context = { placeholders: new Map(Object.entries(placeholders)) }
  const { rules, filters } = parseSigmaDocuments({ file: 'test.yml', nodes }, context, problems)
  return { rules, filters, problems: problems.list() }
}

/** What one selection means, as text; or the codes of what is wrong with it. */
export function readSelection(
  selection: Plain,
  placeholders: Readonly<Record<string, readonly string[]>> = {},
): string {
  const { rules, problems } = readDocuments([ruleOf({ selection, condition: 'selection' })], placeholders)
  const test = rules[0]?.selections[0]?.test
  return test ? showTree(test) : problems.map(({ code }) => code).join(' ')
}

export function showTree<Leaf extends FieldTest | { readonly kind: 'selection'; readonly selection: number }>(
  tree: Tree<Leaf>,
): string {
  if (!isBranch(tree)) return tree.kind === 'selection' ? `#${tree.selection}` : showTest(tree)
  if (tree.kind === 'not') return `!${showTree(tree.child)}`
  return `(${tree.children.map((child) => showTree(child)).join(tree.kind === 'all' ? ' & ' : ' | ')})`
}

function showTest({ field, match }: FieldTest): string {
  return `${field ?? 'ANY'} ${showMatch(match)}`
}

function showMatch(match: Match): string {
  switch (match.kind) {
    case 'text':
      return (match.cased ? 'cased ' : '') + match.patterns.map(({ shape, text }) => `${shape} <${text}>`).join(', ')
    case 'regex':
      return match.regexes.map(({ source, flags }) => `re/${source}/${showFlags(flags)}`).join(', ')
    case 'cidr':
      return match.networks.map(({ words, prefixBits }) => `in ${showWords(words)}/${prefixBits}`).join(', ')
    case 'compare':
      return `${match.operator} ${match.number}`
    case 'field':
      return `${match.cased ? 'cased ' : ''}${match.how} field ${match.other}`
    case 'time':
      return `${match.part} ${match.numbers.join(',')}`
    case 'exists':
    case 'null':
      return match.kind
    default:
      return unreachable(match)
  }
}

function showFlags(flags: {
  readonly ignoreCase: boolean
  readonly multiline: boolean
  readonly dotAll: boolean
}): string {
  return (flags.ignoreCase ? 'i' : '') + (flags.multiline ? 'm' : '') + (flags.dotAll ? 's' : '')
}

function showWords(words: readonly number[]): string {
  return words.map((word) => (word >>> 0).toString(16)).join(':')
}
