import {
  contextStarts,
  REGEX_CONTEXT_HEAD_WORDS,
  REGEX_CONTEXT_WINDOWS,
  REGEX_KINDS,
  REGEX_RANGE_WORDS,
  REGEX_WINDOW_HEAD_WORDS,
  regexLayout,
  type RegexLayout,
} from '@firebreak/content'

/**
 * A compiled expression as lists, for whoever walks it instead of running it. A position is a place in the expression that
 * reads one character; a kind is what assertions ask of a character (see the layout of programs in core/content).
 */
export interface RegexGraph {
  readonly positions: number
  readonly symbolOf: (codePoint: number) => number
  readonly kindOf: (symbol: number) => number
  readonly reads: (position: number, symbol: number) => boolean
  readonly between: (kindBefore: number, kindAfter: number) => RegexContext
  /** First code points and symbols; each lasts until the next. */
  readonly ranges: readonly (readonly [first: number, symbol: number])[]
}

/** Where positions lead between two characters of certain kinds. */
export interface RegexContext {
  readonly first: readonly number[]
  /** The empty text matches here. */
  readonly entryAccepts: boolean
  readonly follow: (position: number) => readonly number[]
  readonly accepts: (position: number) => boolean
}

/** @param program - of `compileRegex` */
export function regexGraph(program: Uint32Array): RegexGraph {
  const layout = regexLayout(program)
  const word = (at: number): number => program[at] ?? 0
  const ranges = Array.from({ length: layout.ranges }, (_, i) => {
    const at = layout.rangesAt + REGEX_RANGE_WORDS * i
    return [word(at), word(at + 1)] as const
  })
  const contexts = contextStarts(program, layout).map((at) => readContext(program, layout, at))
  return {
    positions: layout.positions,
    ranges,
    symbolOf: (codePoint) => (ranges.findLast(([first]) => first <= codePoint) ?? [0, 0])[1],
    kindOf: (symbol) => word(layout.kindsAt + symbol),
    reads: (position, symbol) => hasBit(program, layout.masksAt + symbol * layout.setWords, position),
    between: (before, after) => contexts[word(layout.contextOfAt + before * REGEX_KINDS + after)] as RegexContext,
  }
}

function readContext(program: Uint32Array, { setWords }: RegexLayout, start: number): RegexContext {
  const groups = program[start] ?? 0
  const moveAt = start + REGEX_CONTEXT_HEAD_WORDS
  let at = moveAt + setWords
  const windows = Array.from({ length: REGEX_CONTEXT_WINDOWS + 2 * groups }, () => {
    const [members, next] = readWindow(program, at)
    at = next
    return members
  })
  const [first = [], stay = [], skip = [], accept = [], ...rest] = windows
  const follow = new Map<number, number[]>()
  const add = (position: number, followers: readonly number[]): void => {
    const known = follow.get(position)
    if (known === undefined) follow.set(position, [...followers])
    else known.push(...followers)
  }
  for (const position of stay) add(position, [position])
  for (let position = 0; position < 32 * setWords; position++) {
    if (hasBit(program, moveAt, position)) add(position, [position + 1])
  }
  for (const position of skip) add(position, [position + 2])
  for (let group = 0; group < groups; group++) {
    for (const position of rest[2 * group] ?? []) add(position, rest[2 * group + 1] ?? [])
  }
  const accepting = new Set(accept)
  return {
    first,
    entryAccepts: program[start + 1] === 1,
    accepts: (position) => accepting.has(position),
    follow: (position) => follow.get(position) ?? [],
  }
}

function readWindow(program: Uint32Array, at: number): readonly [members: readonly number[], next: number] {
  const firstWord = program[at] ?? 0
  const words = program[at + 1] ?? 0
  const from = at + REGEX_WINDOW_HEAD_WORDS
  const bits = Array.from({ length: 32 * words }, (_, bit) => bit).filter((bit) => hasBit(program, from, bit))
  return [bits.map((bit) => 32 * firstWord + bit), from + words]
}

function hasBit(program: Uint32Array, from: number, bit: number): boolean {
  return (((program[from + (bit >> 5)] ?? 0) >>> (bit & 31)) & 1) === 1
}
