import type { IndicatorType } from './types.ts'

/**
 * The tables of an image's indicators, and what both the compiler and the engine compute of them. Each indicator has a
 * number: the tables follow one another in the order of INDICATOR_TABLES, each in its own order.
 */
export interface IndicatorTables {
  /** Sorted by bytes, each once, each used. */
  readonly descriptions: TextPool
  readonly ipv4: AddressTable
  readonly ipv6: AddressTable
  readonly md5: DigestTable
  readonly sha1: DigestTable
  readonly sha256: DigestTable
  readonly domain: NameTable
  readonly url: NameTable
  readonly filename: NameTable
}

/** One indicator, for people and for detections. */
export interface IndicatorDetails {
  readonly type: IndicatorType
  /** In the form that is compared. Of a digest the leading digits that its table keeps, then `...`: the event has all. */
  readonly value: string
  readonly description: string
}

export const ADDRESS_TABLES = ['ipv4', 'ipv6'] as const
export const INDICATOR_TABLES = ['ipv4', 'ipv6', 'md5', 'sha1', 'sha256', 'domain', 'url', 'filename'] as const
export type IndicatorTableName = (typeof INDICATOR_TABLES)[number]

/** UTF-8 texts; text `i` is `bytes` from `offsets[i]` to `offsets[i + 1]`. */
export interface TextPool {
  readonly offsets: Uint32Array
  readonly bytes: Uint8Array
}

/** For each indicator of a table the number of its description: two in a word while 16 bits are enough for all. */
export interface DescriptionNumbers {
  readonly words: Uint32Array
  readonly isWide: boolean
}

/** Networks, an address being one of full length. Sorted by address, then by length; networks nest or are apart. */
export interface AddressTable {
  /** ADDRESS_WORDS each, the highest first; bits beyond the prefix are zero. */
  readonly addresses: Uint32Array
  /** Length of the prefix in the low LINK_PREFIX_BITS; above, the innermost other network around it, or NO_PARENT. */
  readonly links: Uint32Array
  readonly descriptions: DescriptionNumbers
}

export const ADDRESS_WORDS = { ipv4: 1, ipv6: 4 } as const
export const LINK_PREFIX_BITS = 8
export const NO_PARENT: number = 2 ** (32 - LINK_PREFIX_BITS) - 1

/**
 * File digests of one length. The first `bucketBits` bits of a digest choose a bucket, from `starts[b]` to
 * `starts[b + 1]`, and the next 96 are the entry, sorted in its bucket; the rest is not kept. Some value that is not in
 * the list meets one that is with a probability below 2^-90, whatever the size: a false alarm takes 2^90 digests.
 */
export interface DigestTable {
  readonly starts: Uint32Array
  /** DIGEST_WORDS each. */
  readonly digests: Uint32Array
  readonly descriptions: DescriptionNumbers
}

export const DIGEST_WORDS = 3

/** Folded names, whole, sorted by hash and then by bytes: names of one hash cost a search no more than others. */
export interface NameTable {
  readonly starts: Uint32Array
  /** `nameHash` of each; its first `bucketBits` bits are its bucket. */
  readonly hashes: Uint32Array
  readonly names: TextPool
  readonly descriptions: DescriptionNumbers
}

const BUCKET_BITS_MAX = 16
/** A bucket has 2^3 to 2^4 entries of a list of even spread, until there are BUCKET_BITS_MAX bits. */
const BUCKET_ENTRIES_BITS = 3

/** At least 1: a shift by 32 bits would be one by none. */
export function bucketBits(count: number): number {
  return Math.min(BUCKET_BITS_MAX, Math.max(1, 32 - Math.clz32(count) - BUCKET_ENTRIES_BITS - 1))
}

export const NAME_HASH_START = 0x811c9dc5

/**
 * One byte of a name's hash (FNV-1a). From the last byte to the first, so that one pass over a domain name meets the
 * hash of each domain above it, and one over a path that of its last component.
 */
export function nameHashStep(hash: number, byte: number): number {
  return Math.imul(hash ^ byte, 0x01000193)
}

/** FNV's high bits are poor and choose the bucket (finaliser of MurmurHash3). */
export function nameHashEnd(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}

export function nameHash(bytes: Uint8Array, from: number, to: number): number {
  let hash = NAME_HASH_START
  for (let at = to - 1; at >= from; at--) hash = nameHashStep(hash, bytes[at] ?? 0)
  return nameHashEnd(hash)
}

/** The most descriptions whose numbers have 16 bits. */
const NARROW_DESCRIPTIONS_MAX = 65_536

export function isWide(descriptions: number): boolean {
  return descriptions > NARROW_DESCRIPTIONS_MAX
}

export function descriptionWords(count: number, wide: boolean): number {
  return wide ? count : Math.ceil(count / 2)
}

export function packDescriptions(numbers: Uint32Array, wide: boolean): DescriptionNumbers {
  const words = new Uint32Array(descriptionWords(numbers.length, wide))
  for (const [i, number] of numbers.entries()) {
    if (wide) words[i] = number
    else words[i >>> 1] = (words[i >>> 1] ?? 0) | (number << (i % 2 === 0 ? 0 : 16))
  }
  return { words, isWide: wide }
}

export function unpackDescriptions(numbers: DescriptionNumbers, count: number): Uint32Array {
  const all = new Uint32Array(count)
  for (let i = 0; i < count; i++) all[i] = descriptionNumber(numbers, i)
  return all
}

/** @returns NaN outside */
export function descriptionNumber(numbers: DescriptionNumbers, index: number): number {
  if (numbers.isWide) return numbers.words[index] ?? Number.NaN
  const word = numbers.words[index >>> 1]
  return word === undefined ? Number.NaN : (word >>> (index % 2 === 0 ? 0 : 16)) & 0xffff
}

export function tableCount(tables: IndicatorTables, name: IndicatorTableName): number {
  if (name === 'ipv4' || name === 'ipv6') return tables[name].links.length
  if (name === 'md5' || name === 'sha1' || name === 'sha256') return tables[name].digests.length / DIGEST_WORDS
  return tables[name].hashes.length
}
