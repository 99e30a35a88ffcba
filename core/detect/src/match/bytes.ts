/** Searching in runs of bytes. A run is `bytes` from `from` up to, not including, `to`; callers keep it inside. */

export function equalRuns(a: Uint8Array, aFrom: number, b: Uint8Array, bFrom: number, length: number): boolean {
  for (let i = 0; i < length; i++) if (a[aFrom + i] !== b[bFrom + i]) return false
  return true
}

/**
 * Where `needle` first lies in `hay`, or -1. At most length of hay times length of needle, which is what an image's
 * cost bound counts; nearly always one step a byte.
 */
export function findRun(
  hay: Uint8Array,
  from: number,
  to: number,
  needle: Uint8Array,
  nFrom: number,
  nTo: number,
): number {
  const length = nTo - nFrom
  if (length === 0) return from
  const first = needle[nFrom]
  const last = to - length
  for (let at = from; at <= last; at++) {
    if (hay[at] === first && equalRuns(hay, at + 1, needle, nFrom + 1, length - 1)) return at
  }
  return -1
}

/**
 * Whether one run of an event contains another, both hostile, in time linear in their lengths.
 *
 * @see Knuth, Morris, Pratt: Fast pattern matching in strings, 1977
 */
export class LinearSearch {
  /** For each prefix of the needle, how long its longest border is. */
  #borders = new Int32Array(64)

  contains(hay: Uint8Array, from: number, to: number, needle: Uint8Array, nFrom: number, nTo: number): boolean {
    const length = nTo - nFrom
    if (length === 0) return true
    if (length > to - from) return false
    const borders = this.#bordersOf(needle, nFrom, length)
    for (let at = from, held = 0; at < to; at++) {
      while (held > 0 && hay[at] !== needle[nFrom + held]) held = borders[held - 1] as number
      if (hay[at] === needle[nFrom + held]) held++
      if (held === length) return true
    }
    return false
  }

  #bordersOf(needle: Uint8Array, from: number, length: number): Int32Array {
    if (this.#borders.length < length) this.#borders = new Int32Array(2 * length)
    const borders = this.#borders
    borders[0] = 0
    for (let at = 1, held = 0; at < length; at++) {
      while (held > 0 && needle[from + at] !== needle[from + held]) held = borders[held - 1] as number
      if (needle[from + at] === needle[from + held]) held++
      borders[at] = held
    }
    return borders
  }
}
