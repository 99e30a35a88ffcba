import { CONDITION_RULES } from './condition-rules.ts'
import { IDENTITY_RULES } from './identity-rules.ts'
import { LOGSOURCE_RULES } from './logsource-rules.ts'
import { METADATA_RULES } from './metadata-rules.ts'
import { MODIFIER_RULES } from './modifier-rules.ts'
import type { SourceRule } from './source-rule.ts'
import { TAG_RULES } from './tag-rules.ts'
import { TEXT_RULES } from './text-rules.ts'
import { VALUE_RULES } from './value-rules.ts'

/** The closed registry of what the source check can find, beside what the reader refuses with a code of its own. */
export const SOURCE_RULES: readonly SourceRule[] = [
  ...CONDITION_RULES,
  ...LOGSOURCE_RULES,
  ...MODIFIER_RULES,
  ...VALUE_RULES,
  ...TEXT_RULES,
  ...IDENTITY_RULES,
  ...TAG_RULES,
  ...METADATA_RULES,
  {
    code: 'gate/source-advice',
    severity: 'warning',
    reason: 'What the reader of rules advises is legal, and probably not meant.',
    mend: 'Do as it says, or know why not.',
    pysigma: [],
    find: ({ pack }) => pack.advice,
  },
]

/** Validators of pySigma whose findings the reader refuses, with its code: such a document is not read at all. */
export const REFUSED_BY_READER: readonly (readonly [validator: string, code: string, what: string])[] = [
  ['DanglingCondition', 'content/condition', 'A condition that names a selection which is not there.'],
  ['IdentifierExistence', 'content/schema', 'A detection rule without an id.'],
  ['IdentifierUniqueness', 'content/schema', 'Two detection rules of one id.'],
  ['IdentifierUniqueness', 'content/correlation', 'A correlation with the id of another document.'],
  ['InvalidModifierCombinations', 'content/modifier', 'A modifier that is there twice, of those that encode nothing.'],
]
