import { type Reference, referencesOf, selects } from './condition-text.ts'
import { placeOf, quoted, type SigmaDocument, type SourceContext } from './document.ts'
import { logicOf } from './logic.ts'
import type { Found, SourceRule } from './source-rule.ts'

export const CONDITION_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-dangling-detection',
    severity: 'error',
    reason: 'A selection that no condition asks for never decides anything: a filter or a detection was forgotten.',
    mend: 'Use the selection in the condition, or delete it.',
    pysigma: ['DanglingDetection'],
    find: ({ documents }) => documents.flatMap(danglingSelections),
  },
  {
    code: 'gate/source-condition-never',
    severity: 'error',
    reason: 'A condition that contradicts itself holds for no event: the rule detects nothing.',
    mend: 'Take out the part of the condition that denies another.',
    pysigma: [],
    find: (context) => constants(context, 'never'),
  },
  {
    code: 'gate/source-condition-always',
    severity: 'error',
    reason: 'A condition that no selection can fail holds for every event: the rule is a flood.',
    mend: 'Take out the alternative that holds whenever the others do not.',
    pysigma: [],
    find: (context) => constants(context, 'always'),
  },
  {
    code: 'gate/source-duplicate-logic',
    severity: 'warning',
    reason: 'Two rules that ask the same of the same events always alert together, and a tuning has to name both.',
    mend: 'Keep one of the rules, or make them differ.',
    pysigma: [],
    find: duplicateLogic,
  },
  {
    code: 'gate/source-all-of-them',
    severity: 'warning',
    reason: 'With `all of them` the next selection that is added, be it a filter, becomes one more thing to be met.',
    mend: 'Name the selections, for example with `all of selection_*`.',
    pysigma: ['AllOfThemCondition'],
    find: ({ documents }) =>
      inConditions(documents, ({ quantity, pattern }) =>
        quantity === 'all' && pattern === 'them' ? 'The condition asks for all of them.' : null,
      ),
  },
  {
    code: 'gate/source-them-single',
    severity: 'note',
    reason: '`them` with a single selection is that selection, and the name says more.',
    mend: 'Write the name of the selection.',
    pysigma: ['ThemConditionWithSingleDetection'],
    find: ({ documents }) =>
      inConditions(documents, ({ pattern }, { selections }) =>
        pattern === 'them' && selections.length === 1 ? 'The condition speaks of them, and there is one.' : null,
      ),
  },
]

function danglingSelections({ selections, conditions }: SigmaDocument): readonly Found[] {
  const references = conditions.flatMap(({ text }) => referencesOf(text))
  return selections
    .filter(({ key }) => !references.some((one) => selects(one, key)))
    .map(({ key, keyAt }) => ({ message: `No condition asks for the selection ${quoted(key)}.`, at: keyAt }))
}

function constants({ pack, documents, constants: known }: SourceContext, wanted: 'never' | 'always'): readonly Found[] {
  const byId = new Map(documents.map((one) => [one.id, one]))
  return pack.rules
    .filter(({ id }) => known.get(id) === wanted)
    .map(({ id, at }) => ({
      message: `The condition holds for ${wanted === 'never' ? 'no' : 'every'} event, whatever its selections find.`,
      at: byId.get(id)?.conditions[0]?.at ?? at,
    }))
}

function duplicateLogic({ pack }: SourceContext): readonly Found[] {
  const first = new Map<string, (typeof pack.rules)[number]>()
  return pack.rules.flatMap((rule) => {
    const logic = logicOf(rule)
    const other = first.get(logic)
    if (other === undefined) {
      first.set(logic, rule)
      return []
    }
    return [{ message: `The rule asks exactly what ${quoted(other.title)} (${placeOf(other.at)}) asks.`, at: rule.at }]
  })
}

function inConditions(
  documents: readonly SigmaDocument[],
  judge: (reference: Reference, document: SigmaDocument) => string | null,
): readonly Found[] {
  return documents.flatMap((document) =>
    document.conditions.flatMap(({ text, at }) =>
      referencesOf(text).flatMap((reference) => {
        const message = judge(reference, document)
        return message === null ? [] : [{ message, at }]
      }),
    ),
  )
}
