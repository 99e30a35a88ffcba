import type { ContentErrorCode, Position } from './errors.ts'

/** A value with its place in a file: what core reads of YAML. YAML itself is parsed in an adapter. */
export type SourceNode = ScalarNode | SequenceNode | MappingNode

export interface ScalarNode {
  readonly kind: 'scalar'
  readonly value: string | number | boolean | null
  readonly at: Position
}

export interface SequenceNode {
  readonly kind: 'sequence'
  readonly items: readonly SourceNode[]
  readonly at: Position
}

export interface MappingNode {
  readonly kind: 'mapping'
  readonly entries: readonly MappingEntry[]
  readonly at: Position
}

export interface MappingEntry {
  readonly key: string
  readonly keyAt: Position
  readonly value: SourceNode
}

export interface SourceFile {
  readonly file: string
  readonly node: SourceNode
}

export interface TextFile {
  readonly file: string
  readonly text: string
}

/** What an author wrote, before it means anything. */
export interface PackSource {
  /** Null when there is none or it can't be read; `diagnostics` then says why. */
  readonly manifest: SourceNode | null
  /** Detection rules, correlations and filters: one or more documents a file. */
  readonly rules: readonly SigmaSource[]
  readonly tests: readonly SourceFile[]
  readonly indicators: readonly TextFile[]
  readonly yara?: readonly TextFile[]
  /** What `%name%` stands for in rules. */
  readonly placeholders?: SourceNode | null
  /** Files that could not be read, so that one broken file does not hide what is wrong with the others. */
  readonly diagnostics?: readonly Diagnostic[]
}

/** The YAML documents of one file. */
export interface SigmaSource {
  readonly file: string
  readonly nodes: readonly SourceNode[]
}

/** One thing that is wrong with a source, and where. */
export interface Diagnostic {
  readonly code: ContentErrorCode
  readonly message: string
  readonly at: Position
}

type Plain = string | number | boolean | null | readonly Plain[] | { readonly [key: string]: Plain }

/** The tree of a value that was made in code and not read from a file; everything is at line 1, column 1. */
export function toSourceNode(value: Plain, file: string): SourceNode {
  const at = { file, line: 1, column: 1 }
  if (value === null || typeof value !== 'object') return { kind: 'scalar', value, at }
  if (isList(value)) return { kind: 'sequence', items: value.map((item) => toSourceNode(item, file)), at }
  const entries = Object.entries(value).map(([key, one]) => ({ key, keyAt: at, value: toSourceNode(one, file) }))
  return { kind: 'mapping', entries, at }
}

function isList(value: Plain): value is readonly Plain[] {
  return Array.isArray(value)
}
