import type { Format } from './format.ts'

/** Whether an input still does what it was kept for. Each call is an execution. */
export type Keeps = (input: Uint8Array) => boolean

export interface Minimised {
  readonly input: Uint8Array
  readonly executions: number
}

/**
 * A smaller input that still `keeps`, by delta debugging: first without parts of the document, then without bytes, then with
 * bytes that say nothing. The smallest that was found when `executionsMax` are spent.
 *
 * @see Zeller and Hildebrandt, Simplifying and Isolating Failure-Inducing Input (2002)
 */
export function minimise<Tree>(
  input: Uint8Array,
  format: Format<Tree> | null,
  keeps: Keeps,
  executionsMax: number,
): Minimised {
  let executions = 0
  const test: Keeps = (candidate) => {
    executions++
    return keeps(candidate)
  }
  const spent = (): boolean => executions >= executionsMax
  const parts = format === null ? input : withoutParts(input, format, test, spent)
  const bytes = withoutBytes(parts, format?.repair ?? null, test, spent)
  return { input: plain(bytes, format?.repair ?? null, test, spent), executions }
}

/** Only the first of these steps, or without a format the second. */
export function shorten<Tree>(
  input: Uint8Array,
  format: Format<Tree> | null,
  keeps: Keeps,
  executionsMax: number,
): Uint8Array {
  let executions = 0
  const spent = (): boolean => executions >= executionsMax
  const test: Keeps = (candidate) => {
    executions++
    return keeps(candidate)
  }
  return format === null ? withoutBytes(input, null, test, spent) : withoutParts(input, format, test, spent)
}

function withoutParts<Tree>(input: Uint8Array, format: Format<Tree>, keeps: Keeps, spent: () => boolean): Uint8Array {
  const tree = format.decode(input)
  if (tree === null) return input
  // What is wrong with it may lie in what writing it anew puts right.
  if (!keeps(format.encode(tree))) return input
  const smallest = remove<Tree>(tree, {
    size: (one) => format.parts(one),
    without: (one, from, to) => format.without(one, from, to),
    keeps: (one) => keeps(format.encode(one)),
    spent,
  })
  return format.encode(smallest).slice()
}

function withoutBytes(
  input: Uint8Array,
  repair: ((input: Uint8Array) => void) | null,
  keeps: Keeps,
  spent: () => boolean,
): Uint8Array {
  return remove(input, {
    size: (bytes) => bytes.length,
    without: (bytes, from, to) => {
      const shorter = new Uint8Array(bytes.length - (to - from))
      shorter.set(bytes.subarray(0, from))
      shorter.set(bytes.subarray(to), from)
      return shorter
    },
    keeps: (bytes) => keeps(bytes) || (repair !== null && !spent() && keeps(repaired(bytes, repair))),
    spent,
  })
}

interface Removal<T> {
  readonly size: (thing: T) => number
  readonly without: (thing: T, from: number, to: number) => T
  readonly keeps: (thing: T) => boolean
  readonly spent: () => boolean
}

/** Takes away halves, then quarters, and so on to single parts, from the end on; again while that helps. */
function remove<T>(thing: T, { size, without, keeps, spent }: Removal<T>): T {
  let smallest = thing
  for (let chunk = Math.ceil(size(smallest) / 2); chunk >= 1;) {
    let helped = false
    for (let to = size(smallest); to > 0 && !spent(); to = Math.min(to - chunk, size(smallest))) {
      const candidate = without(smallest, Math.max(0, to - chunk), to)
      if (!keeps(candidate)) continue
      smallest = candidate
      helped = true
    }
    if (spent()) break
    if (!helped || chunk > 1) chunk = chunk === 1 ? 0 : Math.floor(chunk / 2)
  }
  return smallest
}

/** Runs of bytes as zeros where that changes nothing: what is left is what matters. */
function plain(
  input: Uint8Array,
  repair: ((input: Uint8Array) => void) | null,
  keeps: Keeps,
  spent: () => boolean,
): Uint8Array {
  let plainest = input
  for (let chunk = Math.max(1, Math.floor(input.length / 2)); chunk >= 1; chunk = Math.floor(chunk / 2)) {
    for (let at = 0; at < input.length && !spent(); at += chunk) {
      if (plainest.subarray(at, at + chunk).every((byte) => byte === 0)) continue
      const candidate = plainest.slice()
      candidate.fill(0, at, at + chunk)
      if (repair !== null) repair(candidate)
      if (keeps(candidate)) plainest = candidate
    }
  }
  return plainest
}

/** In place: the shorter input is a copy already. */
function repaired(bytes: Uint8Array, repair: (input: Uint8Array) => void): Uint8Array {
  repair(bytes)
  return bytes
}
