import type { Random } from './random.ts'

/** Repeats beyond the least that a quantifier asks for. */
const EXTRA_REPEATS_MAX = 3
const CHARACTERS = Array.from('abcxyzABC0179 -_./\\:"\'%$`{}()[]|&+,\u00e4')
const SETS: Readonly<Record<string, string>> = {
  d: '0179',
  w: 'aZ_0',
  s: ' \t',
  D: 'x -',
  W: ' -"',
  S: 'x/-',
  n: '\n',
  r: '\r',
  t: '\t',
}
const NOTHING = 'bBAz'

/** A text of which some part probably matches. Knows the syntax that rules use; anything odd is taken to the letter. */
export function sampleRegex(pattern: string, random: Random): string {
  return new Sampler(pattern.replace(/^\(\?[ims]+\)/, ''), random).alternatives()
}

class Sampler {
  readonly #pattern: string
  readonly #random: Random
  #at = 0

  constructor(pattern: string, random: Random) {
    this.#pattern = pattern
    this.#random = random
  }

  alternatives(): string {
    const samples = [this.#sequence()]
    while (this.#takes('|')) samples.push(this.#sequence())
    return this.#random.pick(samples)
  }

  #sequence(): string {
    let sample = ''
    while (this.#at < this.#pattern.length && !'|)'.includes(this.#pattern.charAt(this.#at))) {
      const start = this.#at
      let once = this.#atom()
      const end = this.#at
      const times = this.#repeats()
      const after = this.#at
      for (let time = 0; time < times; time++) {
        sample += once
        // Sampled anew, so that repeats differ.
        this.#at = start
        once = this.#atom()
      }
      this.#at = Math.max(end, after)
    }
    return sample
  }

  #takes(character: string): boolean {
    if (this.#pattern.charAt(this.#at) !== character) return false
    this.#at++
    return true
  }

  #atom(): string {
    if (this.#takes('(')) {
      const opening = /^\?(?::|P?<\w+>)/.exec(this.#pattern.slice(this.#at))?.[0] ?? ''
      this.#at += opening.length
      const sample = this.alternatives()
      this.#takes(')')
      return sample
    }
    if (this.#takes('[')) return this.#class()
    if (this.#takes('.')) return this.#random.pick(CHARACTERS)
    if (this.#takes('^') || this.#takes('$')) return ''
    if (this.#takes('\\')) return this.#random.pick(this.#escaped())
    return this.#pattern.charAt(this.#at++)
  }

  /** What an escape may be. */
  #escaped(): readonly string[] {
    const letter = this.#pattern.charAt(this.#at++)
    if (NOTHING.includes(letter)) return ['']
    return (SETS[letter] ?? letter).split('')
  }

  #class(): string {
    const isNegated = this.#takes('^')
    const members = new Set<string>()
    for (let first = true; this.#at < this.#pattern.length && (first || !this.#takes(']')); first = false) {
      const lows = this.#takes('\\') ? this.#escaped() : [this.#pattern.charAt(this.#at++)]
      const range = /^-([^\]\\])/.exec(this.#pattern.slice(this.#at))
      if (range !== null) this.#at += 2
      const low = lows[0]?.codePointAt(0) ?? 0
      const high = range === null ? low : (range[1]?.codePointAt(0) ?? low)
      for (let code = low; code <= high; code++) members.add(String.fromCodePoint(code))
      for (const one of lows) members.add(one)
    }
    const choices = isNegated ? CHARACTERS.filter((character) => !members.has(character)) : [...members]
    return this.#random.pick(choices)
  }

  #repeats(): number {
    const match = /^(?:[*+?]|\{(\d+)(,?)(\d*)\})\??/.exec(this.#pattern.slice(this.#at))
    if (match === null) return 1
    this.#at += match[0].length
    const [token, least = '', comma = '', most = ''] = match
    const low = least === '' ? Number(token.startsWith('+')) : Number(least)
    if (least !== '' && comma === '') return low
    const high = token.startsWith('?') ? 1 : most === '' ? Infinity : Number(most)
    return Math.min(high, low + this.#random.below(EXTRA_REPEATS_MAX + 1))
  }
}
