import { contains, parseAddress, parseNetwork } from './address.ts'
import { must } from './errors.ts'
import { scalarText, type Value } from './event.ts'
import { type Chain, type Kind, parseChain, patternsOf, type Placeholders, type Where } from './modifiers.ts'
import { ANY, matcherOf, type Pattern, plainText } from './pattern.ts'
import { compares, timePart } from './quantity.ts'
import { compileRegex } from './regex.ts'
import type { Text } from './text.ts'

/** An event as one log source shows it. */
export interface View {
  /** The field is there, if only as an object or an empty list. */
  readonly has: (field: string) => boolean
  /** Empty when the field is absent, or has none. */
  readonly values: (field: string) => readonly Value[]
  /** Of every field. */
  readonly everything: readonly Value[]
}

export type Test = (view: View) => boolean
type TextTest = (text: Text, view: View) => boolean
type Scalar = string | number | bigint | boolean | null

/**
 * One entry of a selection: `Field|modifier|...` and what it may be. A key without a field is about every value of the
 * event.
 *
 * @throws RuleError
 */
export function compileItem(key: string, value: unknown, placeholders: Placeholders): Test {
  const [name = '', ...modifiers] = key.split('|')
  const field = name.replaceAll(' ', '')
  const chain = parseChain(modifiers, placeholders)
  const isList = Array.isArray(value)
  const values = (isList ? value : [value]).map((one) => toScalar(one, key))
  must(values.length > 0, `${key} has no values`)
  must(chain.kind.kind !== 'exists' || !isList, `${key}: exists takes one value`)
  must(!chain.all || values.length > 1, `${key}: all needs two values or more`)
  must(!isList || !values.includes(null), `${key}: null stands in a list`)
  must(field !== '' || !['exists', 'fieldref', 'number'].includes(chain.kind.kind), `${key}: needs a field`)
  must(field !== '' || !values.includes(null), 'null is no keyword')
  const tests = values.map((one) => testOf(field, one, chain))
  return (view) => (chain.all ? tests.every((test) => test(view)) : tests.some((test) => test(view))) !== chain.neq
}

function toScalar(value: unknown, key: string): Scalar {
  must(!Number.isInteger(value) || Number.isSafeInteger(value), `${key}: a number was rounded`)
  if (value === null || ['string', 'number', 'bigint', 'boolean'].includes(typeof value)) return value as Scalar
  must(false, `${key}: a value is text, number, boolean or null`)
  return null
}

function testOf(field: string, value: Scalar, chain: Chain): Test {
  const { kind } = chain
  if (kind.kind === 'exists') {
    must(typeof value === 'boolean', 'exists is true or false')
    return (view) => view.has(field) === value
  }
  if (value === null) {
    must(kind.kind === 'text' && chain.steps.length === 0, 'null goes with neq only')
    return (view) => view.values(field).every((one) => one === null)
  }
  const test = textTest(field === '', value, chain, kind)
  const valuesOf = field === '' ? (view: View) => view.everything : (view: View) => view.values(field)
  return (view) => valuesOf(view).some((one) => one !== null && test(one, view))
}

function textTest(
  isKeyword: boolean,
  value: Exclude<Scalar, null>,
  chain: Chain,
  kind: Exclude<Kind, { kind: 'exists' }>,
): TextTest {
  const text = scalarText(value).toWellFormed()
  must(typeof value === 'string' || !chain.isEncoded, 'only text can be encoded')
  if (kind.kind === 'text') return patternTest(isKeyword, text, chain)
  if (kind.kind === 'cidr') return networkTest(text, chain)
  if (kind.kind === 'fieldref') return referenceTest(chain.texts(text), kind.where, chain.cased)
  if (kind.kind === 'number') return numberTest(value, kind)
  const regexes = chain.texts(text).map((one) => compileRegex(one, kind.flags))
  return ({ exact }) => regexes.some((regex) => regex.test(exact))
}

function patternTest(isKeyword: boolean, text: string, { steps, cased, isPositioned }: Chain): TextTest {
  const isAnywhere = isKeyword && !isPositioned
  const patterns: readonly Pattern[] = patternsOf(text, steps).map((pieces) =>
    isAnywhere ? [ANY, ...pieces, ANY] : pieces,
  )
  const matchers = patterns.map((pieces) => matcherOf(pieces, !cased))
  return cased
    ? ({ exact }) => matchers.some((matches) => matches(exact))
    : ({ folded }) => matchers.some((matches) => matches(folded))
}

function networkTest(text: string, { steps }: Chain): TextTest {
  const networks = patternsOf(text, steps).map((pieces) => {
    const plain = plainText(pieces)
    const network = plain === null ? null : parseNetwork(plain)
    must(network !== null, `${text} is no network`)
    return network
  })
  return ({ exact }) => {
    const address = parseAddress(exact)
    return address !== null && networks.some((network) => contains(network, address))
  }
}

function referenceTest(names: readonly string[], where: Where, cased: boolean): TextTest {
  const others = names.map((name) => name.replaceAll(' ', ''))
  const textOf = (value: Text): string => (cased ? value.exact : value.folded)
  return (value, view) => {
    const text = textOf(value)
    return others.flatMap(view.values).some((one) => {
      if (one === null) return false
      if (where === 'startswith') return text.startsWith(textOf(one))
      if (where === 'endswith') return text.endsWith(textOf(one))
      return where === 'contains' ? text.includes(textOf(one)) : text === textOf(one)
    })
  }
}

function numberTest(value: Scalar, { comparison, part }: Extract<Kind, { kind: 'number' }>): TextTest {
  must(typeof value === 'number' && Number.isFinite(value), `${value} is no number`)
  if (part === null) return ({ exact }) => compares(exact, comparison, value)
  return ({ exact }) => {
    const number = timePart(exact, part)
    return number !== null && compares(String(number), comparison, value)
  }
}
