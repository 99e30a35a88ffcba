import { companionRule, companionTest } from '../companions.ts'
import type { SourceFault } from '../control.ts'
import { type PlainMap, withDocuments, withEntry } from '../source-edit.ts'

function fault(id: string, code: string, what: string, apply: SourceFault['apply']): SourceFault {
  return { kind: 'source', id, aims: { check: 'contract', code }, what, apply }
}

/** A rule that reads a field of some events and is tested well: only the contract can know that nobody supplies it. */
function reads(n: number, field: string, logsource: PlainMap): SourceFault['apply'] {
  const rule = companionRule(n, { selection: { [field]: 'planted' }, condition: 'selection' }, { logsource })
  const test = companionTest(n, [{ [field]: 'planted' }, { [field]: 'PLANTED' }], [{ [field]: 'other' }])
  return (source) => withDocuments(source, [rule], [test])
}

/** What a candidate needs against what engines supply. */
export const CONTRACT_OPERATORS: readonly SourceFault[] = [
  fault(
    'field-not-supplied',
    'detect/unsupplied-field',
    'A rule reads a field more than the engine supplies.',
    reads(5, 'OneFieldMore', { category: 'process_creation', product: 'linux' }),
  ),
  fault(
    'source-not-supplied',
    'detect/unsupplied-source',
    'A rule is about events that no sensor of the engine reports.',
    reads(6, 'Image', { category: 'process_creation', product: 'windows' }),
  ),
  fault('engine-too-old', 'detect/engine-too-old', 'The pack needs an engine that is not there yet.', (source) => ({
    ...source,
    manifest: source.manifest && withEntry(source.manifest, 'minimumEngine', '99.0.0'),
  })),
]
