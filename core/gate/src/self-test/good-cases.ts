import { ENGINE_VERSION } from '@firebreak/detect'
import { companionRule, companionTest, plainRule, plainTest } from './companions.ts'
import type { Aim, ImageFault, ReportFault, SourceFault } from './control.ts'
import { withDocuments, withEntry } from './source-edit.ts'

function of(check: Aim['check']): Aim {
  return { check, code: '' }
}

/**
 * What has to pass, each at the edge of what its check allows: a gate that rejects everything is as broken as one that rejects nothing.
 * Shown with the control pack.
 */
export const GOOD_CASES: readonly (SourceFault | ImageFault | ReportFault)[] = [
  {
    kind: 'source',
    id: 'longest-title',
    aims: of('source'),
    what: 'A title of 256 characters, as many as an image can carry.',
    apply: (source) =>
      withDocuments(
        source,
        [plainRule(60, { title: 'Planted '.padEnd(256, 'and again ').slice(0, 256) })],
        [plainTest(60)],
      ),
  },
  {
    kind: 'source',
    id: 'deepest-condition',
    aims: of('source'),
    what: 'A condition with as many parentheses around it as the parser follows.',
    apply: (source) => {
      const condition = `${'('.repeat(31)}selection${')'.repeat(31)}`
      const rule = companionRule(61, { selection: { 'Image|endswith': '/planted' }, condition })
      return withDocuments(source, [rule], [companionTest(61, [{ Image: '/planted' }], [{ Image: '/other' }])])
    },
  },
  {
    kind: 'source',
    id: 'repetition-within-limits',
    aims: of('compile'),
    what: 'A regular expression that repeats a thousand times, which is linear all the same.',
    apply: (source) => {
      const rule = companionRule(62, { selection: { 'CommandLine|re': '^(?:a|b){1,1000}$' }, condition: 'selection' })
      const ignored = [{ CommandLine: 'abc' }]
      return withDocuments(source, [rule], [companionTest(62, [{ CommandLine: 'abba' }], ignored)])
    },
  },
  {
    kind: 'image',
    id: 'copied-image',
    aims: of('verify'),
    what: 'The same bytes at another place in memory.',
    apply: (compiled) => ({ ...compiled, image: Uint8Array.from([0, ...compiled.image]).subarray(1) }),
  },
  {
    kind: 'source',
    id: 'one-event-each',
    aims: of('tests'),
    what: 'A test with one event to match and one to ignore, which differ in one value.',
    apply: (source) =>
      withDocuments(
        source,
        [companionRule(63, { selection: { 'Image|endswith': '/planted' }, condition: 'selection' })],
        [companionTest(63, [{ Image: '/planted' }], [{ Image: '/plante' }])],
      ),
  },
  {
    kind: 'source',
    id: 'this-very-engine',
    aims: of('contract'),
    what: 'A pack that needs exactly the engine that there is.',
    apply: (source) => ({
      ...source,
      manifest: source.manifest && withEntry(source.manifest, 'minimumEngine', ENGINE_VERSION),
    }),
  },
]
