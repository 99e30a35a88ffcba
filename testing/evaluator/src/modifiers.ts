import { base64, base64offset, encodedPieces, type Encoding } from './encoding.ts'
import { must } from './errors.ts'
import { ANY, DASH, DASHES, joinText, mapCharacters, parsePattern, type Pattern } from './pattern.ts'
import { type Comparison, TIME_PARTS, type TimePart } from './quantity.ts'
import type { RegexFlags } from './regex.ts'
import { scalarText } from './event.ts'

export type Placeholders = Readonly<Record<string, readonly unknown[]>>

/** What the modifiers of an item make of the item, its values aside. */
export interface Chain {
  readonly all: boolean
  readonly neq: boolean
  readonly cased: boolean
  readonly kind: Kind
  /** Change one text of the rule to one or more, in the order of the modifiers. */
  readonly steps: readonly Step[]
  /** What a text becomes that is no pattern: a regular expression, or the name of a field. */
  readonly texts: (text: string) => readonly string[]
  /** Whether values are encoded, as only texts can be. */
  readonly isEncoded: boolean
  /** Whether a value says where in the field it stands. */
  readonly isPositioned: boolean
}

export type Kind =
  | { readonly kind: 'text' }
  | { readonly kind: 'exists' }
  | { readonly kind: 'cidr' }
  | { readonly kind: 'regex'; readonly flags: RegexFlags }
  | { readonly kind: 'fieldref'; readonly where: Where }
  | { readonly kind: 'number'; readonly comparison: Comparison; readonly part: TimePart | null }

export type Where = 'equals' | 'startswith' | 'endswith' | 'contains'

interface Draft {
  readonly pieces: Pattern
  readonly encoding: Encoding
}

type Step = (draft: Draft) => readonly Draft[]

const PLACES = ['startswith', 'endswith', 'contains'] as const
const ENCODINGS = ['utf16le', 'utf16be', 'utf16', 'wide'] as const
const COMPARISONS = ['lt', 'lte', 'gt', 'gte'] as const
const FLAGS = ['i', 'm', 's'] as const
/** Say what the item compares, so at most one of a kind stands in a chain. */
const KINDS = ['re', 'exists', 'cidr', 'fieldref'] as const
/** Turn a text into that of its bytes. */
const BYTES = [...ENCODINGS, 'base64', 'base64offset'] as const
const STEPS = [...PLACES, ...BYTES, 'windash', 'expand'] as const
const LOGIC = ['all', 'neq', 'cased'] as const
/** Texts that one text may become. */
const TEXTS_MAX = 100_000

/** @throws RuleError for unknown modifiers and for those that mean nothing together */
export function parseChain(modifiers: readonly string[], placeholders: Placeholders): Chain {
  const once = modifiers.filter((name) => name !== 'base64' && name !== 'base64offset')
  must(new Set(once).size === once.length, `a modifier stands twice in ${modifiers.join('|')}`)
  const has = (name: string): boolean => modifiers.includes(name)
  const kind = kindOf(modifiers)
  const steps = modifiers.filter((name) => has(name) && isOneOf(STEPS, name))
  const known = [...STEPS, ...LOGIC, ...KINDS, ...FLAGS, ...COMPARISONS, ...TIME_PARTS]
  const unknown = modifiers.find((name) => !isOneOf(known, name))
  must(unknown === undefined, `no modifier ${unknown}`)
  const allowed = ALLOWED_STEPS[kind.kind]
  const refused = steps.find((name) => !isOneOf(allowed, name))
  must(refused === undefined, `${refused} does not go with ${kind.kind}`)
  must(!has('exists') || modifiers.length === 1, 'exists stands alone')
  const encodingAt = modifiers.findIndex((name) => isOneOf(BYTES, name))
  must(encodingAt < 0 || modifiers.indexOf('expand') < encodingAt, 'what is encoded has no placeholders')
  must(!(kind.kind === 'regex' && has('cased')), 'a regular expression minds case')
  return {
    all: has('all'),
    neq: has('neq'),
    cased: has('cased'),
    kind,
    steps: steps.map((name) => stepOf(name, placeholders)),
    texts: (text) => (has('expand') ? expandPlain(text, placeholders) : [text]),
    isEncoded: encodingAt >= 0,
    isPositioned: modifiers.some((name) => isOneOf(PLACES, name)),
  }
}

const ALLOWED_STEPS: Readonly<Record<Kind['kind'], readonly string[]>> = {
  text: STEPS,
  exists: [],
  cidr: ['expand'],
  regex: ['expand'],
  fieldref: [...PLACES, 'expand'],
  number: [],
}

function isOneOf<Name extends string>(names: readonly Name[], name: string): name is Name {
  return (names as readonly string[]).includes(name)
}

function only<Name extends string>(names: readonly Name[], modifiers: readonly string[]): Name | undefined {
  const found = modifiers.filter((name) => isOneOf(names, name))
  must(found.length < 2, `${found.join(' and ')} exclude one another`)
  return found[0]
}

function kindOf(modifiers: readonly string[]): Kind {
  const comparison = only(COMPARISONS, modifiers)
  const part = only(TIME_PARTS, modifiers)
  const kind = only(KINDS, modifiers)
  const regexAt = modifiers.indexOf('re')
  modifiers.forEach((name, at) => {
    if (!isOneOf(FLAGS, name)) return
    const between = modifiers.slice(regexAt + 1, at)
    must(regexAt >= 0 && regexAt < at && between.every((other) => isOneOf(FLAGS, other)), `${name} follows re`)
  })
  if (comparison !== undefined || part !== undefined) {
    must(kind === undefined, `${kind} does not compare numbers`)
    return { kind: 'number', comparison: comparison ?? 'equals', part: part ?? null }
  }
  if (kind === 'fieldref') return { kind, where: only(PLACES, modifiers) ?? 'equals' }
  if (kind === 're') {
    const [i, m, s] = FLAGS.map((flag) => modifiers.includes(flag))
    return { kind: 'regex', flags: { i: i === true, m: m === true, s: s === true } }
  }
  return { kind: kind ?? 'text' }
}

/** The patterns that a text of a rule stands for. */
export function patternsOf(text: string, steps: readonly Step[]): readonly Pattern[] {
  let drafts: readonly Draft[] = [{ pieces: parsePattern(text), encoding: 'utf8' }]
  for (const step of steps) {
    drafts = drafts.flatMap(step)
    must(drafts.length <= TEXTS_MAX, `a value becomes more than ${TEXTS_MAX}`)
  }
  return drafts.map(({ pieces, encoding }) => encodedPieces(pieces, encoding))
}

function stepOf(name: string, placeholders: Placeholders): Step {
  if (name === 'startswith') return change((pieces) => [...pieces, ANY])
  if (name === 'endswith') return change((pieces) => [ANY, ...pieces])
  if (name === 'contains') return change((pieces) => [ANY, ...pieces, ANY])
  if (name === 'windash') return change(windash)
  if (name === 'expand') {
    return ({ pieces, encoding }) => expand(pieces, placeholders).map((one) => ({ pieces: one, encoding }))
  }
  if (name === 'base64') {
    return (draft) => dashless(draft.pieces).map((pieces) => plain(base64(pieces, draft.encoding)))
  }
  if (name === 'base64offset') {
    return (draft) => dashless(draft.pieces).flatMap((pieces) => base64offset(pieces, draft.encoding).map(plain))
  }
  const encoding = name === 'wide' ? 'utf16le' : (name as Encoding)
  return (draft) => {
    must(draft.encoding === 'utf8', 'a text has one encoding')
    return [{ ...draft, encoding }]
  }
}

function plain(text: string): Draft {
  return { pieces: [text], encoding: 'utf8' }
}

function change(pieces: (before: Pattern) => Pattern): Step {
  return (draft) => [{ ...draft, pieces: pieces(draft.pieces) }]
}

/** A dash after the start or a non-word character and before a word character may be any of the dashes. */
function windash(pieces: Pattern): Pattern {
  const isWord = (character: string): boolean => /^[0-9A-Za-z_]$/.test(character)
  return mapCharacters(pieces, (character, before, after) =>
    (DASHES as readonly string[]).includes(character) && !isWord(before) && isWord(after) ? DASH : character,
  )
}

/** Every choice of dashes spelt out: what is encoded is one text. */
function dashless(pieces: Pattern): readonly Pattern[] {
  const at = pieces.indexOf(DASH)
  if (at < 0) return [joinText(pieces)]
  const texts = 5 ** pieces.filter((piece) => piece === DASH).length
  must(texts <= TEXTS_MAX, `a value becomes more than ${TEXTS_MAX}`)
  return DASHES.flatMap((dash) => dashless([...pieces.slice(0, at), dash, ...pieces.slice(at + 1)]))
}

const PLACEHOLDER = /\\%|%(\w+)%/

/** Each placeholder replaced by each of its values, which may have wildcards. `\%` is a percent sign. */
function expand(pieces: Pattern, placeholders: Placeholders): readonly Pattern[] {
  let expanded: readonly Pattern[] = [[]]
  for (const piece of pieces) {
    const choices: readonly Pattern[] = typeof piece === 'string' ? expandText(piece, placeholders) : [[piece]]
    expanded = expanded.flatMap((start) => choices.map((choice): Pattern => [...start, ...choice]))
    must(expanded.length <= TEXTS_MAX, `a value becomes more than ${TEXTS_MAX}`)
  }
  return expanded.map(joinText)
}

function expandText(text: string, placeholders: Placeholders): readonly Pattern[] {
  const match = PLACEHOLDER.exec(text)
  if (match === null) return [[text]]
  const start = text.slice(0, match.index)
  const ends = expandText(text.slice(match.index + match[0].length), placeholders)
  return choicesOf(match, placeholders).flatMap((choice) => ends.map((end): Pattern => [start, ...choice, ...end]))
}

/** As expand, where `*` and `?` are no wildcards. */
function expandPlain(text: string, placeholders: Placeholders): readonly string[] {
  const match = PLACEHOLDER.exec(text)
  if (match === null) return [text]
  const start = text.slice(0, match.index)
  const ends = expandPlain(text.slice(match.index + match[0].length), placeholders)
  const choices = match[1] === undefined ? ['%'] : valuesOf(match[1], placeholders).map(scalarText)
  return choices.flatMap((choice) => ends.map((end) => start + choice + end))
}

function choicesOf([, name]: RegExpExecArray, placeholders: Placeholders): readonly Pattern[] {
  if (name === undefined) return [['%']]
  return valuesOf(name, placeholders).map((value) => parsePattern(scalarText(value)))
}

function valuesOf(name: string, placeholders: Placeholders): readonly unknown[] {
  const values = Object.hasOwn(placeholders, name) ? placeholders[name] : undefined
  must(values !== undefined && values.length > 0, `no values for the placeholder %${name}%`)
  return values
}
