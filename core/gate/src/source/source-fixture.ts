import { type PackSource, parsePack, type ParsedPack, toSourceNode } from '@firebreak/content'
import { MANIFEST, type Plain, type PlainMap, ruleId } from '../gate-fixture.ts'
import { type SourceFinding, sourceFindings } from './check-source.ts'

const LINUX = { category: 'process_creation', product: 'linux' }

/** A rule in which nothing is found, with other attributes for some of its own; null takes one away. */
export function cleanRule(n: number, change: PlainMap = {}): PlainMap {
  return changed(
    {
      title: `Clean rule ${n}`,
      id: ruleId(n),
      status: 'test',
      description: 'Looks for a program that listens on a port.',
      references: ['https://example.org/a', 'https://example.org/b'],
      date: '2026-01-31',
      modified: '2026-02-28',
      tags: ['attack.execution', 'attack.t1059.004'],
      logsource: LINUX,
      detection: { selection: { 'Image|endswith': `/nc${n}` }, condition: 'selection' },
      level: 'high',
    },
    change,
  )
}

/** A correlation of rule 1 in which nothing is found. */
export function cleanCorrelation(change: PlainMap = {}): PlainMap {
  const correlation = {
    type: 'event_count',
    rules: [ruleId(1)],
    'group-by': ['User'],
    timespan: '1m',
    condition: { gte: 2 },
  }
  const { detection: _detection, logsource: _logsource, ...metadata } = cleanRule(100)
  return changed({ ...metadata, title: 'Clean correlation', correlation }, change)
}

/** A filter of rule 1 in which nothing is found. */
export function cleanFilter(change: PlainMap = {}): PlainMap {
  const filter = { rules: [ruleId(1)], selection: { User: 'scanner' }, condition: 'not selection' }
  return changed({ title: 'Clean filter', id: ruleId(200), logsource: LINUX, filter }, change)
}

function changed(map: PlainMap, change: PlainMap): PlainMap {
  return Object.fromEntries(Object.entries({ ...map, ...change }).filter(([, value]) => value !== null))
}

/** A rule whose detection is one selection, or is as it says. */
export function detecting(n: number, selection: Plain, more: PlainMap = {}): PlainMap {
  return cleanRule(n, { detection: { selection, condition: 'selection' }, ...more })
}

/** @param files - names of files; by default each document has a file of its own with a name that is long enough */
export function sourceOfDocuments(documents: readonly Plain[], files: readonly string[] = []): PackSource {
  return {
    manifest: toSourceNode(MANIFEST, 'pack.yaml'),
    rules: documents.map((one, i) => {
      const file = files[i] ?? `rules/document-${i}.yml`
      return { file, nodes: [toSourceNode(one, file)] }
    }),
    tests: [],
    indicators: [],
  }
}

export interface ReadSource {
  readonly source: PackSource
  readonly pack: ParsedPack
  readonly findings: readonly SourceFinding[]
}

export function readDocuments(documents: readonly Plain[], files: readonly string[] = []): ReadSource {
  const source = sourceOfDocuments(documents, files)
  const pack = parsePack(source)
  return { source, pack, findings: sourceFindings(source, pack) }
}
