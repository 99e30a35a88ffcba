import { foldCase } from '@firebreak/kernel'
import { type DetectionItem, quoted, type SigmaDocument } from './document.ts'
import { readPieces } from './sigma-text.ts'
import type { Found, SourceRule } from './source-rule.ts'

/** What makes a value something else than a text with one place in the field. */
const OTHER_READINGS = 're cidr fieldref exists expand lt lte gt gte minute hour day week month year'.split(' ')

export const MODIFIER_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-all-without-contains',
    severity: 'warning',
    reason: 'No field with one value equals, begins with or ends with two different texts at once.',
    mend: 'Use contains|all, or leave out all.',
    pysigma: ['InvalidModifierCombinations'],
    find: ({ documents }) =>
      items(documents, ({ key }) => `${quoted(key)} asks one value to be several texts.`, isImpossibleAll),
  },
  {
    code: 'gate/source-base64offset-without-contains',
    severity: 'error',
    reason: 'base64offset finds a text somewhere within base64: other characters are before it and behind it.',
    mend: 'Add contains behind base64offset.',
    pysigma: ['InvalidModifierCombinations'],
    find: ({ documents }) =>
      documents.flatMap((document) =>
        document.items.filter(isWholeOffset).map(({ key, at }) => ({
          message: `${quoted(key)} asks the whole field to be a piece of base64.`,
          at,
          ...withContains(key),
        })),
      ),
  },
  {
    code: 'gate/source-windash-all',
    severity: 'warning',
    reason: 'Here each value needs one of its dashes; other tools of Sigma ask for all dashes of all values at once.',
    mend: 'Write one item for each value, with windash and without all.',
    pysigma: ['InvalidModifierCombinations'],
    find: ({ documents }) =>
      items(
        documents,
        ({ key }) => `${quoted(key)} has windash and all.`,
        ({ modifiers }) => ['windash', 'all'].every((one) => modifiers.includes(one)),
      ),
  },
  {
    code: 'gate/source-modifier-repeated',
    severity: 'note',
    reason: 'A piece of base64 within a piece of base64 is rare: most often the modifier was pasted twice.',
    mend: 'Leave out the second one, unless the text is encoded twice.',
    pysigma: ['InvalidModifierCombinations'],
    // What encodes nothing, the reader refuses; base64 and UTF-16 twice is how scripts hide.
    find: ({ documents }) =>
      items(
        documents,
        ({ key }) => `${quoted(key)} has base64offset twice.`,
        ({ modifiers }) => modifiers.filter((one) => one === 'base64offset').length > 1,
      ),
  },
]

function items(
  documents: readonly SigmaDocument[],
  messageOf: (item: DetectionItem) => string,
  isWrong: (item: DetectionItem) => boolean,
): readonly Found[] {
  return documents.flatMap((document) =>
    document.items.filter(isWrong).map((item) => ({ message: messageOf(item), at: item.at })),
  )
}

/** Without wildcards no text can have two beginnings, unless one is the beginning of the other; and so with ends. */
function isImpossibleAll({ field, modifiers, values }: DetectionItem): boolean {
  const has = (name: string): boolean => modifiers.includes(name)
  if (field === null || !has('all') || has('contains') || OTHER_READINGS.some(has)) return false
  const texts = values.map(({ value }) => String(value))
  if (texts.some((text) => readPieces(text).some((piece) => piece !== 'text'))) return false
  const folded = has('cased') ? texts : texts.map(foldCase)
  const fits = (one: string, other: string): boolean => {
    if (has('startswith')) return one.startsWith(other) || other.startsWith(one)
    if (has('endswith')) return one.endsWith(other) || other.endsWith(one)
    return one === other
  }
  return folded.some((one) => folded.some((other) => !fits(one, other)))
}

function isWholeOffset({ modifiers }: DetectionItem): boolean {
  return modifiers.includes('base64offset') && !modifiers.includes('contains')
}

/** What has a place already needs another one, not a second. */
function withContains(key: string): Partial<Found> {
  const other = /\|(startswith|endswith)(?=\||$)/.exec(key)
  const fixed =
    other === null ? key.replace('|base64offset', '|base64offset|contains') : key.replace(other[0], '|contains')
  return { fix: `Write ${fixed}.`, edit: { from: key, to: fixed } }
}
