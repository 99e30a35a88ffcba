import { foldCase } from '@firebreak/kernel'

/**
 * A set of Unicode code points: inclusive ranges, sorted, neither overlapping nor adjacent. Surrogates count as code
 * points of their own, because a JavaScript string may hold a lone one.
 */
export type CharSet = readonly CharRange[]
export type CharRange = readonly [low: number, high: number]

export const CODE_POINT_MAX = 0x10ffff
const UNIT_MAX = 0xffff

export const ALL: CharSet = [[0, CODE_POINT_MAX]]
/** As in RE2, the named classes are ASCII, and `\s` has no vertical tab. */
export const DIGIT: CharSet = [[0x30, 0x39]]
export const WORD: CharSet = charSet([range('0', '9'), range('A', 'Z'), range('_', '_'), range('a', 'z')])
export const SPACE: CharSet = charSet([range('\t', '\n'), range('\f', '\r'), range(' ', ' ')])
export const NOT_NEWLINE: CharSet = complement([[0x0a, 0x0a]])

function range(low: string, high: string): CharRange {
  return [low.charCodeAt(0), high.charCodeAt(0)]
}

/** The set of all `ranges`, which may come in any order and overlap. */
export function charSet(ranges: readonly CharRange[]): CharSet {
  const merged: [number, number][] = []
  for (const [low, high] of ranges.toSorted((a, b) => a[0] - b[0])) {
    const last = merged.at(-1)
    if (last && low <= last[1] + 1) last[1] = Math.max(last[1], high)
    else merged.push([low, high])
  }
  return merged
}

export function complement(set: CharSet): CharSet {
  const gaps: CharRange[] = []
  let next = 0
  for (const [low, high] of set) {
    if (low > next) gaps.push([next, low - 1])
    next = high + 1
  }
  if (next <= CODE_POINT_MAX) gaps.push([next, CODE_POINT_MAX])
  return gaps
}

/**
 * `set` and every character that kernel's foldCase maps to the same character as one of the set. The program carries
 * the result, so the machine compares characters as they are and never depends on the host's Unicode tables.
 */
export function withBothCases(set: CharSet): CharSet {
  const added: CharRange[] = []
  for (const orbit of caseOrbits()) {
    if (orbit.some((code) => contains(set, code))) for (const code of orbit) added.push([code, code])
  }
  return added.length === 0 ? set : charSet([...set, ...added])
}

export function contains(set: CharSet, code: number): boolean {
  let low = 0
  let high = set.length
  while (low < high) {
    const middle = (low + high) >> 1
    const [first, last] = set[middle] as CharRange
    if (code < first) high = middle
    else if (code > last) low = middle + 1
    else return true
  }
  return false
}

let orbits: readonly (readonly number[])[] | null = null

/** The groups of two or more characters with one folding: about 1,200, computed once, when first needed. */
function caseOrbits(): readonly (readonly number[])[] {
  if (orbits) return orbits
  const byFolding = new Map<number, number[]>()
  for (let code = 0; code <= UNIT_MAX; code++) {
    const folded = foldUnit(code)
    if (folded === code) continue
    const orbit = byFolding.get(folded)
    if (orbit) orbit.push(code)
    else byFolding.set(folded, [folded, code])
  }
  orbits = [...byFolding.values()]
  return orbits
}

/** foldCase of one UTF-16 unit. */
function foldUnit(code: number): number {
  return foldCase(String.fromCharCode(code)).charCodeAt(0)
}
