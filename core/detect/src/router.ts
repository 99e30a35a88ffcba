import {
  ALIAS,
  AUDIT_RECORD_TYPES,
  auditChannel,
  GROUP,
  type ImageTables,
  type LogSource,
  NONE,
  ROUTE,
  ROUTED_CHANNELS,
  sourcesOfDeclared,
} from '@firebreak/content'
import { foldCase, utf8Decode, utf8Encode } from '@firebreak/kernel'
import { type EventColumns, isWritten, smallInteger, VALUE, written } from './event/index.ts'
import { equalRuns } from './match/bytes.ts'
import { word } from './trap.ts'

/** The groups that events of one channel and id, or of one declared source, belong to. */
export interface Route {
  readonly groups: readonly number[]
  /** Groups for which one more field has to have a value (a string of the image, folded). */
  readonly conditional: readonly { readonly group: number; readonly field: number; readonly value: number }[]
  /** A rule that reads the field `name` reads the field `source`, where the event has no `name`. */
  readonly aliases: readonly { readonly name: number; readonly source: number }[]
  /** A field that is put together from others, where the event does not have it. */
  readonly joined: { readonly field: number; readonly sources: readonly number[] } | null
}

const NOWHERE: Route = { groups: [], conditional: [], aliases: [], joined: null }
const EVENT_ID_DIGITS_MAX = 9
/** Sources that one engine remembers; more are worked out each time. */
const DECLARED_SOURCES_MAX = 256

/** Fields by which the router tells what an event is. */
export const ROUTING_FIELDS = { channel: 'Channel', eventId: 'EventID', auditType: 'type' } as const

/** The record of Linux audit that has a command as numbered arguments, up to this many of which make its line. */
const COMMAND_RECORD = 'EXECVE'
const COMMAND_LINE = 'CommandLine'
const COMMAND_ARGUMENTS_MAX = 128
const COMMAND_ARGUMENTS: readonly string[] = Array.from({ length: COMMAND_ARGUMENTS_MAX }, (_, i) => `a${i}`)
const AUDIT_PREFIX = auditChannel(null)

/** Fields that the router reads besides, for rules over an image with these fields. */
export function routingFields({ strings, routes }: ImageTables, fields: readonly string[]): readonly string[] {
  const command = auditChannel(COMMAND_RECORD)
  const hasRoute = routes.some((word, at) => at % ROUTE.words === ROUTE.channel && strings.text(word) === command)
  const own = Object.values(ROUTING_FIELDS)
  return hasRoute && fields.includes(COMMAND_LINE) ? [...own, ...COMMAND_ARGUMENTS] : own
}

interface Channel {
  /** Folded. */
  readonly name: Uint8Array
  readonly routes: ReadonlyMap<number, Route>
  /** Of the events whose id no route names. */
  readonly other: Route
}

/** Finds the log sources that an event belongs to, which may be several or none. */
export class Router {
  readonly #tables: ImageTables
  readonly #columns: EventColumns
  readonly #channelField: number
  readonly #eventIdField: number
  readonly #auditTypeField: number
  readonly #channels: readonly Channel[]
  readonly #auditRoutes: ReturnType<typeof auditRoutesOf>
  readonly #declared = new Map<string, Route>()
  /** The source that was declared last, and its route: a batch has one object for each of its sources. */
  #lastDeclared: LogSource | null = null
  #lastRoute: Route = NOWHERE
  /** The channel of the event before: nearly always that of this one. */
  #lastChannel: Channel | null = null
  #lastWritten: Uint8Array = new Uint8Array(0)

  /** @param numberOf - the number of a field of the columns */
  constructor(tables: ImageTables, columns: EventColumns, numberOf: (field: string) => number) {
    this.#tables = tables
    this.#columns = columns
    this.#channelField = numberOf(ROUTING_FIELDS.channel)
    this.#eventIdField = numberOf(ROUTING_FIELDS.eventId)
    this.#auditTypeField = numberOf(ROUTING_FIELDS.auditType)
    const channels = channelsOf(tables)
    this.#channels = withOtherChannels(channels)
    this.#auditRoutes = auditRoutesOf(channels, numberOf)
  }

  /** By the channel, when it is one that we know; else by what it was declared to be; else as a record of Linux audit. */
  route(declared: LogSource | null): Route {
    const channel = this.#channel()
    if (channel !== null) return channel.routes.get(this.#eventId()) ?? channel.other
    if (declared !== null) return this.#byDeclared(declared)
    const type = this.#columns.firstValue(this.#auditTypeField)
    return type >= 0 && this.#columns.kind[type] === VALUE.TEXT ? this.#byAuditType(type) : NOWHERE
  }

  /** Whether any value of the field is this string of the image. */
  hasValue(field: number, text: number): boolean {
    const columns = this.#columns
    const { strings } = this.#tables
    const from = word(strings.offsets, text, 'strings')
    const length = word(strings.offsets, text + 1, 'strings') - from
    for (let value = columns.firstValue(field); value >= 0; value = columns.next[value] as number) {
      if (columns.kind[value] === VALUE.NULL) continue
      columns.fold(value)
      const start = columns.foldedFrom[value] as number
      const isSame = (columns.foldedTo[value] as number) - start === length
      if (isSame && equalRuns(columns.foldedBytes, start, strings.bytes, from, length)) return true
    }
    return false
  }

  #channel(): Channel | null {
    const columns = this.#columns
    const value = columns.firstValue(this.#channelField)
    if (value < 0 || columns.kind[value] !== VALUE.TEXT) return null
    if (this.#lastChannel !== null && isWritten(columns, value, this.#lastWritten)) return this.#lastChannel
    columns.fold(value)
    const from = columns.foldedFrom[value] as number
    const to = columns.foldedTo[value] as number
    const channel = this.#channels.find((one) => isNamed(one, columns.foldedBytes, from, to)) ?? null
    if (channel !== null) {
      this.#lastChannel = channel
      this.#lastWritten = written(columns, value)
    }
    return channel
  }

  /** The decimal number in the field EventID, or NONE. */
  #eventId(): number {
    const columns = this.#columns
    const value = columns.firstValue(this.#eventIdField)
    if (value < 0) return NONE
    const small = smallInteger(columns, value)
    if (small >= 0) return small
    columns.text(value)
    let id = 0
    const from = columns.textFrom[value] as number
    const to = columns.textTo[value] as number
    for (let at = from; at < to; at++) {
      const digit = (columns.textBytes[at] as number) - 0x30
      if (digit < 0 || digit > 9 || at - from >= EVENT_ID_DIGITS_MAX) return NONE
      id = 10 * id + digit
    }
    return from === to ? NONE : id
  }

  #byDeclared(declared: LogSource): Route {
    if (declared !== this.#lastDeclared) {
      this.#lastRoute = this.#routeOf(declared)
      this.#lastDeclared = declared
    }
    return this.#lastRoute
  }

  #routeOf(declared: LogSource): Route {
    const key = keyOf(declared)
    const known = this.#declared.get(key)
    if (known !== undefined) return known
    const keys = new Set(sourcesOfDeclared(declared).map(keyOf))
    const groups = groupSources(this.#tables).flatMap((source, group) => (keys.has(keyOf(source)) ? [group] : []))
    const route = { ...NOWHERE, groups }
    if (this.#declared.size < DECLARED_SOURCES_MAX) this.#declared.set(key, route)
    return route
  }

  #byAuditType(value: number): Route {
    const columns = this.#columns
    columns.text(value)
    const from = columns.textFrom[value] as number
    const length = (columns.textTo[value] as number) - from
    for (const { type, route } of this.#auditRoutes) {
      if (type.length === length && equalRuns(columns.textBytes, from, type, 0, length)) return route
    }
    return NOWHERE
  }
}

function isNamed({ name }: Channel, bytes: Uint8Array, from: number, to: number): boolean {
  return name.length === to - from && equalRuns(bytes, from, name, 0, name.length)
}

/** Every route of a channel, with those of any event id added to those of one. */
function channelsOf(tables: ImageTables): readonly Channel[] {
  const byChannel = new Map<number, RouteRecords>()
  const recordsOf = (at: number, words: Uint32Array): RouteRecords => {
    const channel = word(words, at, 'routes')
    const records = byChannel.get(channel) ?? { routes: [], aliases: [] }
    byChannel.set(channel, records)
    return records
  }
  for (let at = 0; at < tables.routes.length; at += ROUTE.words) recordsOf(at, tables.routes).routes.push(at)
  for (let at = 0; at < tables.aliases.length; at += ALIAS.words) recordsOf(at, tables.aliases).aliases.push(at)
  return [...byChannel].map(([channel, records]) => channelOf(tables, channel, records))
}

/** Where the records of one channel lie in their tables. */
interface RouteRecords {
  readonly routes: number[]
  readonly aliases: number[]
}

function channelOf(tables: ImageTables, channel: number, records: RouteRecords): Channel {
  const from = word(tables.strings.offsets, channel, 'strings')
  const name = tables.strings.bytes.subarray(from, word(tables.strings.offsets, channel + 1, 'strings'))
  const ids = new Set(records.routes.map((at) => word(tables.routes, at + ROUTE.eventId, 'routes')))
  const routes = new Map([...ids].map((id) => [id, routeOf(tables, records, id)]))
  return { name, routes, other: routes.get(NONE) ?? NOWHERE }
}

function routeOf({ routes, aliases }: ImageTables, records: RouteRecords, eventId: number): Route {
  const isOf = (id: number | undefined): boolean => id === eventId || id === NONE
  const own = records.routes.filter((at) => isOf(routes[at + ROUTE.eventId]))
  const groups = own.filter((at) => routes[at + ROUTE.whenField] === NONE)
  return {
    groups: [...new Set(groups.map((at) => word(routes, at + ROUTE.group, 'routes')))],
    conditional: own
      .filter((at) => routes[at + ROUTE.whenField] !== NONE)
      .map((at) => ({
        group: word(routes, at + ROUTE.group, 'routes'),
        field: word(routes, at + ROUTE.whenField, 'routes'),
        value: word(routes, at + ROUTE.whenValue, 'routes'),
      })),
    joined: null,
    aliases: records.aliases
      .filter((at) => isOf(aliases[at + ALIAS.eventId]))
      .map((at) => ({
        name: word(aliases, at + ALIAS.name, 'aliases'),
        source: word(aliases, at + ALIAS.source, 'aliases'),
      })),
  }
}

/** Channels that we know are channels, whether the image has rules for them or not; record types are none. */
function withOtherChannels(channels: readonly Channel[]): readonly Channel[] {
  const names = new Set(channels.map(({ name }) => utf8Decode(name)))
  const others = ROUTED_CHANNELS.filter((name) => !names.has(name))
  const isChannel = ({ name }: Channel): boolean => !utf8Decode(name).startsWith(AUDIT_PREFIX)
  const empty = { routes: new Map<number, Route>(), other: NOWHERE }
  return [...channels.filter(isChannel), ...others.map((name) => ({ ...empty, name: utf8Encode(name) }))]
}

/** The routes of Linux audit: each record type has those of every type and its own. */
function auditRoutesOf(
  channels: readonly Channel[],
  numberOf: (field: string) => number,
): readonly { readonly type: Uint8Array; readonly route: Route }[] {
  const routeNamed = (name: string): Route => {
    const bytes = utf8Encode(name)
    return channels.find((channel) => isNamed(channel, bytes, 0, bytes.length))?.other ?? NOWHERE
  }
  const every = routeNamed(auditChannel(null))
  return AUDIT_RECORD_TYPES.map((type) => {
    const own = routeNamed(auditChannel(type))
    const joined = own.groups.length > 0 && type === COMMAND_RECORD ? commandLineOf(numberOf) : null
    const route = { ...NOWHERE, groups: [...every.groups, ...own.groups], aliases: own.aliases, joined }
    return { type: utf8Encode(type), route }
  })
}

/** Null when nothing reads it. */
function commandLineOf(numberOf: (field: string) => number): Route['joined'] {
  const field = numberOf(COMMAND_LINE)
  return field < 0 ? null : { field, sources: COMMAND_ARGUMENTS.map(numberOf) }
}

/** The log sources of an image's rules, by the number of their group. */
export function groupSources({ groups, strings }: ImageTables): readonly LogSource[] {
  const part = (at: number): string | null => {
    const text = word(groups, at, 'groups')
    return text === NONE ? null : strings.text(text)
  }
  return Array.from({ length: groups.length / GROUP.words }, (_, group) => {
    const at = group * GROUP.words
    return { category: part(at + GROUP.category), product: part(at + GROUP.product), service: part(at + GROUP.service) }
  })
}

function keyOf({ category, product, service }: LogSource): string {
  return foldCase(`${category ?? ''}/${product ?? ''}/${service ?? ''}`)
}
