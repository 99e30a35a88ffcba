import { type LogSource, ROUTED_CHANNELS, routesFor } from '@firebreak/content'
import { foldCase } from '@firebreak/kernel'
import type { EventFields } from './witness.ts'

const CHANNELS: ReadonlySet<string> = new Set(ROUTED_CHANNELS)

/**
 * An event that names a channel is of the log sources of that channel, whatever it is declared to be: it gets what puts it
 * into the log source of the rule.
 *
 * @returns null when no event of that channel is of the log source
 */
export function routedFields(fields: EventFields, logsource: LogSource): EventFields | null {
  const { Channel: channel } = fields
  if (typeof channel !== 'string' || !CHANNELS.has(foldCase(channel))) return fields
  const route = routesFor(logsource).find((one) => one.channel === foldCase(channel))
  if (route === undefined) return null
  return {
    ...(route.eventId === null ? {} : { EventID: route.eventId }),
    ...(route.when === null ? {} : { [route.when.field]: route.when.value }),
    ...fields,
  }
}
