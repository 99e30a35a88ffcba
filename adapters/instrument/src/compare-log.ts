import type { Compared } from '@firebreak/fuzz'

/** Of one execution. */
const PAIRS_MAX = 1024
/** Of one place in the code: a loop over a long text compares it letter by letter. */
const PAIRS_OF_PLACE_MAX = 16
/** Longer texts are cut: what an input shows of one is usually its beginning. */
const TEXT_LENGTH_MAX = 64

type Comparable = number | string

/** Pairs of unequal values of one type that code compared: a hint what the input should have held. */
export class CompareLog {
  #pairs: Compared[] = []
  #seen = new Set<string>()
  #switched: unknown = undefined
  readonly #ofPlace = new Map<number, number>()

  get pairs(): readonly Compared[] {
    return this.#pairs
  }

  clear(): void {
    this.#pairs = []
    this.#seen.clear()
    this.#ofPlace.clear()
  }

  /** What instrumented code calls in place of its operators, with the same answers. */
  readonly hooks: Readonly<Record<string, unknown>> = {
    seq: (id: number, a: unknown, b: unknown): boolean => (this.#note(id, a, b), a === b),
    sne: (id: number, a: unknown, b: unknown): boolean => (this.#note(id, a, b), a !== b),
    // oxlint-disable-next-line eqeqeq -- stands for an operator of the code that is tested
    eq: (id: number, a: unknown, b: unknown): boolean => (this.#note(id, a, b), a == b),
    // oxlint-disable-next-line eqeqeq -- as above
    ne: (id: number, a: unknown, b: unknown): boolean => (this.#note(id, a, b), a != b),
    lt: (id: number, a: Comparable, b: Comparable): boolean => (this.#note(id, a, b), a < b),
    gt: (id: number, a: Comparable, b: Comparable): boolean => (this.#note(id, a, b), a > b),
    le: (id: number, a: Comparable, b: Comparable): boolean => (this.#note(id, a, b), a <= b),
    ge: (id: number, a: Comparable, b: Comparable): boolean => (this.#note(id, a, b), a >= b),
    of: (value: unknown): unknown => (this.#switched = value),
    case: (id: number, value: unknown): unknown => (this.#note(id, this.#switched, value), value),
    starts: (id: number, text: string, start: unknown): boolean => {
      if (isText(text) && isText(start)) this.#note(id, text.slice(0, start.length), start)
      return text.startsWith(start as string)
    },
    ends: (id: number, text: string, end: unknown): boolean => {
      if (isText(text) && isText(end)) this.#note(id, text.slice(-end.length), end)
      return text.endsWith(end as string)
    },
    includes: (id: number, where: string, what: unknown): boolean => {
      if (isText(where) && isText(what)) this.#note(id, where, what)
      return where.includes(what as string)
    },
  }

  /** Each pair of a place once, and no place without end: the log is for all of them. */
  #note(id: number, a: unknown, b: unknown): void {
    if (a === b || this.#pairs.length === PAIRS_MAX) return
    const ofPlace = this.#ofPlace.get(id) ?? 0
    if (ofPlace === PAIRS_OF_PLACE_MAX) return
    if (typeof a === 'number' ? typeof b !== 'number' : !isText(a) || !isText(b)) return
    const pair = { a: cut(a as Comparable), b: cut(b as Comparable) }
    const key = `${id}:${pair.a}:${pair.b}`
    if (this.#seen.has(key)) return
    this.#seen.add(key)
    this.#ofPlace.set(id, ofPlace + 1)
    this.#pairs.push(pair)
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string'
}

function cut(value: Comparable): Comparable {
  return isText(value) ? value.slice(0, TEXT_LENGTH_MAX) : value
}
