import { pick, type Random, Sampler, seededRandom } from './redos-sampler.ts'

/** A text meant to be dear for one expression. */
export interface HostileText {
  readonly description: string
  readonly bytes: Uint8Array
}

const SEED = 20_260_805
const NOISE_ROUNDS = 4
const GREEDS = [0, 0.1, 0.5, 1]
const PREFIXES = [0.25, 0.5, 0.75, 1]
/** Just under the counts that public rules have: lines that almost fill a window. */
const LINE_CHARS = [60, 190, 990]

/**
 * Texts of `sizeBytes` made from the expression's own literals, classes and counts: what it nearly matches, repeated
 * and mixed; noise of its own characters, so that hardly two places are alike; lines that end just before a count;
 * and what is not ASCII or not UTF-8.
 */
export function hostileTexts(source: string, sizeBytes: number): readonly HostileText[] {
  const sampler = new Sampler(source)
  const random = seededRandom(SEED)
  const pieces = [...nearMisses(sampler, random), ...singles(sampler), ...lines(sampler, random)].map(
    ([description, piece]) => ({ description, bytes: filled(Buffer.from(piece), sizeBytes) }),
  )
  return [
    ...pieces,
    ...mixtures(sampler, random, sizeBytes),
    ...noises(sampler, random, sizeBytes),
    ...foreign(sampler, random, sizeBytes),
  ]
}

type Piece = readonly [description: string, piece: string]

function nearMisses(sampler: Sampler, random: Random): readonly Piece[] {
  return GREEDS.flatMap((greed) => {
    const whole = sampler.sample(random, greed)
    const starts = PREFIXES.map((share): Piece => {
      const piece = whole.slice(0, Math.max(1, Math.floor((whole.length - 1) * share)))
      return [`${share * 100} % of a match (greed ${greed}), repeated`, piece]
    })
    return [...starts, [`the end of a match (greed ${greed}), repeated`, whole.slice(1)] satisfies Piece]
  })
}

function singles({ alphabet }: Sampler): readonly Piece[] {
  const [first = 'a', second = 'b'] = alphabet
  return [
    [`${JSON.stringify(first)} repeated`, first],
    [`${JSON.stringify(first + second)} repeated`, first + second],
    ['blanks', ' '],
    ['new lines', '\n'],
  ]
}

/** A match begins on each line and the line ends before it can go on. */
function lines(sampler: Sampler, random: Random): readonly Piece[] {
  return LINE_CHARS.map((length) => {
    const start = sampler.sample(random, 0).slice(0, -1)
    const rest = Array.from({ length }, () => pick(sampler.alphabet, random)).join('')
    return [`lines of ${length} characters`, `${(start + rest).slice(0, length).replaceAll('\n', ' ')}\n`]
  })
}

function mixtures(sampler: Sampler, random: Random, sizeBytes: number): readonly HostileText[] {
  return Array.from({ length: NOISE_ROUNDS }, (_, round) => {
    const draw = (): string => {
      const whole = sampler.sample(random, GREEDS[round] ?? 0)
      return whole.slice(0, Math.max(1, Math.floor(random() * (whole.length - 1))))
    }
    return { description: `starts of matches, mixed (${round + 1})`, bytes: grown(draw, sizeBytes) }
  })
}

function noises(sampler: Sampler, random: Random, sizeBytes: number): readonly HostileText[] {
  return Array.from({ length: NOISE_ROUNDS }, (_, round) => {
    const several = Array.from({ length: 2 + 2 * round }, () => pick(sampler.alphabet, random))
    return [
      {
        description: `noise of its own characters (${round + 1})`,
        bytes: grown(() => pick(sampler.alphabet, random), sizeBytes),
      },
      {
        description: `noise of ${JSON.stringify(several.join(''))}`,
        bytes: grown(() => pick(several, random), sizeBytes),
      },
      startThenNoise(sampler, random, sizeBytes, round),
    ]
  }).flat()
}

function startThenNoise(sampler: Sampler, random: Random, sizeBytes: number, round: number): HostileText {
  let start: string | null = sampler.sample(random, 0).slice(0, -1)
  const draw = (): string => {
    const next = start ?? pick(sampler.alphabet, random)
    start = null
    return next === '' ? 'a' : next
  }
  return { description: `a start, then noise (${round + 1})`, bytes: grown(draw, sizeBytes) }
}

function foreign(sampler: Sampler, random: Random, sizeBytes: number): readonly HostileText[] {
  const mixed = [...sampler.alphabet, 'é', '\u212a', '\u4e2d', '\u{1f600}']
  const noise = Uint8Array.from({ length: sizeBytes }, () => Math.floor(random() * 256))
  return [
    { description: 'its own characters among others', bytes: grown(() => pick(mixed, random), sizeBytes) },
    { description: 'characters of four bytes', bytes: filled(Buffer.from('\u{1f600}'), sizeBytes) },
    { description: 'bytes that are never UTF-8', bytes: filled(Uint8Array.of(0xff), sizeBytes) },
    { description: 'characters that are cut off', bytes: filled(Uint8Array.of(0xf0, 0x9f, 0x98), sizeBytes) },
    { description: 'random bytes', bytes: noise },
  ]
}

function grown(draw: () => string, sizeBytes: number): Uint8Array {
  const parts: string[] = []
  for (let length = 0; length < sizeBytes;) {
    const part = draw()
    parts.push(part)
    length += part.length
  }
  return filled(Buffer.from(parts.join('')), sizeBytes)
}

/** `piece` as often as it fits, its start at the end. */
function filled(piece: Uint8Array, sizeBytes: number): Uint8Array {
  const bytes = new Uint8Array(sizeBytes)
  const unit = piece.length === 0 ? Uint8Array.of(0x61) : piece
  for (let at = 0; at < sizeBytes; at += unit.length) bytes.set(unit.subarray(0, sizeBytes - at), at)
  return bytes
}
