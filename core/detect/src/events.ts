import {
  dictionary,
  integer,
  KernelError,
  list,
  malformed,
  object,
  parseJson,
  type Reader,
  text,
  type WallMs,
} from '@firebreak/kernel'
import { DetectError } from './errors.ts'

/** One thing that happened on a host, as a sensor reports it. */
export interface HostEvent {
  /** Sigma log source: process_creation, file_event, network_connection. */
  readonly category: string
  /** Sigma log source: linux, windows, macos. */
  readonly product: string
  readonly timeMs: WallMs
  /** Absent and null mean the same. Fields that the contract does not name are carried along and not read. */
  readonly fields: Readonly<Record<string, string | number | null>>
}

export const EVENTS_SIZE_BYTES_MAX = 16 * 1024 * 1024
export const EVENTS_MAX = 10_000
export const EVENT_FIELDS_MAX = 64
export const EVENT_FIELD_NAME_CHARS_MAX = 128
/** What an event may bring; the engine reads the first FIELD_CHARS_MAX of it. */
export const EVENT_VALUE_CHARS_MAX = 1024 * 1024

const fieldValue: Reader<string | number | null> = (value, at) => {
  if (value === null || (typeof value === 'number' && Number.isFinite(value))) return value
  if (typeof value === 'string' && value.length <= EVENT_VALUE_CHARS_MAX) return value
  throw malformed(at, `text of at most ${EVENT_VALUE_CHARS_MAX} characters, a number or null`, value)
}

const fields: Reader<HostEvent['fields']> = (value, at) => {
  const entries = dictionary(fieldValue, EVENT_FIELDS_MAX)(value, at)
  // No prototype: a field may be called `__proto__` or `constructor`.
  const record: Record<string, string | number | null> = Object.create(null)
  for (const [name, one] of entries) {
    if (name.length > EVENT_FIELD_NAME_CHARS_MAX) throw malformed(at, 'shorter field names', name)
    record[name] = one
  }
  return record
}

const events = list(
  object<HostEvent>({
    category: text(64),
    product: text(64),
    timeMs: integer(0, Number.MAX_SAFE_INTEGER),
    fields,
  }),
  EVENTS_MAX,
)

/**
 * Reads a JSON list of events from hostile bytes.
 *
 * @throws DetectError detect/events-malformed
 */
export function parseEvents(payload: Uint8Array): readonly HostEvent[] {
  try {
    return events(parseJson(payload, EVENTS_SIZE_BYTES_MAX, 'events'), 'events')
  } catch (error) {
    if (!(error instanceof KernelError) || error.code !== 'kernel/malformed') throw error
    throw new DetectError('detect/events-malformed', error.message, error.details, error)
  }
}
