import type { ImageFault, Operator, SourceFault } from '../control.ts'

/** An incident that is public, or a class of them, in bytes of our own making. It is shown with the control pack: the same in every run. */
export interface History {
  /** ISO 8601; null: a class of incidents. */
  readonly date: string | null
  /** What happened, in facts. */
  readonly happened: string
  /** Where that can be read; null for a class. */
  readonly source: string | null
}

export type Exhibit<Evidence> = Operator<Evidence> & History
export type SourceExhibit = SourceFault & History
export type ImageExhibit = ImageFault & History
