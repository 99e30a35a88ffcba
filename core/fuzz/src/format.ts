import type { Random } from './random.ts'
import type { Compared, Dictionary } from './target.ts'

/** Chance that a seed gives again: the only one that the core has. */
export type Chance = Readonly<Record<'random', Random>>

/** What a change of a document may draw on. */
export interface Material<Tree> extends Chance {
  /** Constants of the program, and values that it compared lately. */
  readonly dictionary: Dictionary
  /** What the program compared when it ran on this document: a hint which value should be which. */
  readonly compared: readonly Compared[]
  /** Another document of the corpus, to take a part from. */
  readonly other: Tree | null
}

/**
 * How the inputs of a program are made: the engine changes a document as the tree that it means, and what is written
 * then has right lengths and checksums, but where a change lies on purpose.
 */
export interface Format<Tree> {
  /** Null: no document of this format. Must not throw. */
  readonly decode: (input: Uint8Array) => Tree | null
  /** The bytes may be overwritten by the next call. */
  readonly encode: (tree: Tree) => Uint8Array
  /** A changed copy: 1 to 4 changes. What was given stays as it was. */
  readonly mutate: (tree: Tree, material: Material<Tree>) => Tree
  /**
   * Copies with one small change, for every place where there can be one: a number one more or less, an index behind the last, a text that is
   * empty or too long. What no chance may miss; seeds are swept before anything else. Absent: there is no such order.
   */
  readonly sweep?: (tree: Tree) => Iterable<Tree>
  /** How many parts `without` can take away: for making a document smaller. */
  readonly parts: (tree: Tree) => number
  /** A copy without the parts from `from` to `to - 1`, in the order of the text. */
  readonly without: (tree: Tree, from: number, to: number) => Tree
  /** Puts lengths and checksums right, in place, in bytes that were changed blindly. Null: there are none. */
  readonly repair: ((input: Uint8Array) => void) | null
}
