/** One event in a window, or a correlation that an event made true. */
export interface Entry {
  readonly timeMs: number
  /** The caller's own number of the event. */
  readonly reference: number
  /** The place of the rule in the correlation's list. */
  readonly rule: number
  /** What is counted: a value, or several as one text. Empty where nothing is read. */
  readonly text: string
  /** What is computed with; NaN where nothing is. */
  readonly number: number
}

/**
 * What one group of one correlation remembers. Entries come in the order of time. The caller drops what is too old, one
 * moment after the other, and looks at `value` in between.
 */
export interface CorrelationWindow {
  /** What the condition looks at. NaN when there is nothing to compute with. */
  readonly value: number
  /** When the earliest thing happened that `value` depends on; Infinity when nothing did. */
  readonly oldestMs: number
  /** Memory in bytes, roughly. */
  readonly bytes: number
  /** Entries now. */
  readonly size: number
  /** Forgets everything of the moment `oldestMs`. */
  dropOldest(): void
  /** @returns how many entries had to go because the window was full, and make a difference */
  add(entry: Entry): number
  /** The events behind `value`: the newest `most`, oldest first. */
  newest(most: number): readonly Entry[]
}
