import { type FieldTest, formatIpv4, formatIpv6, type Match, parseGlob, type TextPattern } from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'

/** An item of a selection: `{'Field|modifiers': value}`. */
export type SigmaItem = Readonly<Record<string, string | number | boolean | null | readonly (string | number)[]>>

/** Writes a field test of one value down as Sigma again, so that an evaluator that shares no code can be asked about it. */
export function asSigma({ field, match }: FieldTest): SigmaItem {
  const [modifiers, value] = itemOf(match, field === null)
  return { [[field ?? '', ...modifiers].join('|')]: value }
}

type Item = readonly [modifiers: readonly string[], value: SigmaItem[string]]

const PLACES = { equals: [], contains: ['contains'], 'starts-with': ['startswith'], 'ends-with': ['endswith'] } as const
const FLAGS = [
  ['ignoreCase', 'i'],
  ['multiline', 'm'],
  ['dotAll', 's'],
] as const

function itemOf(match: Match, isKeyword: boolean): Item {
  const cased = 'cased' in match && match.cased ? ['cased'] : []
  switch (match.kind) {
    case 'text': {
      const [place, texts] = textOf(match.patterns[0] as TextPattern, isKeyword)
      return [[...place, ...cased], texts]
    }
    case 'regex': {
      const { source, flags } = match.regexes[0] as (typeof match.regexes)[number]
      return [['re', ...FLAGS.filter(([name]) => flags[name]).map(([, letter]) => letter)], source]
    }
    case 'null':
      return [[], null]
    case 'exists':
      return [['exists'], true]
    case 'compare':
      return [[match.operator], match.number]
    case 'cidr':
      return [['cidr'], networkText(match.networks[0] as (typeof match.networks)[number])]
    case 'field':
      return [['fieldref', ...PLACES[match.how], ...cased], match.other]
    case 'time':
      return [[match.part], match.numbers]
    default:
      return unreachable(match)
  }
}

/** A keyword stands anywhere, unless a modifier says where: a whole value is one that begins or ends with all of it. */
function textOf({ shape, text }: TextPattern, isKeyword: boolean): readonly [readonly string[], readonly string[]] {
  if (shape !== 'glob') return [isKeyword && shape === 'contains' ? [] : PLACES[shape], [escaped(text)]]
  const parts = parseGlob(text) ?? []
  const wildcards = { any: ['*'], one: ['?'], dash: ['-', '/', '\u2013', '\u2014', '\u2015'] } as const
  const texts = parts.reduce<readonly string[]>(
    (made, part) => {
      const next = part.kind === 'text' ? [escaped(part.text)] : wildcards[part.kind]
      return made.flatMap((before) => next.map((one) => before + one))
    },
    [''],
  )
  return [[], texts]
}

function escaped(text: string): string {
  return text.replaceAll(/[\\*?]/g, String.raw`\$&`)
}

function networkText({ words, prefixBits }: Extract<Match, { kind: 'cidr' }>['networks'][number]): string {
  const isMapped = words[0] === 0 && words[1] === 0 && words[2] === 0xffff && prefixBits >= 96
  return isMapped
    ? `${formatIpv4(words[3])}/${prefixBits - 96}`
    : `${formatIpv6(Uint32Array.from(words))}/${prefixBits}`
}
