import { ContentError, type MappingEntry, type Position, type SourceNode } from '@firebreak/content'
import {
  type Document,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  type YAMLMap,
} from 'yaml'

/** Characters of one YAML file. */
export const YAML_CHARS_MAX = 1024 * 1024
/** Maps and lists in one another. */
const DEPTH_MAX = 32

/** Documents of one file. */
const DOCUMENTS_MAX = 1_000

/**
 * Reads one YAML 1.2 document (core schema) into a positioned tree. Refused: a second document, duplicate keys, keys
 * that are not text, tags of one's own, and aliases altogether, so that no document is larger than it looks.
 *
 * @param file - the name that positions carry
 * @throws ContentError content/yaml | content/limit, with the place
 */
export function parseYaml(text: string, file: string): SourceNode {
  const [only, second] = parseYamlDocuments(text, file)
  if (only === undefined) {
    throw new ContentError('content/yaml', 'Cannot read YAML: the file is empty', { file, line: 1, column: 1 })
  }
  if (second === undefined) return only
  throw new ContentError('content/yaml', 'Cannot read YAML: expected one document', second.at)
}

/**
 * Reads all documents of a file, each as parseYaml does. Empty ones (a separator with nothing behind it) are left out.
 *
 * @param file - the name that positions carry
 * @throws ContentError content/yaml | content/limit, with the place
 */
export function parseYamlDocuments(text: string, file: string): SourceNode[] {
  const start = { file, line: 1, column: 1 }
  if (text.length > YAML_CHARS_MAX) {
    throw new ContentError('content/limit', `Cannot read YAML: expected at most ${YAML_CHARS_MAX} characters`, start)
  }
  const lines = new LineCounter()
  const place = (offset: number): Position => {
    const { line, col } = lines.linePos(offset)
    return { file, line, column: col }
  }
  const documents = parseAllDocuments(text, { schema: 'core', lineCounter: lines, prettyErrors: false })
  const beyond = documents[DOCUMENTS_MAX]
  if (beyond) {
    const message = `Cannot read YAML: expected at most ${DOCUMENTS_MAX} documents, found ${documents.length}`
    throw new ContentError('content/limit', message, place(beyond.range[0]))
  }
  for (const document of documents) checkDocument(document, place)
  return documents.flatMap(({ contents }) =>
    contents === null || isEmpty(contents) ? [] : [convert(contents, place, 0)],
  )
}

function checkDocument({ errors, warnings }: Document.Parsed, place: Place): void {
  const [problem] = [...errors, ...warnings]
  if (problem === undefined) return
  // The library's composer recurses; this is how it reports that thousands of nested brackets used up its stack.
  const code = problem.code === 'RESOURCE_EXHAUSTION' ? 'content/limit' : 'content/yaml'
  throw new ContentError(code, `Cannot read YAML: ${firstLine(problem.message)}`, place(problem.pos[0]))
}

/** Nothing at all, not even the word null. */
function isEmpty(node: Node): boolean {
  return isScalar(node) && node.value === null && node.source === ''
}

type Place = (offset: number) => Position

function convert(node: Node, place: Place, depth: number): SourceNode {
  const at = place(node.range?.[0] ?? 0)
  if (depth > DEPTH_MAX) {
    throw new ContentError('content/limit', `Cannot read YAML: nested deeper than ${DEPTH_MAX}`, at)
  }
  if (isScalar(node)) return { kind: 'scalar', value: scalarValue(node, at), at }
  if (isSeq<Node>(node)) return { kind: 'sequence', items: node.items.map((one) => convert(one, place, depth + 1)), at }
  if (isMap<Node, Node | null>(node)) return { kind: 'mapping', entries: convertEntries(node, place, depth), at }
  throw new ContentError('content/yaml', 'Cannot read YAML: aliases are not accepted', at)
}

function scalarValue({ value }: Scalar, at: Position): string | number | boolean | null {
  const type = typeof value
  if (value === null || type === 'string' || type === 'number' || type === 'boolean') {
    return value as string | number | boolean | null
  }
  throw new ContentError('content/yaml', `Cannot read YAML: expected text, a number, true, false or null`, at)
}

function convertEntries(map: YAMLMap<Node, Node | null>, place: Place, depth: number): readonly MappingEntry[] {
  return map.items.map(({ key, value }: Pair<Node, Node | null>) => {
    const keyAt = place(key.range?.[0] ?? 0)
    if (!isScalar(key) || typeof key.value !== 'string') {
      throw new ContentError('content/yaml', 'Cannot read YAML: expected a key that is text', keyAt)
    }
    const child: SourceNode = value ? convert(value, place, depth + 1) : { kind: 'scalar', value: null, at: keyAt }
    return { key: key.value, keyAt, value: child }
  })
}

function firstLine(text: string): string {
  return text.split('\n')[0] ?? text
}
