import type { MappingNode, SourceNode } from '@firebreak/content'
import {
  givenOf,
  placeOf,
  quoted,
  type SigmaDocument,
  type SourceContext,
  textOf,
  textsOf,
  valueOf,
} from './document.ts'
import type { Found, SourceRule } from './source-rule.ts'

/** UTF-16 units that a description needs to say anything, as pySigma has them. */
const DESCRIPTION_CHARS_MIN = 16

export const METADATA_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-level-missing',
    severity: 'warning',
    reason: 'A rule without a level alerts as informational, where nobody may look.',
    mend: 'Give it a level: informational, low, medium, high or critical.',
    pysigma: ['LevelExistence'],
    find: (context) => missing(context, 'level'),
  },
  {
    code: 'gate/source-status-missing',
    severity: 'note',
    reason: 'The status tells how far a rule has been tried: whoever tunes it wants to know.',
    mend: 'Give it a status: experimental, test or stable.',
    pysigma: ['StatusExistence'],
    find: (context) => missing(context, 'status'),
  },
  {
    code: 'gate/source-status-unsupported',
    severity: 'warning',
    reason: 'A rule that its author calls unsupported can not be used in its current state, and a release uses it.',
    mend: 'Take the rule out of the pack, or give it another status.',
    pysigma: ['StatusUnsupported'],
    find: ({ documents }) =>
      documents.flatMap(({ map }) => {
        const unsupported = textsOf(valueOf(map, 'status')).filter(({ text }) => text === 'unsupported')
        return unsupported.map(({ at }) => ({ message: 'The rule says of itself that it is unsupported.', at }))
      }),
  },
  {
    code: 'gate/source-date-missing',
    severity: 'note',
    reason: 'Without a date nobody sees which rules are old enough to be looked at again.',
    mend: 'Give it the date of its first version, as 2026-01-31.',
    pysigma: ['DateExistence'],
    find: (context) => missing(context, 'date'),
  },
  {
    code: 'gate/source-date-malformed',
    severity: 'warning',
    reason: 'A date that is none is refused by other tools of Sigma, and the rule with it.',
    mend: 'Write the date as 2026-01-31.',
    pysigma: [],
    find: ({ documents }) =>
      documents.flatMap(({ map }) =>
        ['date', 'modified'].flatMap((key) => {
          const node = givenOf(map, key)
          if (node === null || dayOf(node) !== null) return []
          return [{ message: `The attribute ${key} is no date of the calendar.`, at: node.at }]
        }),
      ),
  },
  {
    code: 'gate/source-date-order',
    severity: 'warning',
    reason: 'What was modified before it was made has one of the two dates wrong.',
    mend: 'Set modified to the day of the last change.',
    pysigma: [],
    find: ({ documents }) =>
      documents.flatMap(({ map }) => {
        const [date, modified] = [valueOf(map, 'date'), valueOf(map, 'modified')]
        const [first, last] = [date && dayOf(date), modified && dayOf(modified)]
        if (!first || !last || !modified || last >= first) return []
        return [{ message: `It was modified on ${last}, before its date ${first}.`, at: modified.at }]
      }),
  },
  {
    code: 'gate/source-description-missing',
    severity: 'note',
    reason: 'The description is what an analyst reads when the rule alerts.',
    mend: 'Say what the rule looks for, and why that matters.',
    pysigma: ['DescriptionExistence'],
    find: (context) => missing(context, 'description'),
  },
  {
    code: 'gate/source-description-short',
    severity: 'note',
    reason: `A description under ${DESCRIPTION_CHARS_MIN} characters tells an analyst nothing that the title does not.`,
    mend: 'Say what the rule looks for, and why that matters.',
    pysigma: ['DescriptionLength'],
    find: ({ documents }) =>
      documents.flatMap(({ map }) => {
        const short = textsOf(valueOf(map, 'description')).filter(({ text }) => text.length < DESCRIPTION_CHARS_MIN)
        return short.map(({ text, at }) => ({ message: `The description has ${text.length} characters.`, at }))
      }),
  },
  {
    code: 'gate/source-metadata-malformed',
    severity: 'warning',
    reason: 'An attribute of another form than Sigma gives it is refused by other tools, and the rule with it.',
    mend: 'Write the attribute in the form that Sigma gives it.',
    pysigma: [],
    find: ({ documents }) => documents.flatMap(malformed),
  },
  {
    code: 'gate/source-related-replaced',
    severity: 'warning',
    reason: 'A rule that another one replaces still alerts beside it when both are in one pack.',
    mend: 'Delete the older rule, or call the two similar or derived.',
    pysigma: [],
    find: replaced,
  },
]

function missing({ documents }: SourceContext, key: string): readonly Found[] {
  return documents
    .filter(({ kind, map }) => kind !== 'filter' && givenOf(map, key) === null)
    .map(({ kind, map }) => ({ message: `The ${kind} has no ${key}.`, at: map.at }))
}

const DAYS_OF_MONTHS: readonly number[] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

/** `2026-01-31`, also written with slashes as Sigma 1 had it and without leading zeros; null for no day of the calendar. */
function dayOf(node: SourceNode): string | null {
  const match = /^(\d{4})([-/])(\d{1,2})\2(\d{1,2})$/.exec(textOf(node) ?? '')
  const [, year = '', , month = '', day = ''] = match ?? []
  const isLeap = Number(year) % (year.endsWith('00') ? 400 : 4) === 0
  const days = DAYS_OF_MONTHS[Number(month) - 1] ?? 0
  const last = isLeap && Number(month) === 2 ? 29 : days
  if (Number(day) < 1 || Number(day) > last) return null
  return [year, month.padStart(2, '0'), day.padStart(2, '0')].join('-')
}

/** @see Sigma specification 2.1.0, the JSON schema of detection rules */
const FORMS: readonly (readonly [key: string, isRight: (node: SourceNode) => boolean, expected: string])[] = [
  ['author', isText, 'text'],
  ['license', isText, 'text'],
  ['references', isListOfTexts, 'a list of texts'],
  ['falsepositives', isListOfTexts, 'a list of texts'],
  ['fields', isListOfTexts, 'a list of texts'],
  ['related', isListOfRelated, 'a list of {id, type}'],
]

function malformed({ map }: SigmaDocument): readonly Found[] {
  return FORMS.flatMap(([key, isRight, expected]) => {
    const node = givenOf(map, key)
    if (node === null || isRight(node)) return []
    return [{ message: `The attribute ${key} is not ${expected}.`, at: node.at }]
  })
}

function isText(node: SourceNode): boolean {
  return textOf(node) !== null
}

function isListOfTexts(node: SourceNode): boolean {
  return node.kind === 'sequence' && node.items.every(isText)
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i
/** `correlation` is not in the schema, but in pySigma and in use. */
const RELATIONS: readonly string[] = ['derived', 'obsolete', 'merged', 'renamed', 'similar', 'correlation']
/** The rule that is named so is not in use any more. */
const REPLACING: readonly string[] = ['obsolete', 'renamed']

function isListOfRelated(node: SourceNode): boolean {
  return node.kind === 'sequence' && node.items.every((one) => one.kind === 'mapping' && isRelated(one))
}

function isRelated(map: MappingNode): boolean {
  return UUID.test(textOf(valueOf(map, 'id')) ?? '') && RELATIONS.includes(textOf(valueOf(map, 'type')) ?? '')
}

function replaced({ documents }: SourceContext): readonly Found[] {
  const byId = new Map(documents.map((one) => [one.id, one]))
  return documents.flatMap(({ map }) => {
    const related = valueOf(map, 'related')
    if (related?.kind !== 'sequence') return []
    return related.items.flatMap((one) => {
      if (one.kind !== 'mapping' || !REPLACING.includes(textOf(valueOf(one, 'type')) ?? '')) return []
      const other = byId.get(textOf(valueOf(one, 'id'))?.toLowerCase() ?? null)
      if (other === undefined) return []
      const title = quoted(textOf(valueOf(other.map, 'title')) ?? '')
      return [{ message: `It replaces ${title} (${placeOf(other.map.at)}), which is in the pack too.`, at: one.at }]
    })
  })
}
