/** Draws texts that an expression matches: from its own literals, classes and counts. */

/** Uniform in 0..1. */
export type Random = () => number

type Node =
  | { readonly kind: 'any-of'; readonly characters: readonly string[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'choice'; readonly options: readonly Node[] }
  | { readonly kind: 'repeat'; readonly body: Node; readonly min: number; readonly max: number }

const NAMED: Readonly<Record<string, string>> = {
  d: '019',
  w: 'aZ0_',
  s: ' \t',
  D: 'a-',
  W: '-"',
  S: 'a"',
  n: '\n',
  t: '\t',
}
const PRINTABLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(0x20 + i))
const CLASS_SAMPLES_MAX = 12
const UNBOUNDED_REPEATS = 20

/** Deterministic: the same texts in every run. Marsaglia's xorshift32. */
export function seededRandom(seed: number): Random {
  let state = seed
  return () => {
    state ^= state << 13
    state ^= state >>> 17
    state ^= state << 5
    return (state >>> 0) / 2 ** 32
  }
}

export function pick<T>(list: readonly T[], random: Random): T {
  return list[Math.floor(random() * list.length)] as T
}

export class Sampler {
  readonly #node: Node
  /** Every character that the expression names, and one or two that it does not. */
  readonly alphabet: readonly string[]

  constructor(source: string) {
    const reader = new ExpressionReader(source)
    this.#node = reader.choice()
    this.alphabet = [...new Set([...reader.seen, 'a', ' '])]
  }

  /** `greed` is how far between its bounds a repetition goes, from 0 to 1. */
  sample(random: Random, greed: number): string {
    return draw(this.#node, random, greed)
  }
}

function draw(node: Node, random: Random, greed: number): string {
  switch (node.kind) {
    case 'any-of':
      return node.characters.length === 0 ? '' : pick(node.characters, random)
    case 'sequence':
      return node.parts.map((part) => draw(part, random, greed)).join('')
    case 'choice':
      return draw(pick(node.options, random), random, greed)
    case 'repeat': {
      const count = node.min + Math.round((node.max - node.min) * greed)
      return Array.from({ length: count }, () => draw(node.body, random, greed)).join('')
    }
    default:
      throw new Error('unknown node')
  }
}

/** Reads no more of the syntax than samples need: assertions and flags are nothing. */
class ExpressionReader {
  readonly seen = new Set<string>()
  readonly #source: string
  #at = 0

  constructor(source: string) {
    this.#source = source
  }

  choice(): Node {
    const options = [this.#sequence()]
    while (this.#take(/\|/y)) options.push(this.#sequence())
    return { kind: 'choice', options }
  }

  #sequence(): Node {
    const parts: Node[] = []
    while (this.#at < this.#source.length && !/[|)]/.test(this.#source.charAt(this.#at))) {
      parts.push(this.#repeated(this.#atom()))
    }
    return { kind: 'sequence', parts }
  }

  #repeated(body: Node): Node {
    const found = this.#take(/(?:([*+?])|\{(\d+)(,?)(\d*)\})\??/y)
    if (found === null) return body
    const [, sign, low, comma, high] = found
    const min = sign === undefined ? Number(low) : sign === '+' ? 1 : 0
    const isOpen = sign === '*' || sign === '+' || (comma === ',' && high === '')
    const max = isOpen ? min + UNBOUNDED_REPEATS : sign === '?' ? 1 : Number(high === '' ? low : high)
    return { kind: 'repeat', body, min, max }
  }

  #atom(): Node {
    if (this.#take(/\^|\$|\\[bBAz]|\(\?[imsU-]+\)/y)) return this.#anyOf('')
    if (this.#take(/\((?:\?(?:[imsU-]*:|P?<\w+>))?/y)) {
      const body = this.choice()
      this.#take(/\)/y)
      return body
    }
    const members = this.#take(/\[(\^?)(\]?(?:\\.|[^\]\\])*)\]/y)
    if (members) return this.#class(members[1] === '^', members[2] ?? '')
    if (this.#take(/\./y)) return this.#anyOf('ax 0')
    const escaped = this.#take(/\\(?:x\{?([0-9A-Fa-f]+)\}?|(.))/y)
    if (escaped) return this.#anyOf(escapedCharacters(escaped))
    return this.#anyOf(this.#take(/./suy)?.[0] ?? '')
  }

  #class(isNegated: boolean, members: string): Node {
    // JavaScript reads a class as Sigma's authors mean it, and a class alone costs nothing.
    const expression = new RegExp(`[${isNegated ? '^' : ''}${members.replaceAll('[', '\\[')}]`)
    const inside = PRINTABLE.filter((character) => expression.test(character))
    const step = Math.max(1, Math.floor(inside.length / CLASS_SAMPLES_MAX))
    return this.#anyOf(inside.filter((_, i) => i % step === 0).join(''))
  }

  #anyOf(text: string): Node {
    const characters = Array.from(text)
    for (const character of characters) this.seen.add(character)
    return { kind: 'any-of', characters }
  }

  #take(sticky: RegExp): RegExpExecArray | null {
    sticky.lastIndex = this.#at
    const found = sticky.exec(this.#source)
    if (found) this.#at += found[0].length
    return found
  }
}

function escapedCharacters([, hex, letter = '']: RegExpExecArray): string {
  if (hex !== undefined) return String.fromCodePoint(Number.parseInt(hex, 16))
  return NAMED[letter] ?? letter
}
