import type { SourceNode } from '@firebreak/content'
import type { Random } from '@firebreak/fuzz'
import { companionId } from '../companions.ts'
import type { Aim, SourceFault } from '../control.ts'
import { editSomeRule, entryOf, type PlainMap, textOf, withDocuments, withEntry, within } from '../source-edit.ts'

function fault(
  id: string,
  code: string,
  what: string,
  apply: SourceFault['apply'],
  also: Aim['also'] = [],
): SourceFault {
  return { kind: 'source', id, aims: { check: 'source', code: `gate/source-${code}`, also }, what, apply }
}

function conditionOf(rule: SourceNode): string | null {
  const detection = entryOf(rule, 'detection')
  return detection && textOf(detection, 'condition')
}

/** Some rule with one condition gets another. */
function condition(edit: (condition: string) => string): SourceFault['apply'] {
  return (source, random) =>
    editSomeRule(
      source,
      random,
      (rule) => within(rule, 'detection', (one) => withEntry(one, 'condition', edit(conditionOf(rule) ?? ''))),
      (rule) => conditionOf(rule) !== null,
    )
}

/** Some rule gets one more field test, on a field of its own. */
function fieldTest(key: string, value: string): SourceFault['apply'] {
  return (source, random) =>
    editSomeRule(
      source,
      random,
      (rule) =>
        within(rule, 'detection', (one) => {
          const more = withEntry(one, 'self_test', { [key]: value })
          return withEntry(more, 'condition', `(${conditionOf(rule) ?? ''}) or self_test`)
        }),
      (rule) => conditionOf(rule) !== null,
    )
}

/** A selection that no condition asks for, nor any pattern of one. */
function dangling(source: Parameters<SourceFault['apply']>[0], random: Random): ReturnType<SourceFault['apply']> {
  const asksByName = (rule: SourceNode): boolean => !/\bthem\b|\*/.test(conditionOf(rule) ?? 'them')
  return editSomeRule(
    source,
    random,
    (rule) => within(rule, 'detection', (one) => withEntry(one, 'forgotten_filter', { User: 'root' })),
    asksByName,
  )
}

function filter(title: string): PlainMap {
  return {
    title,
    id: companionId(91),
    description: 'Planted by the self-test of the gate.',
    logsource: { category: 'process_creation', product: 'linux' },
    filter: { rules: [companionId(1)], selection: { User: 'self-test' }, condition: 'not selection' },
  }
}

/** `source`: what Sigma allows and no author means. */
export const SIGMA_OPERATORS: readonly SourceFault[] = [
  fault('dangling-detection', 'dangling-detection', 'No condition asks for a selection of a rule.', dangling),
  fault(
    'condition-never',
    'condition-never',
    'A condition contradicts itself.',
    condition((one) => `(${one}) and not (${one})`),
    ['tests'],
  ),
  fault(
    'condition-always',
    'condition-always',
    'A condition holds for every event.',
    condition((one) => `(${one}) or not (${one})`),
    ['tests'],
  ),
  fault('duplicate-filter-id', 'id-duplicate', 'Two filters have the same id.', (source) =>
    withDocuments(source, [filter('Planted Filter'), filter('Planted Filter Again')], []),
  ),
  fault(
    'foreign-log-source-attribute',
    'logsource-attribute',
    'A log source is narrowed by something that narrows nothing.',
    (source, random) =>
      editSomeRule(source, random, (rule) => within(rule, 'logsource', (one) => withEntry(one, 'platform', 'x86'))),
  ),
  fault(
    'whole-field-base64offset',
    'base64offset-without-contains',
    'A whole field has to be a piece of base64.',
    fieldTest('CommandLine|base64offset', 'planted'),
  ),
  fault('turned-text', 'bidirectional', 'A title is shown in another order than it is read.', (source, random) =>
    editSomeRule(source, random, (rule) => withEntry(rule, 'title', `${textOf(rule, 'title') ?? ''}\u202e`)),
  ),
  fault(
    'control-character-in-name',
    'invisible-name',
    'The name of a field has a control character.',
    fieldTest('Ima\u0007ge', 'planted'),
    ['contract'],
  ),
  fault(
    'look-alike-field',
    'mixed-script',
    'The name of a field has a Cyrillic letter that looks like a Latin one.',
    fieldTest('Im\u0430ge', 'planted'),
    ['contract'],
  ),
]
