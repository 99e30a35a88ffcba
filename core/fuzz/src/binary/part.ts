/**
 * What a binary document is made of, as data. A document is one part, usually a struct; lengths, counts, offsets and checksums
 * say which part they speak of, so that they can be written right, or wrong on purpose.
 */
export type Part = Int | Bytes | Struct | List | Choice | Lazy

/** An unsigned number. */
export interface Int {
  readonly kind: 'int'
  readonly name: string
  readonly width: 1 | 2 | 4
  readonly endian: 'little' | 'big'
  readonly role: Role
}

/**
 * What a number means. `of` names a part beside it in the same struct, which for lengths of variable parts has to come later; `self` is the
 * struct, `rest` all of the struct behind the number, `document` everything.
 */
export type Role =
  /** Itself. `among`: values that mean something. */
  | { readonly is: 'value'; readonly among: readonly number[] }
  /** `bytes of the part / unit + plus`. */
  | { readonly is: 'length'; readonly of: string; readonly unit: number; readonly plus: number }
  /** How many items the list has. */
  | { readonly is: 'count'; readonly of: string }
  /** Where the part begins, in bytes from the beginning of the document. */
  | { readonly is: 'offset'; readonly of: string }
  | { readonly is: 'checksum'; readonly of: string; readonly sum: Sum }

/** The checksum of the bytes from `from` to `to - 1`. */
export type Sum = (bytes: Uint8Array, from: number, to: number) => number

/** Of a length beside it, or of `length` bytes, or all that is left. */
export interface Bytes {
  readonly kind: 'bytes'
  readonly name: string
  readonly length: number | null
  /** Text is changed by words, other bytes by bits. */
  readonly text: boolean
}

export interface Struct {
  readonly kind: 'struct'
  readonly name: string
  readonly parts: readonly Part[]
}

/** As many items as a count beside it says, or `items`, or as fill its length, or as fill what is left. */
export interface List {
  readonly kind: 'list'
  readonly name: string
  readonly item: Part
  readonly items: number | null
}

/** What follows depends on the value of a number beside it. */
export interface Choice {
  readonly kind: 'choice'
  readonly name: string
  readonly on: string
  readonly cases: ReadonlyMap<number, Part>
}

/** A part that contains itself. */
export interface Lazy {
  readonly kind: 'lazy'
  readonly to: () => Part
}

/** The whole of a document, in the words of roles. */
export const DOCUMENT = 'document'
export const SELF = 'self'
export const REST = 'rest'

/** Any number. */
export const ANY: Role = { is: 'value', among: [] }

export function int(name: string, width: 1 | 2 | 4, endian: 'little' | 'big', role: Role = ANY): Int {
  return { kind: 'int', name, width, endian, role }
}

export function bytes(name: string, length: number | null = null): Bytes {
  return { kind: 'bytes', name, length, text: false }
}

export function text(name: string, length: number | null = null): Bytes {
  return { kind: 'bytes', name, length, text: true }
}

export function struct(name: string, parts: readonly Part[]): Struct {
  return { kind: 'struct', name, parts }
}

export function list(name: string, item: Part, items: number | null = null): List {
  return { kind: 'list', name, item, items }
}

export function choice(name: string, on: string, cases: ReadonlyMap<number, Part>): Choice {
  return { kind: 'choice', name, on, cases }
}

export function lengthOf(of: string, { unit = 1, plus = 0 } = {}): Role {
  return { is: 'length', of, unit, plus }
}
