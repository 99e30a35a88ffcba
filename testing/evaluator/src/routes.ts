import type { Fields, Value } from './event.ts'
import type { View } from './item.ts'
import type { LogSource } from './rule.ts'
import { foldCase, Text } from './text.ts'
import { AUDITD_TYPES, CATEGORIES, CHANNELS, LINUX_SYSMON_CHANNEL, SAME_EVENTS } from './routing-table.ts'

/** A log source that an event belongs to, and the event as rules of that log source see it. */
export interface Sighting {
  readonly source: LogSource
  /** What a rule has to name: structured events and parts of a channel are not just any log of their product. */
  readonly needs: 'category' | 'service' | null
  readonly view: View
}

const EXECVE_ARGUMENTS_MAX = 128
const OPERATING_SYSTEMS: readonly (string | null)[] = ['windows', 'linux', 'macos']
const ALL_CHANNELS = [LINUX_SYSMON_CHANNEL, ...CHANNELS.flatMap(([, names]) => names)]
const EXECVE_ALIASES = { Image: 'exe', CurrentDirectory: 'cwd', ProcessId: 'pid', ParentProcessId: 'ppid' }

/** Every log source of the event: by a channel that we know, else by what is declared, else as an audit record. */
export function sightingsOf(fields: Fields, declared: Partial<LogSource> | undefined): readonly Sighting[] {
  const view = viewOf(fields)
  if (ALL_CHANNELS.some((channel) => is(fields, 'Channel', channel))) return ofChannel(fields, view)
  const { category = null, product = null, service = null } = declared ?? {}
  return declared === undefined ? ofAuditd(fields, view) : ofDeclared({ category, product, service }, view)
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
  // What one log source of an event calls a field, all of them do.
  const aliased = viewOf(withAliases(fields, Object.assign({}, ...rows.map(({ aliases }) => aliases ?? {}))))
  const categories = rows.map(({ category, product, service }): Sighting => ({
    source: { category, product, service },
    needs: 'category',
    view: aliased,
  }))
  return [...channels.map((one) => ({ ...one, view: aliased })), ...categories]
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
  const command: View = { ...viewOf(withCommand(fields)), everything: view.everything }
  return [
    { ...record, view: command },
    { source, needs: 'category', view: command },
  ]
}

/** An EXECVE record has the arguments one by one: `a0`, `a1` and so on. */
function withCommand(fields: Fields): Fields {
  const words: string[] = []
  for (let at = 0; at < EXECVE_ARGUMENTS_MAX; at++) {
    const word = first(fields, `a${at}`)
    if (word === null) break
    words.push(word.exact)
  }
  const command = words.length > 0 ? [['CommandLine', [new Text(words.join(' '))]] as const] : []
  return new Map([...command, ...withAliases(fields, EXECVE_ALIASES)])
}

function viewOf(fields: Fields): View {
  return {
    has: (field) => fields.has(field),
    values: (field) => fields.get(field) ?? [],
    everything: [...fields.values()].flat(),
  }
}
