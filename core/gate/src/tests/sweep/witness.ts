import { type FieldTest, formatIpv4, formatIpv6, type Match } from '@firebreak/content'
import { unreachable } from '@firebreak/kernel'
import { regexWitness } from './regex-witness.ts'
import { textWitness, type TextWitness } from './text-witness.ts'
import { timeWitness } from './time-witness.ts'

export type EventFields = Readonly<Record<string, string | number | null>>

/** An event for which a field test holds and one for which it does not; both have the field, wherever that can be. */
export interface Witness {
  readonly match: EventFields
  readonly miss: EventFields
}

/** Where a keyword is looked for: any field would do. */
export const KEYWORD_FIELD = 'Message'

/**
 * Makes the two events for a test of one value (see `alternativesOf`) from what is written, without asking an engine: so an
 * engine that reads the field wrongly is found out, and can't hide.
 *
 * @returns null when nothing was found that the test takes
 */
export function witnessOf({ field, match }: FieldTest): Witness | null {
  const name = field ?? KEYWORD_FIELD
  if (match.kind === 'exists') return { match: fields([name, 'x']), miss: fields() }
  if (match.kind === 'null') return { match: fields([name, null]), miss: fields([name, 'x']) }
  if (match.kind === 'field') return fieldWitness(name, match)
  const value = match.kind === 'compare' ? numberWitness(match) : valueWitness(match)
  // A text or number that everything fits is missed by what is neither.
  return value && { match: fields([name, value.match]), miss: fields([name, value.miss]) }
}

/** No prototype: a field may be called `__proto__`. */
function fields(...entries: readonly (readonly [name: string, value: string | number | null])[]): EventFields {
  const made: Record<string, string | number | null> = Object.create(null)
  for (const [name, value] of entries) made[name] = value
  return made
}

type ValueMatch = Exclude<Match, { kind: 'exists' | 'null' | 'field' | 'compare' }>

function valueWitness(match: ValueMatch): TextWitness | null {
  switch (match.kind) {
    case 'text':
      return match.patterns[0] === undefined ? null : textWitness(match.patterns[0])
    case 'regex':
      return match.regexes[0] === undefined ? null : regexWitness(match.regexes[0].program)
    case 'cidr':
      return match.networks[0] === undefined ? null : addressWitness(match.networks[0])
    case 'time':
      return timeWitness(match.part, match.numbers)
    default:
      return unreachable(match)
  }
}

/** What stands around the other field's value, as far as the comparison allows. */
const AROUND = {
  equals: ['', ''],
  contains: ['a', 'b'],
  'starts-with': ['', 'b'],
  'ends-with': ['a', ''],
} as const

function fieldWitness(name: string, { how, other }: Extract<Match, { kind: 'field' }>): Witness {
  // A field is what it is: only where it has no value does it not equal itself.
  if (other === name) return { match: fields([name, 'x']), miss: fields([name, null]) }
  const [before, after] = AROUND[how]
  return {
    match: fields([name, `${before}x${after}`], [other, 'x']),
    miss: fields([name, `${before}y${after}`], [other, 'x']),
  }
}

type Comparison = Extract<Match, { kind: 'compare' }>

/** The bound and the numbers next to it: those of rules are exact, so there are such. */
function numberWitness({ operator, number }: Comparison): { readonly match: number; readonly miss: number } | null {
  const near = [number, number - 1, number + 1]
  const match = near.find((one) => isOnSide(one, operator, number))
  const miss = near.find((one) => !isOnSide(one, operator, number))
  return match === undefined || miss === undefined ? null : { match, miss }
}

function isOnSide(value: number, operator: Comparison['operator'], bound: number): boolean {
  switch (operator) {
    case 'lt':
      return value < bound
    case 'lte':
      return value <= bound
    case 'gt':
      return value > bound
    case 'gte':
      return value >= bound
    default:
      return unreachable(operator)
  }
}

type Network = Extract<Match, { kind: 'cidr' }>['networks'][number]
const ADDRESS_BITS = 128

/** The last bit of the host set where there is one, and the last bit of the network turned round. */
function addressWitness({ words, prefixBits }: Network): TextWitness {
  const inside = prefixBits < ADDRESS_BITS ? withBit(words, ADDRESS_BITS - 1) : words
  return { match: formatAddress(inside), miss: prefixBits === 0 ? null : formatAddress(withBit(words, prefixBits - 1)) }
}

function withBit(words: readonly number[], bit: number): readonly number[] {
  const at = bit >> 5
  return words.with(at, ((words[at] ?? 0) ^ (1 << (31 - (bit & 31)))) >>> 0)
}

/** IPv4 is written as IPv4. */
function formatAddress(words: readonly number[]): string {
  const [first, second, third, fourth = 0] = words
  if (first === 0 && second === 0 && third === 0xffff) return formatIpv4(fourth)
  return formatIpv6(Uint32Array.from(words))
}
