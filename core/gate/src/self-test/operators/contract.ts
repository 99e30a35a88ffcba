import type { FieldNeeds } from '@firebreak/content'
import type { Random } from '@firebreak/fuzz'
import type { EngineBuild } from '../../contract/engine-build.ts'
import { companionRule, companionTest } from '../companions.ts'
import type { SourceFault } from '../control.ts'
import type { JudgedEvidence } from '../judged-evidence.ts'
import { type PlainMap, withDocuments, withEntry } from '../source-edit.ts'
import { alterSome, faultIn, type JudgedFault } from './evidence-fault.ts'

function fault(id: string, code: string, what: string, apply: SourceFault['apply']): SourceFault {
  return { kind: 'source', id, aims: { check: 'contract', code }, what, apply }
}

/** A rule that reads a field of some events and is tested well: only the contract can know that nobody supplies it. */
function reads(n: number, field: string, logsource: PlainMap): SourceFault['apply'] {
  const rule = companionRule(n, { selection: { [field]: 'planted' }, condition: 'selection' }, { logsource })
  const test = companionTest(n, [{ [field]: 'planted' }, { [field]: 'PLANTED' }], [{ [field]: 'other' }])
  return (source) => withDocuments(source, [rule], [test])
}

/** The engine without one field that the image reads: a sensor that supplies 20 of 21. */
function withoutField({ supplies, ...build }: EngineBuild, { logsource, fields: read }: FieldNeeds): EngineBuild {
  const missing = read.at(-1)
  const fields = supplies.fields.map((one) =>
    one.category === logsource.category ? { ...one, fields: one.fields.filter((field) => field !== missing) } : one,
  )
  return { ...build, takesInputs: false, supplies: { ...supplies, fields } }
}

/** An image that reads nothing of a sensor reads one field more: to the contract it is the same. */
function oneFieldLess(evidence: JudgedEvidence, random: Random): JudgedEvidence {
  const { image, engines } = evidence
  const read = image.needs.filter((one) =>
    engines.every(({ supplies }) => supplies.fields.some((field) => isOf(one, field.category))),
  )
  if (read.length === 0) return { ...evidence, image: { ...image, needs: [...image.needs, ONE_MORE] } }
  const chosen = random.pick(read)
  return { ...evidence, engines: alterSome(engines, random, (build) => withoutField(build, chosen)) }
}

const ONE_MORE: FieldNeeds = {
  logsource: { category: 'process_creation', product: 'linux', service: null },
  fields: ['OneFieldMore'],
}

function isOf({ logsource, fields }: FieldNeeds, category: string): boolean {
  return logsource.category === category && fields.length > 0
}

/** What the candidate needs against what engines supply. */
export const CONTRACT_OPERATORS: readonly (SourceFault | JudgedFault)[] = [
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
  fault(
    'engine-of-tomorrow',
    'gate/no-engine-takes-it',
    'The pack needs an engine that is not there yet.',
    (source) => ({
      ...source,
      manifest: source.manifest && withEntry(source.manifest, 'minimumEngine', '99.0.0'),
    }),
  ),
  {
    kind: 'evidence',
    id: 'sensor-supplies-less',
    aims: { check: 'contract', code: 'detect/unsupplied-field' },
    what: 'An engine of the fleet supplies one field less than the image reads.',
    apply: oneFieldLess,
  },
  faultIn(
    'engines',
    'feature-not-supplied',
    { check: 'contract', code: 'detect/unsupplied-feature' },
    'An engine of the fleet lacks a feature that the image needs.',
    (engines, random, { image }) => {
      const feature = random.pick(image.features)
      return alterSome(engines, random, ({ supplies, ...build }) => {
        const features = supplies.features.filter((one) => one !== feature)
        return { ...build, supplies: { ...supplies, features } }
      })
    },
  ),
  faultIn(
    'engines',
    'no-engine',
    { check: 'contract', code: 'gate/no-engine', verdict: 'inconclusive' },
    'There is no engine to hold the image against.',
    () => [],
  ),
]
