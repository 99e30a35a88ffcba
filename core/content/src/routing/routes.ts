import { foldCase } from '@firebreak/kernel'
import type { LogSource } from '../sigma/ast.ts'
import { AUDIT_ROUTES } from './audit.ts'
import { type CategoryRow, LINUX_SYSMON_CATEGORIES, LINUX_SYSMON_CHANNEL, WINDOWS_CATEGORIES } from './categories.ts'
import { foldSource } from './declared.ts'
import type { AuditRoute, FieldAlias, Route } from './route.ts'
import { WINDOWS_CHANNELS } from './windows-channels.ts'

/** A route with everything that a rule may name. */
interface TableRow {
  readonly route: Omit<Route, 'source'>
  readonly full: LogSource
  /** Rules that name only the product don't reach it. */
  readonly serviceRequired: boolean
}

const NO_ALIASES: readonly FieldAlias[] = []

const WINDOWS_ROWS = Object.entries(WINDOWS_CHANNELS).flatMap(([service, channels]) =>
  channels.map((channel) => channelRow(channel, 'windows', service)),
)
const LINUX_SYSMON = { ...channelRow(LINUX_SYSMON_CHANNEL, 'linux', 'sysmon'), serviceRequired: true }

const TABLE: readonly TableRow[] = [
  ...WINDOWS_ROWS,
  ...WINDOWS_CATEGORIES.flatMap((row) => categoryRows(row, 'windows', WINDOWS_CHANNELS[row.service] ?? [])),
  // `product: linux` alone is about lines of logs; these are structured events.
  LINUX_SYSMON,
  ...LINUX_SYSMON_CATEGORIES.flatMap((row) => categoryRows(row, 'linux', [LINUX_SYSMON_CHANNEL])),
]

function channelRow(channel: string, product: string, service: string): TableRow {
  return {
    route: { channel: foldCase(channel), eventId: null, when: null, aliases: NO_ALIASES },
    full: { category: null, product, service },
    serviceRequired: false,
  }
}

function categoryRows(row: CategoryRow, product: string, channels: readonly string[]): readonly TableRow[] {
  const { category, service, eventIds, aliases = NO_ALIASES } = row
  const when = row.when ? { field: row.when[0], value: foldCase(row.when[1]) } : null
  return channels.flatMap((channel) =>
    eventIds.map((eventId) => ({
      route: { channel: foldCase(channel), eventId, when, aliases },
      full: { category, product, service },
      serviceRequired: false,
    })),
  )
}

/** Channels whose events need no declaration, folded: also those of which an image has no rule. */
export const ROUTED_CHANNELS: readonly string[] = [...new Set(TABLE.map(({ route }) => route.channel))]

/**
 * Every route by which a rule with this log source is reached from a channel. A rule reaches what agrees with every
 * part that it names; one with a category reaches only events that the table gives that category, and one without
 * reaches whole channels.
 */
export function routesFor(rule: LogSource): readonly Route[] {
  const wanted = foldSource(rule)
  const found = new Map<string, Route>()
  for (const { route, full, serviceRequired } of TABLE) {
    if (wanted.category !== full.category || !names(wanted.product, full.product)) continue
    if (!names(wanted.service, full.service) || (serviceRequired && wanted.service === null)) continue
    const source = { ...full, service: wanted.service }
    // Two services of the taxonomy may name one channel.
    found.set(`${route.channel} ${route.eventId} ${route.when?.value} ${source.product}`, { ...route, source })
  }
  return [...found.values()]
}

/** Every route by which a rule with this log source is reached from records of the Linux audit system. */
export function auditRoutesFor(rule: LogSource): readonly AuditRoute[] {
  const { category, product, service } = foldSource(rule)
  return AUDIT_ROUTES.filter(
    ({ source }) => category === source.category && names(product, source.product) && names(service, source.service),
  )
}

function names(wanted: string | null, is: string | null): boolean {
  return wanted === null || wanted === is
}
