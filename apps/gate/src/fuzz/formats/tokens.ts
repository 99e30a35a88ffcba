import { changedText, type Format, type Material } from '@firebreak/fuzz'
import { utf8Decode, utf8Encode } from '@firebreak/kernel'

export interface Grammar {
  /** Global; what lies between its matches is a token too. */
  readonly token: RegExp
  /** Words of the language. */
  readonly vocabulary: readonly string[]
  /** Pairs that may be put around anything. */
  readonly around: readonly (readonly [open: string, close: string])[]
}

const CHANGES_MAX = 4
const RUN_MAX = 8
const REPEATS_MAX = 60
/** How often a pair is put around something: beyond limits of a hundred, and beyond a stack without any. */
const DEPTHS = [2_048, 1_024, 512, 128, 64, 8]
const TOKENS_MAX = 20_000

type Tokens = readonly string[]

/** Text of a language with words, changed word by word. */
export function tokenFormat(grammar: Grammar): Format<Tokens> {
  return {
    decode: (input) => tokensOf(input, grammar.token),
    encode: (tokens) => utf8Encode(tokens.join('')),
    mutate: (tokens, material) => mutateTokens(tokens, material, grammar),
    sweep: (tokens) => sweepTokens(tokens, grammar),
    parts: (tokens) => tokens.length,
    without: (tokens, from, to) => tokens.filter((_, i) => i < from || i >= to),
    repair: null,
  }
}

function tokensOf(input: Uint8Array, token: RegExp): Tokens | null {
  try {
    const tokens = utf8Decode(input).split(new RegExp(`(${token.source})`, 'u'))
    return tokens.filter((one) => one !== undefined && one !== '')
  } catch {
    return null
  }
}

/** Of a longer text not every word is tried everywhere. */
const SWEPT_TOKENS_MAX = 24

/** Deep in each pair; without each token, with each twice; a short text with every word of the language in each place. */
function* sweepTokens(tokens: Tokens, { vocabulary, around }: Grammar): Generator<Tokens> {
  for (const [open, close] of around) {
    for (const depth of DEPTHS) yield [open.repeat(depth), ...tokens, close.repeat(depth)]
  }
  for (const [at, token] of tokens.entries()) {
    yield tokens.toSpliced(at, 1)
    yield tokens.toSpliced(at, 0, token)
    if (tokens.length > SWEPT_TOKENS_MAX) continue
    for (const word of vocabulary) yield tokens.with(at, word)
  }
}

function mutateTokens(tokens: Tokens, material: Material<Tokens>, grammar: Grammar): Tokens {
  const changed = [...tokens]
  for (let left = 1 + material.random.below(CHANGES_MAX); left > 0; left--) change(changed, material, grammar)
  return changed.length > TOKENS_MAX ? changed.slice(0, TOKENS_MAX) : changed
}

function change(tokens: string[], material: Material<Tokens>, grammar: Grammar): void {
  const { random, dictionary, other } = material
  const at = random.below(tokens.length + 1)
  const run = 1 + random.below(RUN_MAX)
  const word = (): string => {
    const of = random.below(8)
    if (of === 0 && dictionary.texts.length > 0) return random.pick(dictionary.texts)
    if (of === 1 && tokens.length > 0) return random.pick(tokens)
    if (of === 2 && dictionary.numbers.length > 0) return String(random.pick(dictionary.numbers))
    return random.pick(grammar.vocabulary)
  }
  switch (random.below(10)) {
    case 0:
      tokens.splice(at, random.below(4) === 0 ? run : 1)
      break
    case 1:
    case 2:
      tokens.splice(at, 1, word())
      break
    case 3:
    case 4:
      tokens.splice(at, 0, word())
      break
    case 5: {
      const piece = tokens.slice(at, at + run)
      for (let left = random.below(random.below(4) === 0 ? REPEATS_MAX : 3); left >= 0; left--)
        tokens.splice(at, 0, ...piece)
      break
    }
    case 6: {
      const depth = random.below(4) === 0 ? 1 + random.below(random.pick(DEPTHS)) : 1
      const [open, close] = random.pick(grammar.around)
      tokens.splice(at + run, 0, close.repeat(depth))
      tokens.splice(at, 0, open.repeat(depth))
      break
    }
    case 7: {
      const from = other ?? tokens
      const start = random.below(from.length + 1)
      tokens.splice(at, random.below(2) * run, ...from.slice(start, start + run))
      break
    }
    case 8:
      if (at < tokens.length) tokens[at] = changedText(tokens[at] ?? '', material)
      break
    default: {
      const to = random.below(tokens.length + 1)
      const piece = tokens.splice(at, run)
      tokens.splice(to, 0, ...piece)
    }
  }
}
