import type { FieldValue } from './detection.ts'

/** Plain JSON, as an output is built. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject
export interface JsonObject {
  readonly [key: string]: JsonValue
}
interface Building {
  [key: string]: JsonValue
}

/** How a value is put: as it stands, as a whole number, or as the part behind the last slash of a path. */
export type As = 'text' | 'number' | 'file-name' | 'lower'

export interface Mapping {
  /** Names of fields that mean this, the best first. */
  readonly from: readonly string[]
  /** Dotted path in the output. */
  readonly to: string
  readonly as: As
}

/**
 * Puts fields where an output wants them, by a table. A field that no mapping takes, or whose value is not what the output
 * wants there, is in `rest`: nothing is lost.
 */
export function mapFields(
  fields: readonly FieldValue[],
  mappings: readonly Mapping[],
): { readonly mapped: JsonObject; readonly rest: readonly FieldValue[] } {
  const first = new Map(fields.toReversed().map((one) => [one.field, one]))
  const taken = new Set<FieldValue>()
  const mapped: Building = blank()
  for (const { from, to, as } of mappings) {
    for (const name of from) {
      const one = first.get(name)
      const value = one === undefined ? null : CONVERT[as](one.value)
      if (one === undefined || value === null) continue
      place(mapped, to.split('.'), value)
      taken.add(one)
      break
    }
  }
  return { mapped, rest: fields.filter((one) => !taken.has(one)) }
}

/** Fields as an object, without a prototype because names are hostile; a field that comes twice has a list of values. */
export function fieldObject(fields: readonly FieldValue[]): JsonObject {
  const object: Building = blank()
  for (const { field, value } of fields) {
    const before = object[field]
    object[field] = before === undefined ? value : [before, value].flat()
  }
  return object
}

/** @returns null when there is nothing in it, for outputs that leave empty parts out */
export function orNull<T extends JsonObject | readonly JsonValue[]>(value: T): T | null {
  return Object.keys(value).length === 0 ? null : value
}

/** `object` without the members that are null. */
export function present(object: Readonly<Record<string, JsonValue>>): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== null))
}

/** Joins trees of objects; a value of a later one wins. */
export function merge(...trees: readonly JsonObject[]): JsonObject {
  const all: Building = blank()
  for (const tree of trees) {
    for (const [key, value] of Object.entries(tree)) {
      const before = all[key]
      all[key] = isObject(before) && isObject(value) ? merge(before, value) : value
    }
  }
  return all
}

function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function blank(): Building {
  return Object.create(null)
}

function place(into: Building, path: readonly string[], value: JsonValue): void {
  let at = into
  for (const name of path.slice(0, -1)) at = (at[name] ??= blank()) as Building
  at[path.at(-1) ?? ''] = value
}

const WHOLE_NUMBER = /^\d{1,15}$/

const CONVERT: Readonly<Record<As, (value: string) => JsonValue>> = {
  text: (value) => value,
  lower: (value) => value.toLowerCase(),
  number: (value) => (WHOLE_NUMBER.test(value) ? Number(value) : null),
  'file-name': (value) => value.slice(Math.max(value.lastIndexOf('/'), value.lastIndexOf('\\')) + 1),
}
