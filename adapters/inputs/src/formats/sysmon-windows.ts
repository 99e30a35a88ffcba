import type { SensorSource } from '@firebreak/content'
import { WINDOWS_EVENT_FIELDS } from '@firebreak/content/windows-events'
import type { LineReader } from '../line-reader.ts'
import { type SysmonTable, sysmonEvent, sysmonSupplies } from './sysmon.ts'
import { readWindowsShape } from './windows-shape.ts'

/** Sysmon of Windows. Its fields by EventID are those that the routing knows: one table for both. */
export const SYSMON_WINDOWS: SysmonTable = {
  product: 'windows',
  channel: 'Microsoft-Windows-Sysmon/Operational',
  provider: 'Microsoft-Windows-Sysmon',
  events: new Map(
    WINDOWS_EVENT_FIELDS.filter(({ service }) => service === 'sysmon').map(({ eventId, fields }) => [eventId, fields]),
  ),
}

export const SYSMON_WINDOWS_SUPPLIES: readonly SensorSource[] = sysmonSupplies(SYSMON_WINDOWS)

export const readSysmonWindows: LineReader = (line, receivedMs) => {
  const values = readWindowsShape(line)
  return values === null ? 'malformed' : sysmonEvent(values, SYSMON_WINDOWS, receivedMs)
}
