import type { HostEvent } from '@firebreak/detect'
import { list, malformed, nullable, object, optional, parseJson, type Reader, record, text } from '@firebreak/kernel'

/** All events of one gate: 20,000 tests of a few kilobytes. */
const EVENT_LIST_BYTES_MAX = 256 * 1024 * 1024
const EVENTS_MAX = 1_000_000
const NAME_CHARS_MAX = 1_024

type FieldValue = HostEvent['fields'][string]

const fieldValue: Reader<FieldValue> = (value, at) => {
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return value
  throw malformed(at, 'text, a number, true, false or null', value)
}

const fields: Reader<HostEvent['fields']> = (value, at) => {
  const entries = Object.entries(record(value, at))
  // Not an assignment: a field may be called `__proto__`.
  return Object.fromEntries(entries.map(([name, one]) => [name, fieldValue(one, `${at}.${name}`)]))
}

const time: Reader<number> = (value, at) => {
  if (typeof value !== 'number') throw malformed(at, 'a number', value)
  return value
}

const event = object<HostEvent>({
  category: text(NAME_CHARS_MAX),
  product: text(NAME_CHARS_MAX),
  service: optional(nullable(text(NAME_CHARS_MAX))),
  timeMs: time,
  fields,
})

/**
 * Reads the events that the gate hands over: a JSON list of `{category, product, service?, timeMs, fields}`.
 *
 * @throws KernelError kernel/malformed
 */
export function parseEventList(bytes: Uint8Array): readonly HostEvent[] {
  return list(event, EVENTS_MAX)(parseJson(bytes, EVENT_LIST_BYTES_MAX, 'events'), 'events')
}
