/**
 * What one execution came to. A parser that throws its declared errors has rejected; anything that must never happen
 * is a failure, and the engine looks for those.
 */
export type Outcome = 'accepted' | 'rejected' | Failure

export interface Failure {
  /** Which promise was broken: the oracle, or the error's class. Equal codes are the same kind of bug. */
  readonly code: string
  /** For people: what happened with this input. */
  readonly message: string
}

/** Two unequal values of one type that a program compared. */
export interface Compared {
  readonly a: number | string
  readonly b: number | string
}

/** What one execution in the tracing build showed. */
export interface Trace {
  readonly outcome: Outcome
  readonly compared: readonly Compared[]
  /** Where it ended: the last block, or the hottest if it ran out of fuel. Null: not known. */
  readonly block: number | null
}

/** A program under test, in the process that fuzzes it. */
export interface Target {
  /** One count for each block; its length a multiple of four. The engine clears it before each execution. */
  readonly counters: Uint8Array
  /** Must not throw, must not keep `input`: the engine writes the next one into the same memory. */
  readonly run: (input: Uint8Array) => Outcome
  /** How many blocks the last execution ran, which stands for its time. Absent: the input's length has to. */
  readonly spent?: () => number
  /** The same in a slower build that logs; null: the program can't be traced. */
  readonly trace: ((input: Uint8Array) => Trace) | null
}

/** Constants of the program under test. */
export interface Dictionary {
  readonly texts: readonly string[]
  readonly numbers: readonly number[]
}

export const DICTIONARY_EMPTY: Dictionary = { texts: [], numbers: [] }
