import { REGEX_CONTEXT_HEAD_WORDS, REGEX_CONTEXT_WINDOWS, REGEX_KIND, contextStarts, regexLayout } from './program.ts'

/** Runs a program as program.ts says, one position at a time: slow, and nothing of the engine's machine is in it. */
export function matches(program: Uint32Array, text: string): boolean {
  const layout = regexLayout(program)
  const contexts = contextStarts(program, layout).map((start) => contextAt(program, start, layout.setWords))
  const symbols = Array.from(text, (char) => symbolOf(program, char.codePointAt(0) ?? 0))
  const kinds = [REGEX_KIND.EDGE, ...symbols.map((symbol) => program[layout.kindsAt + symbol] ?? 0), REGEX_KIND.EDGE]
  let read: ReadonlySet<number> = new Set()
  for (let i = 0; i <= symbols.length; i++) {
    const context = contexts[program[layout.contextOfAt + 4 * (kinds[i] ?? 0) + (kinds[i + 1] ?? 0)] ?? 0]
    if (context === undefined) throw new Error('there is no such context')
    if (context.entryAccepts || !read.isDisjointFrom(context.accept)) return true
    const maskAt = layout.masksAt + layout.setWords * (symbols[i] ?? 0)
    const mask = positionsOf(program.subarray(maskAt, maskAt + layout.setWords), 0)
    read = next(context, read).intersection(mask)
  }
  return false
}

/** Sets of positions. */
export interface ReadContext {
  readonly entryAccepts: boolean
  readonly move: ReadonlySet<number>
  readonly first: ReadonlySet<number>
  readonly stay: ReadonlySet<number>
  readonly skip: ReadonlySet<number>
  readonly accept: ReadonlySet<number>
  readonly groups: readonly { readonly members: ReadonlySet<number>; readonly followers: ReadonlySet<number> }[]
}

export function contextAt(program: Uint32Array, start: number, setWords: number): ReadContext {
  const [groupCount = 0, accepts = 0] = program.subarray(start)
  let at = start + REGEX_CONTEXT_HEAD_WORDS
  const move = positionsOf(program.subarray(at, at + setWords), 0)
  at += setWords
  const window = (): ReadonlySet<number> => {
    const [first = 0, count = 0] = program.subarray(at)
    at += 2 + count
    return positionsOf(program.subarray(at - count, at), first)
  }
  const [first, stay, skip, accept] = Array.from({ length: REGEX_CONTEXT_WINDOWS }, window)
  if (!first || !stay || !skip || !accept) throw new Error('four windows')
  const groups = Array.from({ length: groupCount }, () => ({ members: window(), followers: window() }))
  return { entryAccepts: accepts === 1, move, first, stay, skip, accept, groups }
}

function next({ first, stay, move, skip, groups }: ReadContext, read: ReadonlySet<number>): ReadonlySet<number> {
  const ready = new Set(first)
  for (const position of read) {
    if (stay.has(position)) ready.add(position)
    if (move.has(position)) ready.add(position + 1)
    if (skip.has(position)) ready.add(position + 2)
  }
  for (const { members, followers } of groups) {
    if (!read.isDisjointFrom(members)) for (const position of followers) ready.add(position)
  }
  return ready
}

function symbolOf(program: Uint32Array, code: number): number {
  const { rangesAt, ranges } = regexLayout(program)
  let symbol = 0
  for (let at = rangesAt; at < rangesAt + 2 * ranges; at += 2) {
    if ((program[at] ?? 0) <= code) symbol = program[at + 1] ?? 0
  }
  return symbol
}

/** @param firstWord - of the whole set */
function positionsOf(words: Uint32Array, firstWord: number): ReadonlySet<number> {
  const all = new Set<number>()
  for (const [i, word] of words.entries()) {
    for (let bit = 0; bit < 32; bit++) if (((word >>> bit) & 1) === 1) all.add(32 * (firstWord + i) + bit)
  }
  return all
}
