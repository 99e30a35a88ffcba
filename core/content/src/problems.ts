import { ContentError, type ContentErrorCode, type Position } from './errors.ts'
import { DIAGNOSTICS_MAX } from './limits.ts'
import type { Diagnostic, MappingNode, ScalarNode, SourceNode } from './source.ts'

/** Collects what is wrong, so that a hundred errors are shown as a hundred. Readers report here and return null. */
export class Problems {
  readonly #found: Diagnostic[] = []
  #total = 0

  get total(): number {
    return this.#total
  }

  add(code: ContentErrorCode, message: string, at: Position): null {
    this.#total++
    if (this.#found.length < DIAGNOSTICS_MAX) this.#found.push({ code, message, at })
    return null
  }

  /** In the order of file, line, column. Beyond DIAGNOSTICS_MAX the last one says how many were left out. */
  list(): readonly Diagnostic[] {
    const sorted = this.#found.toSorted(byPlace)
    const last = sorted.at(-1)
    if (last === undefined || this.#total === sorted.length) return sorted
    const message = `Cannot list everything: ${this.#total - sorted.length} more problems`
    return [...sorted, { code: 'content/limit', message, at: last.at }]
  }

  /** Runs `read`; a ContentError of it becomes a diagnostic at its own place, or at `at` when it has none. */
  attempt<T>(at: Position, read: () => T): T | null {
    try {
      return read()
    } catch (error) {
      if (!(error instanceof ContentError)) throw error
      return this.add(error.code, error.message, error.at ?? at)
    }
  }

  mapping(node: SourceNode, what: string): MappingNode | null {
    if (node.kind === 'mapping') return node
    return this.#unexpected(node, what, 'a map of keys')
  }

  text(node: SourceNode, what: string, charsMax: number): string | null {
    if (node.kind !== 'scalar' || typeof node.value !== 'string') return this.#unexpected(node, what, 'text')
    return this.#bounded(node.value, what, charsMax, node)
  }

  /** A value that may be given as one text or as a list of texts. */
  texts(node: SourceNode, what: string, itemsMax: number, charsMax: number): readonly string[] {
    const items = node.kind === 'sequence' ? node.items : [node]
    if (items.length > itemsMax) {
      this.add('content/limit', `Cannot read ${what}: expected at most ${itemsMax}, found ${items.length}`, node.at)
      return []
    }
    return items.map((item) => this.text(item, what, charsMax)).filter((text) => text !== null)
  }

  #bounded(text: string, what: string, charsMax: number, node: ScalarNode): string | null {
    if (!text.isWellFormed()) return this.add('content/schema', `Cannot read ${what}: not well-formed text`, node.at)
    if (text.length <= charsMax) return text
    const message = `Cannot read ${what}: expected at most ${charsMax} characters, found ${text.length}`
    return this.add('content/limit', message, node.at)
  }

  #unexpected(node: SourceNode, what: string, expected: string): null {
    const message = `Cannot read ${what}: expected ${expected}, found ${describe(node)}`
    return this.add('content/schema', message, node.at)
  }
}

export function describe(node: SourceNode): string {
  if (node.kind === 'sequence') return 'a list'
  if (node.kind === 'mapping') return 'a map'
  if (typeof node.value === 'string') return `text ${JSON.stringify(node.value.slice(0, 60))}`
  return node.value === null ? 'nothing (null)' : `${typeof node.value} ${node.value}`
}

export function entry(node: MappingNode, key: string): SourceNode | null {
  return node.entries.find((one) => one.key === key)?.value ?? null
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.at.file !== b.at.file) return a.at.file < b.at.file ? -1 : 1
  return a.at.line - b.at.line || a.at.column - b.at.column
}
