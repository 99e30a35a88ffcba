import { utf8Encode } from '@firebreak/kernel'
import type { Compared, Dictionary } from './target.ts'

/** Values at which programs do something else: the ends of ranges of 8, 16 and 32 bits, and round numbers. */
export const INTERESTING: readonly number[] = [
  0, 1, 2, 3, 4, 7, 8, 15, 16, 20, 21, 31, 32, 63, 64, 100, 127, 128, 129, 254, 255, 256, 257, 511, 512, 1000, 1024,
  4095, 4096, 32_767, 32_768, 65_534, 65_535, 65_536, 100_663_045, 2_147_483_647, 2_147_483_648, 4_294_967_040,
  4_294_967_294, 4_294_967_295,
]

/** Of values learned while fuzzing; the oldest goes first. */
const LEARNED_MAX = 512

/** The dictionary of a campaign: constants of the program, and what it was seen to compare. */
export class Words implements Dictionary {
  readonly #texts: string[]
  readonly #numbers: number[]
  readonly #fixed: { readonly texts: number; readonly numbers: number }
  readonly #known: Set<string | number>
  /** As bytes: texts in UTF-8, numbers in 1, 2 or 4 bytes of both orders. */
  readonly encoded: Uint8Array[] = []

  constructor({ texts, numbers }: Dictionary) {
    this.#texts = [...texts]
    this.#numbers = [...numbers]
    this.#fixed = { texts: texts.length, numbers: numbers.length }
    this.#known = new Set<string | number>([...texts, ...numbers])
    for (const value of this.#known) this.encoded.push(...encodingsOf(value))
  }

  get texts(): readonly string[] {
    return this.#texts
  }

  get numbers(): readonly number[] {
    return this.#numbers
  }

  learn(compared: readonly Compared[]): void {
    for (const { a, b } of compared) {
      this.#add(a)
      this.#add(b)
    }
  }

  #add(value: number | string): void {
    if (this.#known.has(value) || value === '') return
    this.#known.add(value)
    const [list, fixed] =
      typeof value === 'string'
        ? [this.#texts as (number | string)[], this.#fixed.texts]
        : [this.#numbers as (number | string)[], this.#fixed.numbers]
    list.push(value)
    if (list.length > fixed + LEARNED_MAX) this.#known.delete(list.splice(fixed, 1)[0] ?? '')
  }
}

/** How a value may lie in an input: as text, or as a number of 1, 2 or 4 bytes in either order. */
export function encodingsOf(value: number | string): readonly Uint8Array[] {
  if (typeof value === 'string') return [utf8Encode(value)]
  if (!Number.isInteger(value) || value < -0x80000000 || value > 0xffffffff) return []
  const word = value >>> 0
  const bytes = [word & 0xff, (word >>> 8) & 0xff, (word >>> 16) & 0xff, word >>> 24]
  const width = widthOf(value)
  const little = Uint8Array.from(bytes.slice(0, width))
  const wide = Uint8Array.from(bytes)
  const all = width === 1 ? [little] : [little, little.toReversed()]
  return width === 4 ? all : [...all, wide, wide.toReversed()]
}

function widthOf(value: number): 1 | 2 | 4 {
  if (value >= -0x80 && value <= 0xff) return 1
  return value >= -0x8000 && value <= 0xffff ? 2 : 4
}
