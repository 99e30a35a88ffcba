import { type DeclaredField, verifyImage } from '@firebreak/content'
import {
  createEngine,
  type DetectionRecord,
  ENGINE_CONTRACT,
  type EngineContract,
  type HostEvent,
} from '@firebreak/detect'

/** What somebody says about events that don't say it themselves. */
export interface DeclaredSource {
  readonly product?: string | undefined
  readonly category?: string | undefined
  readonly service?: string | undefined
}

export interface ScanCounters {
  readonly events: number
  /** Not JSON, or no object. */
  readonly malformed: number
  /** Events for whose log source there is no rule at all, or that have none. */
  readonly unrouted: number
}

/** The engine as a scan uses it: one event at a time, as bytes. */
export interface ScanEngine {
  evaluate(bytes: Uint8Array, from: number, to: number): readonly DetectionRecord[]
  counters(): ScanCounters
  /** That of `counters()`: asked after each event, to tell which one it was. */
  malformed(): number
  /** Events by log source, as far as it is known. */
  logSources(): ReadonlyMap<string, number>
}

const NOTHING: readonly DetectionRecord[] = []
const decoder = new TextDecoder()
const TIME_FIELDS = ['@timestamp', 'UtcTime', 'TimeCreated', 'EventTime', 'timestamp'] as const

/**
 * Makes a compiled image ready for events from files.
 *
 * @throws ContentError content/image-*, DetectError detect/engine-too-old | detect/unsupplied-feature
 */
export function openScanEngine(bytes: Uint8Array, declared: DeclaredSource): ScanEngine {
  const image = verifyImage(bytes)
  const engine = createEngine(image, contractFor(image.declaredFields))
  const known = new Set(image.declaredFields.map(({ category }) => category))
  const sources = new Map<string, number>()
  let events = 0
  let malformed = 0
  let unrouted = 0
  return {
    evaluate(buffer, from, to) {
      events++
      const event = hostEvent(buffer.subarray(from, to), declared)
      if (event === null) {
        malformed++
        return NOTHING
      }
      const source = `${event.product} ${event.category}`.trim()
      if (event.category !== '') sources.set(source, (sources.get(source) ?? 0) + 1)
      if (!known.has(event.category)) {
        unrouted++
        return NOTHING
      }
      return engine.evaluate(event).map((one) => ({
        ...one,
        product: event.product === '' ? null : event.product,
        selections: [{ name: '', matched: one.fields.filter(({ field }) => one.matched.includes(field)) }],
        custom: null,
      }))
    },
    counters: () => ({ events, malformed, unrouted }),
    malformed: () => malformed,
    logSources: () => sources,
  }
}

/** A file supplies what is in it: an absent field is absent, whatever rules ask for. */
function contractFor(declared: readonly DeclaredField[]): EngineContract {
  const fields = new Map<string, string[]>()
  for (const { category, field } of declared) fields.set(category, [...(fields.get(category) ?? []), field])
  return { ...ENGINE_CONTRACT, fields: [...fields].map(([category, names]) => ({ category, fields: names })) }
}

function hostEvent(bytes: Uint8Array, declared: DeclaredSource): HostEvent | null {
  let value: unknown
  try {
    value = JSON.parse(decoder.decode(bytes))
  } catch {
    return null
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null
  const object = value as Readonly<Record<string, unknown>>
  const text = (name: string) => (typeof object[name] === 'string' ? object[name] : undefined)
  const inner = object['fields']
  const fields = typeof inner === 'object' && inner !== null ? (inner as Readonly<Record<string, unknown>>) : object
  return {
    category: text('category') ?? declared.category ?? '',
    product: text('product') ?? declared.product ?? '',
    timeMs: timeOf(object),
    fields: Object.assign(Object.create(null), Object.fromEntries(Object.entries(fields).flatMap(plainField))),
  }
}

function plainField([name, value]: [string, unknown]): [string, string | number | null][] {
  if (typeof value === 'string' || typeof value === 'number') return [[name, value]]
  return typeof value === 'boolean' ? [[name, String(value)]] : []
}

function timeOf(object: Readonly<Record<string, unknown>>): number {
  if (typeof object['timeMs'] === 'number') return object['timeMs']
  for (const name of TIME_FIELDS) {
    const value = object[name]
    const ms = typeof value === 'string' ? Date.parse(zoned(value)) : Number.NaN
    if (ms >= 0) return ms
  }
  return 0
}

/** Sysmon's times are in UTC and don't say so. */
function zoned(text: string): string {
  return /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?$/.test(text) ? `${text.replace(' ', 'T')}Z` : text
}
