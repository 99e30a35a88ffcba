import { foldCase } from '@firebreak/kernel'
import type { LogSource } from '../sigma/ast.ts'
import { auditRoutesFor, routesFor } from './routes.ts'
import { describeSource, type FieldAlias, type Route } from './route.ts'
import { isDeclarable, sameSource, sourcesOfDeclared, foldSource } from './declared.ts'
import { WINDOWS_CHANNELS } from './windows-channels.ts'
import { WINDOWS_COMMON_FIELDS, WINDOWS_EVENT_FIELDS } from './windows-fields.ts'

/** What a sensor promises to deliver: the sources of its events, and the fields of each. */
export interface SensorContract {
  /** For people: `the Linux sensor`. */
  readonly name: string
  /** 'any': whatever is handed over, as when files are scanned. */
  readonly sources: readonly SensorSource[] | 'any'
}

/** 'any': the fields are not known beforehand. */
export type SuppliedFieldNames = readonly string[] | 'any'

export type SensorSource =
  /** Events that the sensor declares to be of a log source. */
  | { readonly kind: 'declared'; readonly source: LogSource; readonly fields: SuppliedFieldNames }
  /** Events of a channel; those of one EventID come before those of the whole channel. */
  | {
      readonly kind: 'channel'
      readonly channel: string
      readonly eventId: number | null
      readonly fields: SuppliedFieldNames
    }

/** One source of a sensor that a rule is reached from. */
export interface ReachedSource {
  /** For people: `category: file_event, product: linux`, `Security 4688`. */
  readonly name: string
  readonly fields: SuppliedFieldNames
  readonly aliases: readonly FieldAlias[]
}

export const ANY_SENSOR: SensorContract = { name: 'any events', sources: 'any' }

/** A sensor of `product` that declares categories, as the engine's contract lists them. */
export function sensorOfCategories(
  name: string,
  product: string,
  supplied: readonly { readonly category: string; readonly fields: readonly string[] }[],
): SensorContract {
  const sources = supplied.map(({ category, fields }) => {
    return { kind: 'declared', source: { category, product, service: null }, fields } as const
  })
  return { name, sources }
}

/** A Windows host with Sysmon and every event log collected, by agents that add no fields. */
export const WINDOWS_SENSOR: SensorContract = {
  name: 'Windows event logs with Sysmon',
  sources: [
    ...WINDOWS_EVENT_FIELDS.flatMap(({ service, eventId, fields }) =>
      (WINDOWS_CHANNELS[service] ?? []).map((channel) => {
        return { kind: 'channel', channel, eventId, fields: [...WINDOWS_COMMON_FIELDS, ...fields] } as const
      }),
    ),
    // Which fields the other events have differs from EventID to EventID.
    ...[...new Set(Object.values(WINDOWS_CHANNELS).flat())].map((channel) => {
      return { kind: 'channel', channel, eventId: null, fields: 'any' } as const
    }),
  ],
}

/** The sources of `sensor` whose events a rule with the log source `rule` meets. */
export function sourcesReaching(rule: LogSource, sensor: SensorContract): readonly ReachedSource[] {
  if (sensor.sources === 'any') return anySources(rule)
  const wanted = foldSource(rule)
  const reached: ReachedSource[] = []
  for (const one of sensor.sources) {
    if (one.kind !== 'declared' || !sourcesOfDeclared(one.source).some((source) => sameSource(source, wanted))) continue
    reached.push({ name: describeSource(one.source), fields: one.fields, aliases: [] })
  }
  const channels = sensor.sources.filter((one) => one.kind === 'channel')
  for (const route of routesFor(rule)) {
    const onChannel = channels.filter((one) => foldCase(one.channel) === route.channel)
    const exact = onChannel.find((one) => one.eventId === route.eventId)
    const supply = exact ?? onChannel.find((one) => one.eventId === null)
    if (supply) reached.push({ name: nameOf(route, supply.channel), fields: supply.fields, aliases: route.aliases })
  }
  return distinct(reached)
}

function anySources(rule: LogSource): readonly ReachedSource[] {
  const routes = routesFor(rule).map((route) => {
    return { name: nameOf(route, route.channel), fields: 'any', aliases: route.aliases } as const
  })
  const records = auditRoutesFor(rule).map(({ recordType, aliases }) => {
    return { name: `auditd ${recordType ?? 'records'}`, fields: 'any', aliases } as const
  })
  const declared = { name: `events declared as ${describeSource(rule)}`, fields: 'any', aliases: [] } as const
  return distinct([...routes, ...records, ...(isDeclarable(rule) ? [declared] : [])])
}

function nameOf({ eventId, when }: Route, channel: string): string {
  const condition = when === null ? '' : ` with ${when.field} ${when.value}`
  return eventId === null ? channel : `${channel} ${eventId}${condition}`
}

/** Two may have one name and supply different fields: a host's sensor and another program, say. */
function distinct(sources: readonly ReachedSource[]): readonly ReachedSource[] {
  const found: ReachedSource[] = []
  for (const one of sources) {
    const at = found.findIndex(({ name, fields }) => name === one.name && fields === one.fields)
    found.splice(at < 0 ? found.length : at, 1, one)
  }
  return found
}
