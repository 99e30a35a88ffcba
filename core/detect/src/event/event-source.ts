import type { EventColumns } from './event-columns.ts'
import type { TextCounters } from './value-text.ts'

/** What happened to events, since the columns were created. */
export interface EventCounters extends TextCounters {
  /** Values of a field that another object of the event, or a later duplicate of the key, replaced. */
  duplicates: number
  /** Events refused by a reader. */
  refused: number
}

/** One field of an event as text; `null` for JSON's null. */
export interface EventEntry {
  readonly field: string
  readonly value: string | null
}

/** Where the present event comes from. */
export interface EventSource {
  /** Text is the inside of a JSON string, and numbers are JSON tokens. Otherwise both are plain UTF-8. */
  readonly json: boolean
  /** Reads the event again, and calls `addUnknown` for each value of a field that no rule knows. */
  readonly readUnknown: (columns: EventColumns) => void
  /** Reads the present event of `columns` into `others`, which have other names. Allocates: for events that matched. */
  readonly readAgain: (columns: EventColumns, others: EventColumns) => void
}
