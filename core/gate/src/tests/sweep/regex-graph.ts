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
  const sets = { stay: new Set(stay), skip: new Set(skip), accept: new Set(accept) }
  const grouped = Array.from({ length: groups }, (_, i) => [new Set(rest[2 * i]), rest[2 * i + 1] ?? []] as const)
  return {
    first,
    entryAccepts: program[start + 1] === 1,
    accepts: (position) => sets.accept.has(position),
    follow: (position) => [
      ...(sets.stay.has(position) ? [position] : []),
      ...(hasBit(program, moveAt, position) ? [position + 1] : []),
      ...(sets.skip.has(position) ? [position + 2] : []),
      ...grouped.flatMap(([members, followers]) => (members.has(position) ? followers : [])),
    ],
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
