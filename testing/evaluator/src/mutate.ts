import { DASHES } from './pattern.ts'
import type { Random } from './random.ts'
import { VALUE_BYTES_MAX } from './text.ts'

/** A number as it is to stand in JSON. */
export class NumberToken {
  readonly token: string

  constructor(token: string) {
    this.token = token
  }
}

const NUMBERS = ['0', '-0', '1.0', '1e3', '4688', '0.1', '1E400', '9007199254740993', '123456789012345678901234567890']
/** Letters whose case is odd, to what they are taken for. */
const ODD_LETTERS: readonly (readonly [letter: RegExp, odd: string])[] = [
  [/i/i, '\u0130'],
  [/i/i, '\u0131'],
  [/s/i, '\u017f'],
  [/k/i, '\u212a'],
  [/ss/i, '\u00df'],
  [/e/i, '\u00c9'],
  [/o/i, '\u{10400}'],
]
const STRANGERS = ['x', ' ', '*', '?', '\\', '-', '\u0000', '\n', '\u00e4', '\u{1f525}', '"', '%', '\ud800']

export type TextMutation = (text: string, random: Random) => unknown

/** What may happen to a text: some keep a match, some must break it. */
export const TEXT_MUTATIONS: readonly TextMutation[] = [
  (text) => text.toUpperCase(),
  (text) => text.toLowerCase(),
  (text, random) => Array.from(text, (one) => (random.chance(0.5) ? one.toUpperCase() : one.toLowerCase())).join(''),
  (text, random) => splice(text, random, 1, ''),
  (text, random) => splice(text, random, 0, random.pick(STRANGERS)),
  (text, random) => splice(text, random, 1, random.pick(STRANGERS)),
  (text, random) => text.slice(0, random.below(text.length + 1)),
  (text, random) => text.slice(random.below(text.length + 1)),
  (text, random) => text + random.pick(STRANGERS),
  (text, random) => random.pick(STRANGERS) + text,
  (text) => text.trim(),
  (text, random) => text.replaceAll(/[-/\u2013\u2014\u2015]/g, () => random.pick(DASHES)),
  (text, random) => text.replace(...random.pick(ODD_LETTERS)),
  (text, random) => [text, random.pick(STRANGERS)],
  (text, random) => [null, random.pick(STRANGERS), text],
  (text) => text.split(''),
  (text) => ({ inner: text }),
  (_text, random) => new NumberToken(random.pick(NUMBERS)),
  (text) => (/^(?:0|[1-9]\d*)$/.test(text) ? new NumberToken(text) : text),
  (_text, random) => random.pick([null, '', true, false, [], {}, ' ', '-', '*']),
]

function splice(text: string, random: Random, removed: number, added: string): string {
  const at = random.below(text.length + 1)
  return text.slice(0, at) + added + text.slice(at + removed)
}

/** The text at the end of as much as an engine reads of a value, give or take a few bytes. */
export function pushToLimit(text: string, random: Random): string {
  const start = Math.max(0, VALUE_BYTES_MAX - text.length + random.below(5) - 2)
  return random.pick(['x', '\u00e4', ' ']).repeat(start).slice(0, start) + text
}

/** JSON text. NumberToken stands as it was written. */
export function toJson(value: unknown): string {
  if (value instanceof NumberToken) return value.token
  if (Array.isArray(value)) return `[${value.map(toJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  return `{${Object.entries(value)
    .filter(([, child]) => child !== undefined)
    .map(([key, child]) => `${JSON.stringify(key)}:${toJson(child)}`)
    .join(',')}}`
}
