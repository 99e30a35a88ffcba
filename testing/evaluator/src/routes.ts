import type { Fields, Value } from './event.ts'
import type { View } from './item.ts'
import type { LogSource } from './rule.ts'
import { foldCase, Text } from './text.ts'
import { AUDITD_TYPES, CATEGORIES, CHANNELS, type CategoryRow } from './routing-table.ts'

/** A log source that an event belongs to, and the event as rules of that log source see it. */
export interface Sighting {
  readonly source: LogSource
  readonly view: View
}

const EXECVE_ARGUMENTS_MAX = 1_000

/** Every log source of the event. Those that see it as it is come first. */
export function sightingsOf(fields: Fields, declared: Partial<LogSource> | undefined): readonly Sighting[] {
  const plain = viewOf(fields)
  if (fields.has('Channel')) return windows(fields, plain)
  const { category = null, product = null, service = null } = declared ?? {}
  const known = [category, product, service].some((part) => part !== null)
  return [...(known ? [{ source: { category, product, service }, view: plain }] : []), ...auditd(fields, plain)]
}

/** A rule names each part or leaves it open, but one without a product is only for events that have none. */
export function applies(rule: LogSource, event: LogSource): boolean {
  return (
    rule.product === event.product &&
    (rule.category === null || rule.category === event.category) &&
    (rule.service === null || rule.service === event.service)
  )
}

function windows(fields: Fields, view: View): readonly Sighting[] {
  const services = CHANNELS.filter(([, channels]) => channels.some((channel) => isAny(fields, 'Channel', channel)))
  const categories = CATEGORIES.filter(
    (row) =>
      services.some(([service]) => service === row.service) &&
      row.eventIds.some((id) => isAny(fields, 'EventID', String(id))) &&
      (row.eventTypes === undefined || row.eventTypes.some((type) => isAny(fields, 'EventType', type))),
  )
  return [
    { source: { product: 'windows', category: null, service: null }, view },
    ...services.map(([service]) => ({ source: { product: 'windows', category: null, service }, view })),
    ...categories.map((row) => ({ source: sourceOf(row), view: viewOf(withAliases(fields, row.aliases ?? {})) })),
  ]
}

function sourceOf({ product, category, service }: CategoryRow): LogSource {
  return { product: product === undefined ? 'windows' : product, category, service }
}

function isAny(fields: Fields, field: string, text: string): boolean {
  return (fields.get(field) ?? []).some((value) => value !== null && value.folded === foldCase(text))
}

function withAliases(fields: Fields, aliases: Readonly<Record<string, string>>): Fields {
  const added = Object.entries(aliases).flatMap(([alias, field]) => {
    const values = fields.get(field)
    return values === undefined || fields.has(alias) ? [] : [[alias, values] as const]
  })
  return new Map([...fields, ...added])
}

function auditd(fields: Fields, view: View): readonly Sighting[] {
  const types = (fields.get('type') ?? []).flatMap((value) => (value === null ? [] : [value.exact]))
  if (!types.some((type) => AUDITD_TYPES.has(type))) return []
  const record = { source: { product: 'linux', category: null, service: 'auditd' }, view }
  if (!types.includes('EXECVE')) return [record]
  const process = { product: 'linux', category: 'process_creation', service: 'auditd' }
  return [record, { source: process, view: viewOf(withCommand(fields)) }]
}

/** An EXECVE record has the arguments one by one: `argc`, `a0`, `a1` and so on. */
function withCommand(fields: Fields): Fields {
  const first = (field: string): Value => fields.get(field)?.[0] ?? null
  const count = Number(first('argc')?.exact ?? 0)
  const names = Array.from({ length: Math.min(count, EXECVE_ARGUMENTS_MAX) || 0 }, (_, at) => `a${at}`)
  const words = names.flatMap((name) => first(name)?.exact ?? [])
  const program = first('a0')?.exact ?? ''
  const command = new Map<string, readonly Value[]>()
  if (words.length > 0) command.set('CommandLine', [new Text(words.join(' '))])
  const image = fields.get('exe') ?? (program.startsWith('/') ? fields.get('a0') : undefined)
  if (image !== undefined) command.set('Image', image)
  return new Map([...command, ...fields])
}

function viewOf(fields: Fields): View {
  return { values: (field) => fields.get(field) ?? [], everything: [...fields.values()].flat() }
}
