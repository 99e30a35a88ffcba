import type { LogSource, SensorSource } from '@firebreak/content'
import { EVENT_BYTES_MAX, EventColumns, FieldNames, readJsonEvent } from '@firebreak/detect/json'
import type { RecordValue } from '@firebreak/detect/records'
import { believedTime, timeOfFields } from '../event-time.ts'
import type { LineReader } from '../line-reader.ts'

/** A log source that whoever writes the events promises, with the fields that they fill. */
export interface PromisedSource extends LogSource {
  readonly fields: readonly string[]
}

/**
 * Members that say of which log source the event is, the first that is there; they are no fields. Everything else is a
 * field under its own name, objects within joined as the engine joins them; of a list, its values joined by one space.
 */
const SIGMA_MEMBERS: Readonly<Record<keyof LogSource, readonly string[]>> = {
  category: ['category', 'logsource.category'],
  product: ['product', 'logsource.product'],
  service: ['service', 'logsource.service'],
}
const SOURCE_MEMBERS = new Set(Object.values(SIGMA_MEMBERS).flat())

/** What is promised is all that is supplied: nobody else knows. */
export function sigmaSupplies(promised: readonly PromisedSource[]): readonly SensorSource[] {
  return promised.map(({ category, product, service, fields }) => {
    return { kind: 'declared', source: { category, product, service }, fields }
  })
}

/**
 * For events that are in Sigma's terms already. An event that does not say its log source is of `declared`.
 *
 * @param promised - events of other log sources are refused; null: whatever comes, as for files
 */
export function sigmaReader(declared: LogSource, promised: readonly PromisedSource[] | null): LineReader {
  const columns = new EventColumns(new FieldNames([]))
  const keys = promised === null ? null : new Set(promised.map(keyOf))
  return (line, receivedMs) => {
    if (line.length > EVENT_BYTES_MAX) return 'too-long'
    if (readJsonEvent(columns, line, 0, line.length) !== 'ok') return 'malformed'
    const values = new Map<string, RecordValue>()
    for (const { field, value } of columns.entries()) values.set(field, added(values.get(field) ?? null, value))
    const source = sourceOf(values, declared)
    if (keys !== null && !keys.has(keyOf(source))) return 'not-supplied'
    const timeMs = believedTime(timeOfFields(values), receivedMs)
    const fields = Object.fromEntries([...values].filter(([name]) => !SOURCE_MEMBERS.has(name)))
    return { ...source, timeMs, fields }
  }
}

/** A value of a list joins those before it. */
function added(before: RecordValue, value: string | null): RecordValue {
  if (before === null || value === null) return before ?? value
  return `${before} ${value}`
}

function sourceOf(values: ReadonlyMap<string, RecordValue>, declared: LogSource): LogSource {
  const said = (part: keyof LogSource): string | null => {
    const member = SIGMA_MEMBERS[part].find((name) => values.has(name))
    const value = member === undefined ? null : values.get(member)
    return value === undefined || value === null || value === '' ? null : String(value)
  }
  const source = { category: said('category'), product: said('product'), service: said('service') }
  return Object.values(source).every((part) => part === null) ? declared : source
}

function keyOf({ category, product, service }: LogSource): string {
  return JSON.stringify([category, product, service].map((part) => part?.toLowerCase() ?? null))
}
