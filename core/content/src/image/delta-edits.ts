import { NONE } from './format.ts'
import { malformed } from './delta-format.ts'

/**
 * How the new form of a list comes from the old one: runs of {first, length} in the new order, where `first` is a place
 * in the old list, or NONE for the next of what the delta brings along. What no run names is gone; nothing is named twice,
 * so that a list can't grow beyond what there is.
 */
const RUN_WORDS = 2

/** Collects the runs of one list, item after item in the new order. */
export class EditWriter {
  readonly #words: number[] = []
  #next = NONE

  keep(old: number): void {
    this.#push(old, old === this.#next)
    this.#next = old + 1
  }

  /** The next item that the delta brings along. */
  take(): void {
    this.#push(NONE, this.#words.at(-RUN_WORDS) === NONE)
    this.#next = NONE
  }

  words(): Uint32Array {
    return Uint32Array.from(this.#words)
  }

  #push(first: number, isNext: boolean): void {
    if (isNext) this.#words[this.#words.length - 1] = (this.#words.at(-1) ?? 0) + 1
    else this.#words.push(first, 1)
  }
}

/**
 * The new list, as numbers: below `oldCount` places in the old list, and from there on what the delta brings along.
 *
 * @param words - hostile
 * @param broughtCount - each is taken, in order
 * @throws ContentError content/delta-malformed
 */
export function readEdits(words: Uint32Array, oldCount: number, broughtCount: number): Uint32Array {
  const isKept = new Uint8Array(oldCount)
  const places = new Uint32Array(oldCount + broughtCount)
  let size = 0
  let taken = 0
  let end = -1
  let wasTaken = false
  for (let at = 0; at < words.length; at += RUN_WORDS) {
    const [first = NONE, count] = words.subarray(at)
    const isTaken = first === NONE
    const [from, left] = isTaken ? [oldCount + taken, broughtCount - taken] : [first, oldCount - first]
    if (count === undefined || count === 0 || count > left) throw malformed(`a run of ${count} items from ${first}`)
    if (from === end && isTaken === wasTaken) throw malformed('a run cut in two')
    end = from + count
    wasTaken = isTaken
    for (let item = from; item < from + count; item++) {
      if (isKept[item] === 1) throw malformed(`item ${item} is kept twice`)
      if (item < oldCount) isKept[item] = 1
      places[size++] = item
    }
    if (isTaken) taken += count
  }
  if (taken !== broughtCount) throw malformed(`${broughtCount - taken} items have no place`)
  return places.subarray(0, size)
}

export interface ListEdits<Item> {
  readonly words: Uint32Array
  /** What the old list does not have, in the new order. */
  readonly brought: readonly Item[]
}

/** @param isWanted - whether an item is to be brought along even if the old list has it */
export function diffList<Item>(
  old: readonly Item[],
  next: readonly Item[],
  isWanted: (item: Item) => boolean = () => false,
): ListEdits<Item> {
  const places = new Map(old.map((item, i) => [contentOf(item), i]))
  const edits = new EditWriter()
  const brought: Item[] = []
  for (const item of next) {
    const content = contentOf(item)
    const place = places.get(content)
    if (place === undefined || isWanted(item)) {
      edits.take()
      brought.push(item)
    } else edits.keep(place)
    // Equal items are kept once.
    places.delete(content)
  }
  return { words: edits.words(), brought }
}

export function patchList<Item>(words: Uint32Array, old: readonly Item[], brought: readonly Item[]): readonly Item[] {
  const items = [...old, ...brought]
  return Array.from(readEdits(words, old.length, brought.length)).flatMap((place) => items[place] ?? [])
}

export function isSameList(one: readonly unknown[], other: readonly unknown[]): boolean {
  return one.length === other.length && contentOf(one) === contentOf(other)
}

/** Equal for equal parts: the same fields come in the same order, because one reader made them. */
function contentOf(part: unknown): string {
  return JSON.stringify(part, (_, value: unknown) => (value instanceof Uint32Array ? value.join(' ') : value))
}
