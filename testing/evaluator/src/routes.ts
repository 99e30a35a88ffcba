import type { Fields, Value } from './event.ts'
import type { View } from './item.ts'
import type { LogSource } from './rule.ts'
import { foldCase, Text } from './text.ts'
import {
  AUDITD_TYPES,
  CATEGORIES,
  type CategoryRow,
  CHANNELS,
  LINUX_SYSMON_CHANNEL,
  SAME_EVENTS,
} from './routing-table.ts'

/** A log source that an event belongs to, and the event as rules of that log source see it. */
export interface Sighting {
  readonly source: LogSource
  /** What a rule has to name: structured events and parts of a channel are not just any log of their product. */
  readonly needs: 'category' | 'service' | null
  readonly view: View
}

const EXECVE_ARGUMENTS_MAX = 1_000
const OPERATING_SYSTEMS: readonly (string | null)[] = ['windows', 'linux', 'macos']
const EXECVE_ALIASES = { Image: 'exe', CurrentDirectory: 'cwd', ProcessId: 'pid', ParentProcessId: 'ppid' }

/** Every log source of the event: by its channel, else by what is declared, else as a record of the audit system. */
export function sightingsOf(fields: Fields, declared: Partial<LogSource> | undefined): readonly Sighting[] {
  const view = viewOf(fields)
  if (first(fields, 'Channel') !== null) return ofChannel(fields, view)
  const { category = null, product = null, service = null } = declared ?? {}
  const isDeclared = category !== null || product !== null || service !== null
  return isDeclared ? ofDeclared({ category, product, service }, view) : ofAuditd(fields, view)
}

/** A rule names each part or leaves it open. */
export function applies(rule: LogSource, { source, needs }: Sighting): boolean {
  const agrees = PARTS.every((part) => rule[part] === null || rule[part] === source[part])
  return agrees && (needs === null || rule[needs] !== null)
}

const PARTS = ['category', 'product', 'service'] as const

function ofChannel(fields: Fields, view: View): readonly Sighting[] {
  const services = CHANNELS.filter(([, channels]) => channels.some((channel) => is(fields, 'Channel', channel)))
  const windows = services.map(([service]): Sighting => ({
    source: { category: null, product: 'windows', service },
    needs: null,
    view,
  }))
  const linux: Sighting = { source: { category: null, product: 'linux', service: 'sysmon' }, needs: 'service', view }
  const channels = is(fields, 'Channel', LINUX_SYSMON_CHANNEL) ? [linux] : windows
  const rows = CATEGORIES.filter(
    (row) =>
      channels.some(({ source }) => source.product === row.product && source.service === row.service) &&
      row.eventIds.some((id) => is(fields, 'EventID', String(id))) &&
      (row.eventTypes === undefined || row.eventTypes.some((type) => is(fields, 'EventType', type))),
  )
  return [...channels, ...rows.map((row) => ofCategory(row, fields))]
}

function ofCategory({ category, product, service, aliases }: CategoryRow, fields: Fields): Sighting {
  return {
    source: { category, product, service },
    needs: 'category',
    view: viewOf(withAliases(fields, aliases ?? {})),
  }
}

/** An operating system's events of a category, with no service, are structured: no lines of one of its logs. */
function ofDeclared(declared: LogSource, view: View): readonly Sighting[] {
  const isDeclared = (source: LogSource): boolean => PARTS.every((part) => source[part] === declared[part])
  const same = SAME_EVENTS.map((group) => group.map(([category, product, service]) => ({ category, product, service })))
  const sources = same.find((group) => group.some(isDeclared)) ?? [declared]
  const { category, product, service } = declared
  const isStructured = category !== null && service === null && OPERATING_SYSTEMS.includes(product)
  return sources.map((source) => ({ source, needs: isStructured ? 'category' : null, view }))
}

/** The first value of a field, if it is one. */
function first(fields: Fields, field: string): Value {
  return fields.get(field)?.[0] ?? null
}

function is(fields: Fields, field: string, text: string): boolean {
  return first(fields, field)?.folded === foldCase(text)
}

function withAliases(fields: Fields, aliases: Readonly<Record<string, string>>): Fields {
  const added = Object.entries(aliases).flatMap(([alias, field]) => {
    const values = fields.get(field)
    return values === undefined || fields.has(alias) ? [] : [[alias, values] as const]
  })
  return new Map([...fields, ...added])
}

function ofAuditd(fields: Fields, view: View): readonly Sighting[] {
  const type = first(fields, 'type')?.exact ?? ''
  if (!AUDITD_TYPES.has(type)) return []
  const record: Sighting = { source: { category: null, product: 'linux', service: 'auditd' }, needs: null, view }
  if (type !== 'EXECVE') return [record]
  const source = { category: 'process_creation', product: 'linux', service: null }
  return [record, { source, needs: 'category', view: viewOf(withCommand(fields)) }]
}

/** An EXECVE record has the arguments one by one: `argc`, `a0`, `a1` and so on. */
function withCommand(fields: Fields): Fields {
  const count = Number(first(fields, 'argc')?.exact ?? 0)
  const names = Array.from({ length: Math.min(count, EXECVE_ARGUMENTS_MAX) || 0 }, (_, at) => `a${at}`)
  const words = names.flatMap((name) => first(fields, name)?.exact ?? [])
  const program = first(fields, 'a0')
  const command = new Map<string, readonly Value[]>()
  if (words.length > 0) command.set('CommandLine', [new Text(words.join(' '))])
  if (program?.exact.startsWith('/') === true) command.set('Image', [program])
  return new Map([...command, ...withAliases(fields, EXECVE_ALIASES)])
}

function viewOf(fields: Fields): View {
  return { values: (field) => fields.get(field) ?? [], everything: [...fields.values()].flat() }
}
