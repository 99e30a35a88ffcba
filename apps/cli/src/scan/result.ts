import type { EngineCounters } from '@firebreak/detect'
import type { EventFormat } from '@firebreak/event-files'
import type { ScanRules } from './rules.ts'
import type { Tally } from './tally.ts'

/** One file of a scan, as it ended. */
export interface ScannedFile {
  readonly path: string
  /** Null when it could not be read, or is none of the formats. */
  readonly format: EventFormat | null
  readonly events: number
  readonly detections: number
  /** Why it was not read to its end; null when it was. */
  readonly problem: string | null
}

/** What every report is made from. */
export interface ScanResult {
  readonly rules: ScanRules
  readonly tally: Tally
  readonly counters: Pick<EngineCounters, 'events' | 'malformed' | 'unrouted' | 'fieldsTruncated'>
  /** Events by log source of the rules that they reached; one event may be of several. */
  readonly logSources: ReadonlyMap<string, number>
  readonly files: readonly ScannedFile[]
  /** Read from the disk, packed as it may have been. */
  readonly bytes: number
  readonly durationMs: number
  /** When the scan was made. */
  readonly madeAtMs: number
  /** Ctrl-C: what was found until then. */
  readonly isInterrupted: boolean
}
