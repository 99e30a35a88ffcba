import { fromBase64 } from './base64.ts'
import { utf8Decode } from './bytes.ts'
import type { Json } from './canonical-json.ts'
import { KernelError } from './errors.ts'
import { SHA256_HEX, type Sha256Hex } from './units.ts'

/**
 * Readers for hostile JSON: bytes in, checked value out. `at` is the path of the value, for the message.
 * Every reader throws KernelError kernel/malformed.
 */
export type Reader<T> = (value: unknown, at: string) => T

/** Strict UTF-8, at most `bytesMax` bytes, one JSON value. */
export function parseJson(bytes: Uint8Array, bytesMax: number, at: string): Json {
  if (bytes.length > bytesMax) throw malformed(at, `at most ${bytesMax} bytes`, `${bytes.length} bytes`)
  try {
    return JSON.parse(utf8Decode(bytes)) as Json
  } catch (error) {
    throw new KernelError('kernel/malformed', `Cannot read ${at}: not valid JSON`, { at }, error)
  }
}

export function malformed(at: string, expected: string, found: unknown): KernelError {
  const shown = typeof found === 'string' ? JSON.stringify(found.slice(0, 80)) : describe(found)
  return new KernelError('kernel/malformed', `Cannot read ${at}: expected ${expected}, found ${shown}`, {
    at,
    expected,
  })
}

function describe(value: unknown): string {
  if (Array.isArray(value)) return 'a list'
  return typeof value === 'object' && value !== null ? 'an object' : `${value as number | boolean | null | undefined}`
}

/** One reader for each key; a key that may be absent takes a reader that may return undefined. */
export type Shape<T> = { readonly [K in keyof T]-?: Reader<{} extends Pick<T, K> ? T[K] | undefined : T[K]> }

/** A reader of objects; keys that the shape does not name are dropped. */
export function object<T extends object>(shape: Shape<T>): Reader<T> {
  return (value, at) => {
    const source = record(value, at)
    const result: Partial<T> = {}
    for (const key of Object.keys(shape) as (keyof T & string)[]) {
      const read = shape[key](Object.hasOwn(source, key) ? source[key] : undefined, `${at}.${key}`)
      if (read !== undefined) result[key] = read
    }
    return result as T
  }
}

export function record(value: unknown, at: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw malformed(at, 'an object', value)
  return value as Readonly<Record<string, unknown>>
}

export function text(charsMax: number, pattern?: RegExp): Reader<string> {
  return (value, at) => {
    if (typeof value !== 'string') throw malformed(at, 'a string', value)
    if (value.length > charsMax) throw malformed(at, `at most ${charsMax} characters`, `${value.length} characters`)
    if (pattern && !pattern.test(value)) throw malformed(at, `a string like ${pattern.source}`, value)
    return value
  }
}

export function integer(min: number, max: number): Reader<number> {
  return (value, at) => {
    if (!Number.isSafeInteger(value) || (value as number) < min || (value as number) > max) {
      throw malformed(at, `a whole number from ${min} to ${max}`, value)
    }
    return value as number
  }
}

export const boolean: Reader<boolean> = (value, at) => {
  if (typeof value !== 'boolean') throw malformed(at, 'true or false', value)
  return value
}

export function literal<const T extends readonly (string | number)[]>(...allowed: T): Reader<T[number]> {
  return (value, at) => {
    if (!allowed.includes(value as T[number])) throw malformed(at, allowed.join(' | '), value)
    return value as T[number]
  }
}

export function list<T>(item: Reader<T>, itemsMax: number): Reader<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) throw malformed(at, 'a list', value)
    if (value.length > itemsMax) throw malformed(at, `at most ${itemsMax} items`, `${value.length} items`)
    return value.map((one, i) => item(one, `${at}[${i}]`))
  }
}

/** A map with free keys. Keys are returned in a Map, so that `__proto__` and `constructor` are just keys. */
export function dictionary<T>(item: Reader<T>, entriesMax: number): Reader<ReadonlyMap<string, T>> {
  return (value, at) => {
    const entries = Object.entries(record(value, at))
    if (entries.length > entriesMax) throw malformed(at, `at most ${entriesMax} entries`, `${entries.length} entries`)
    return new Map(entries.map(([key, one]) => [key, item(one, `${at}.${key}`)]))
  }
}

export function nullable<T>(item: Reader<T>): Reader<T | null> {
  return (value, at) => (value === null ? null : item(value, at))
}

/** Absent stays absent: the key is then missing from the object that is read. */
export function optional<T>(item: Reader<T>): Reader<T | undefined> {
  return (value, at) => (value === undefined ? undefined : item(value, at))
}

/** Absent is `value`: for what writers of an older version do not say. */
export function absentAs<T>(value: T, item: Reader<T>): Reader<T> {
  return (given, at) => (given === undefined ? value : item(given, at))
}

/** 64 lower-case hex digits. */
export const digest: Reader<Sha256Hex> = text(64, SHA256_HEX)

/** Bytes as `toBase64` writes them. */
export function base64(charsMax: number): Reader<Uint8Array> {
  return (value, at) => {
    const encoded = text(charsMax)(value, at)
    try {
      return fromBase64(encoded)
    } catch {
      throw malformed(at, 'base64 with padding', encoded)
    }
  }
}
