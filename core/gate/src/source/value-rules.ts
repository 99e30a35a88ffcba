import type { ScalarNode } from '@firebreak/content'
import { foldCase } from '@firebreak/kernel'
import { type DetectionItem, quoted, type SourceContext } from './document.ts'
import { type Piece, readPieces } from './sigma-text.ts'
import type { Found, SourceRule } from './source-rule.ts'

/** What a backslash makes a letter of. */
const ESCAPED = /\\[*?\\]/g

const PLACES: readonly string[] = ['contains', 'startswith', 'endswith']
/** With these a value is no Sigma string, or is rewritten before it is compared. */
const NOT_PLAIN = 're cidr fieldref exists windash base64 base64offset utf16 utf16le utf16be wide'.split(' ')

export const VALUE_RULES: readonly SourceRule[] = [
  {
    code: 'gate/source-double-wildcard',
    severity: 'note',
    reason: 'Two `*` in a row are one.',
    mend: 'Leave one out.',
    pysigma: ['DoubleWildcard'],
    find: (context) =>
      texts(context, isText, ({ text }) =>
        text.replaceAll(ESCAPED, '-').includes('**') ? `${quoted(text)} has two * in a row.` : null,
      ),
  },
  {
    code: 'gate/source-number-as-text',
    severity: 'note',
    reason: 'A number in quotes is compared as a text by tools that tell the two apart.',
    mend: 'Leave out the quotes if the field holds a number.',
    pysigma: ['NumberAsString'],
    find: (context) =>
      texts(context, isWholeText, ({ text }) => (isNumber(text) ? `${quoted(text)} is a number in quotes.` : null)),
  },
  {
    code: 'gate/source-control-character',
    severity: 'warning',
    reason: 'A control character in a value is what YAML makes of a backslash in double quotes, as in "C:\\temp".',
    mend: 'Put the value into single quotes if the backslash is meant.',
    pysigma: ['ControlCharacter'],
    find: (context) => texts(context, () => true, controlCharacter),
  },
  {
    code: 'gate/source-wildcard-for-modifier',
    severity: 'note',
    reason: 'A modifier says what `*` around every value says, and is read at a glance.',
    mend: 'Use contains, startswith or endswith.',
    pysigma: ['WildcardsInsteadOfModifiers'],
    find: ({ documents }) => documents.flatMap((document) => document.items.flatMap(wildcardsForModifier)),
  },
  {
    code: 'gate/source-escaped-wildcard',
    severity: 'note',
    reason: 'A backslash before `*` or `?` makes it a letter; before a path it is more often meant as a path.',
    mend: 'Write two backslashes if a wildcard is meant behind one; else keep it.',
    pysigma: ['EscapedWildcard'],
    find: (context) =>
      texts(context, isText, ({ text }) =>
        [...text.matchAll(ESCAPED)].some(([one]) => one !== String.raw`\\`)
          ? `${quoted(text)} looks for a * or ? itself.`
          : null,
      ),
  },
  {
    code: 'gate/source-value-duplicate',
    severity: 'note',
    reason: 'A value that is there twice was pasted twice, or in place of another.',
    mend: 'Delete the second one.',
    pysigma: [],
    find: ({ documents }) => documents.flatMap((document) => document.items.flatMap(repeatedValues)),
  },
]

interface ValueText {
  readonly text: string
  readonly item: DetectionItem
}

function texts(
  { documents }: SourceContext,
  isJudged: (item: DetectionItem) => boolean,
  judge: (value: ValueText) => string | null,
): readonly Found[] {
  return documents.flatMap((document) =>
    document.items.filter(isJudged).flatMap((item) =>
      item.values.flatMap(({ value, at }) => {
        const message = typeof value === 'string' ? judge({ text: value, item }) : null
        return message === null ? [] : [{ message, at }]
      }),
    ),
  )
}

function isText({ modifiers }: DetectionItem): boolean {
  return !modifiers.some((one) => NOT_PLAIN.includes(one))
}

function isWholeText(item: DetectionItem): boolean {
  return item.field !== null && isText(item) && !item.modifiers.some((one) => PLACES.includes(one) || one === 'expand')
}

/** As YAML writes it: `007` and `1e3` are texts that a number would change. */
function isNumber(text: string): boolean {
  return /^(0|-?[1-9]\d{0,14})$/.test(text)
}

function controlCharacter({ text }: ValueText): string | null {
  const [character] = /\p{Cc}/u.exec(text) ?? []
  if (character === undefined) return null
  const code = (character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')
  return `The value has the control character U+${code}.`
}

function wildcardsForModifier({ field, modifiers, values, key, at }: DetectionItem): readonly Found[] {
  if (field === null) return []
  if (modifiers.some((one) => PLACES.includes(one) || NOT_PLAIN.includes(one))) return []
  const all = values.map(({ value }) => (typeof value === 'string' ? readPieces(value) : []))
  const meant = PLACES.find((place) => all.every((pieces) => isPlaced(pieces, place)))
  if (meant === undefined) return []
  const names = [field, meant, ...modifiers].join('|')
  return [{ message: `Every value of ${quoted(key)} says ${meant} with *.`, at, fix: `Write ${names}, without the *.` }]
}

/** Whether nothing but the wildcards of that place is in the value, and text. */
function isPlaced(pieces: readonly Piece[], place: string): boolean {
  const before = place === 'startswith' ? [] : ['any']
  const after = place === 'endswith' ? [] : ['any']
  return pieces.join(' ') === [...before, 'text', ...after].join(' ')
}

function repeatedValues({ modifiers, values }: DetectionItem): readonly Found[] {
  const isFolded = !modifiers.some((one) => one === 'cased' || NOT_PLAIN.includes(one))
  const seen = new Set<string>()
  return values.flatMap(({ value, at }: ScalarNode) => {
    const text = isFolded ? foldCase(String(value)) : String(value)
    if (seen.size < seen.add(text).size) return []
    return [{ message: `The value ${quoted(String(value))} is there before.`, at }]
  })
}
