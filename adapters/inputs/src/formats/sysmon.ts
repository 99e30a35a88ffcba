import type { SensorSource } from '@firebreak/content'
import { WINDOWS_COMMON_FIELDS } from '@firebreak/content/windows-events'
import { believedTime, timeOfFields } from '../event-time.ts'
import type { LineResult } from '../line-reader.ts'

/** One Sysmon: where its events are found, and the fields of each by EventID. */
export interface SysmonTable {
  readonly product: string
  readonly channel: string
  readonly provider: string
  readonly events: ReadonlyMap<number, readonly string[]>
}

const EVENT_ID_PATTERN = /^\d{1,3}$/

/** Fields of an event beside those of its EventID: the engine routes by the first two. */
const COMMON = new Set(WINDOWS_COMMON_FIELDS)

/** What the engine's own routes by channel and EventID (`core/content/src/routing`) then bring to Sigma's categories. */
export function sysmonSupplies({ channel, events }: SysmonTable): readonly SensorSource[] {
  const all = [...new Set([...events.values()].flat())]
  return [...[...events].map(([eventId, fields]) => ({ eventId, fields })), { eventId: null, fields: all }].map(
    ({ eventId, fields }) => ({ kind: 'channel', channel, eventId, fields: [...WINDOWS_COMMON_FIELDS, ...fields] }),
  )
}

/** An event of this Sysmon with the fields of its table, from values that are named as Sysmon names them. */
export function sysmonEvent(values: ReadonlyMap<string, string>, table: SysmonTable, receivedMs: number): LineResult {
  const id = values.get('EventID')
  if (id === undefined || !EVENT_ID_PATTERN.test(id)) return 'other-shape'
  if (!isOf(values, table)) return 'not-supplied'
  const names = table.events.get(Number(id))
  if (names === undefined) return 'not-supplied'
  const fields: Record<string, string | number> = { Channel: table.channel, EventID: Number(id) }
  for (const name of [...COMMON, ...names]) {
    const value = values.get(name)
    if (value !== undefined && !Object.hasOwn(fields, name)) fields[name] = value
  }
  const timeMs = believedTime(timeOfFields(values), receivedMs)
  return { category: null, product: table.product, service: 'sysmon', timeMs, fields }
}

/** By its channel; where a collector leaves that out, by its provider; an event that has neither is taken for one. */
function isOf(values: ReadonlyMap<string, string>, { channel, provider }: SysmonTable): boolean {
  const is = values.get('Channel')
  if (is !== undefined) return is.toLowerCase() === channel.toLowerCase()
  const by = values.get('Provider_Name')
  return by === undefined || by.toLowerCase() === provider.toLowerCase()
}
