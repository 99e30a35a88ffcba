import { parseChain, patternsOf, type Placeholders } from './modifiers.ts'
import { ANY, DASH, DASHES, ONE, type Pattern } from './pattern.ts'
import type { Random } from './random.ts'
import { sampleRegex } from './sample-regex.ts'
import { scalarText } from './event.ts'

/** Field name to value: what a generated event will hold. */
export type Draft = Map<string, unknown>

const FILLERS = ['', '', ' ', 'x', 'C:\\Windows\\', ' some text ', '\r\n', '\u00e4\u{1f525}', '..', 'aXbXc']
const CHARACTERS = ['x', '0', ' ', '\\', '\u00e4', '\u{1f525}', '*']
const KEYWORD_FIELDS = ['Message', 'Data', 'message', 'payload.text']
const DATES = ['2024-12-30T23:59:58.123Z', '2021-01-03 00:00:00', '2024-02-29T12:30:00+05:30', '2024-06-15']

/** Adds to the draft what one entry of a selection asks for, more often than not. */
export function sampleItem(
  draft: Draft,
  key: string,
  value: unknown,
  placeholders: Placeholders,
  random: Random,
): void {
  const [name = '', ...modifiers] = key.split('|')
  const field = name === '' ? random.pick(KEYWORD_FIELDS) : name.replaceAll(' ', '')
  const chain = parseChain(modifiers, placeholders)
  const values: readonly unknown[] = Array.isArray(value) ? value : [value]
  const chosen = chain.all ? values : [random.pick(values)]
  for (const one of chosen) {
    if (chain.kind.kind === 'exists' && one === false) draft.delete(field)
    else if (one === null) sampleNull(draft, field, random)
    else if (chain.kind.kind === 'fieldref')
      sampleReference(draft, field, random.pick(chain.texts(scalarText(one))).replaceAll(' ', ''), random)
    else add(draft, field, sampleValue(one, modifiers, placeholders, random), modifiers, random)
  }
}

function sampleNull(draft: Draft, field: string, random: Random): void {
  if (random.chance(0.5)) draft.delete(field)
  else draft.set(field, null)
}

function sampleReference(draft: Draft, field: string, other: string, random: Random): void {
  const text = draft.get(other) ?? draft.get(field) ?? random.pick(['kim', 'C:\\a.exe', 'x'])
  draft.set(other, text)
  draft.set(field, typeof text === 'string' && random.chance(0.3) ? text.toUpperCase() : text)
}

function sampleValue(
  value: unknown,
  modifiers: readonly string[],
  placeholders: Placeholders,
  random: Random,
): unknown {
  const { kind, steps, texts } = parseChain(modifiers, placeholders)
  const text = scalarText(value)
  if (kind.kind === 'exists') return random.pick([null, '', 'x', 1])
  if (kind.kind === 'regex')
    return random.pick(FILLERS) + sampleRegex(random.pick(texts(text)), random) + random.pick(FILLERS)
  if (kind.kind === 'number') return kind.part === null ? Number(value) + random.below(3) - 1 : random.pick(DATES)
  if (typeof value === 'number' && modifiers.length === 0) return random.chance(0.8) ? value : text
  if (typeof value === 'boolean' && random.chance(0.5)) return value
  const sample = samplePattern(random.pick(patternsOf(text, steps)), random)
  return kind.kind === 'cidr' ? sampleAddress(sample, random) : sample
}

/** An address of the network, or one beside it. */
function sampleAddress(network: string, random: Random): string {
  const address = network.replace(/\/.*/, '')
  if (random.chance(0.3)) return address
  if (address.includes('.')) return address.replace(/\d+$/, () => String(random.below(256)))
  return address.endsWith('::') ? `${address}${random.below(0xffff).toString(16)}` : address
}

function samplePattern(pattern: Pattern, random: Random): string {
  return pattern
    .map((piece) => {
      if (piece === ANY) return random.pick(FILLERS)
      if (piece === ONE) return random.pick(CHARACTERS)
      return piece === DASH ? random.pick(DASHES) : piece
    })
    .join('')
}

/** A field of which several things are asked holds all of them, where it can. */
function add(draft: Draft, field: string, value: unknown, modifiers: readonly string[], random: Random): void {
  const before = draft.get(field)
  if (typeof before !== 'string' || typeof value !== 'string') draft.set(field, value)
  else if (modifiers.includes('endswith')) draft.set(field, before + value)
  else if (modifiers.includes('startswith') || random.chance(0.5)) draft.set(field, value + before)
  else draft.set(field, before + value)
}
