import {
  ADDRESS_WORDS,
  INDICATOR_TABLES,
  INDICATOR_VALUE_BYTES_MAX,
  type IndicatorDetails,
  type IndicatorTableName,
  type IndicatorTables,
  NAME_HASH_START,
  nameHashStep,
  parseAddress,
  tableCount,
} from '@firebreak/content'
import { findNetwork } from './address-search.ts'
import { describeIndicator } from './describe.ts'
import { findDigest, readDigest } from './digest-search.ts'
import { findName } from './name-search.ts'

/** Longer text is no domain name. */
const DOMAIN_BYTES_MAX = 253
const SLASH = 0x2f
const BACKSLASH = 0x5c
const DOT = 0x2e
const COLON = 0x3a
const COMMA = 0x2c
const SPACE = 0x20
const EQUALS = 0x3d
const HASH_SIGN = 0x23
const NOT_FOUND = -1

type DigestName = 'md5' | 'sha1' | 'sha256'

/**
 * Look-ups of hostile event values in the indicators of an image. Each takes the UTF-8 bytes of a value from `from` to
 * `to`, allocates nothing, and returns the number of an indicator or -1. A look-up takes at most some 21 steps, of a
 * domain name that many for each of its labels.
 */
export class IndicatorIndex {
  readonly #tables: IndicatorTables
  /** The number of each table's first indicator. */
  readonly #first: Readonly<Record<IndicatorTableName, number>>
  readonly #address = new Uint32Array(4)
  readonly #digest = new Uint32Array(4)

  /** @param tables - of `readIndicatorSection`: verified */
  constructor(tables: IndicatorTables) {
    this.#tables = tables
    const first: Partial<Record<IndicatorTableName, number>> = {}
    let next = 0
    for (const name of INDICATOR_TABLES) {
      first[name] = next
      next += tableCount(tables, name)
    }
    this.#first = first as Readonly<Record<IndicatorTableName, number>>
  }

  /** A digest of 32, 40 or 64 hex digits of any case: MD5, SHA-1 or SHA-256. */
  findHash(bytes: Uint8Array, from: number, to: number): number {
    const digits = to - from
    if (digits === 64) return this.#find('sha256', bytes, from, to)
    if (digits === 40) return this.#find('sha1', bytes, from, to)
    return digits === 32 ? this.#find('md5', bytes, from, to) : NOT_FOUND
  }

  /**
   * Sysmon's list `SHA1=...,MD5=...,SHA256=...,IMPHASH=...`, names in any case: the first that is found. An import hash
   * is never compared, though it has the length of an MD5. A value without names is a digest by itself.
   */
  findInHashes(bytes: Uint8Array, from: number, to: number): number {
    for (let start = from; start < to;) {
      let end = start
      let equals = NOT_FOUND
      for (; end < to && bytes[end] !== COMMA; end++) if (equals < 0 && bytes[end] === EQUALS) equals = end
      const name = skipSpaces(bytes, start, end)
      const last = trimSpaces(bytes, name, end)
      const found = equals < 0 ? this.findHash(bytes, name, last) : this.#findNamed(bytes, name, equals, last)
      if (found >= 0) return found
      start = end + 1
    }
    return NOT_FOUND
  }

  /** An IPv4 or IPv6 address as text: the smallest network around it. */
  findAddress(bytes: Uint8Array, from: number, to: number): number {
    const family = parseAddress(bytes, from, to, this.#address)
    if (family === 0) return NOT_FOUND
    const name = family === 4 ? 'ipv4' : 'ipv6'
    return this.#numbered(name, findNetwork(this.#tables[name], ADDRESS_WORDS[name], this.#address))
  }

  /** A folded domain name, also one that ends in a dot: itself, or else the nearest domain above it. */
  findDomain(bytes: Uint8Array, from: number, to: number): number {
    const table = this.#tables.domain
    const end = to > from && bytes[to - 1] === DOT ? to - 1 : to
    if (table.hashes.length === 0 || end - from > DOMAIN_BYTES_MAX) return NOT_FOUND
    let running = NAME_HASH_START
    let nearest = NOT_FOUND
    for (let at = end - 1; at >= from; at--) {
      running = nameHashStep(running, bytes[at] ?? 0)
      if (at > from && bytes[at - 1] !== DOT) continue
      const found = findName(table, running, bytes, at, end)
      if (found >= 0) nearest = found
    }
    return this.#numbered('domain', nearest)
  }

  /** A folded URL, its fragment aside. */
  findUrl(bytes: Uint8Array, from: number, to: number): number {
    const table = this.#tables.url
    if (table.hashes.length === 0) return NOT_FOUND
    let end = from
    while (end < to && bytes[end] !== HASH_SIGN) end++
    if (isEmptyPath(bytes, from, end)) end--
    return this.#numbered('url', findWhole(table, bytes, from, end))
  }

  /** A folded path: itself, or else its last component after `/` or `\`. */
  findFilename(bytes: Uint8Array, from: number, to: number): number {
    const table = this.#tables.filename
    if (table.hashes.length === 0) return NOT_FOUND
    let running = NAME_HASH_START
    let found = NOT_FOUND
    const first = Math.max(from, to - INDICATOR_VALUE_BYTES_MAX)
    for (let at = to - 1; at >= first; at--) {
      const byte = bytes[at] ?? 0
      if (byte === SLASH || byte === BACKSLASH) {
        found = findName(table, running, bytes, at + 1, to)
        break
      }
      running = nameHashStep(running, byte)
    }
    const whole = findWhole(table, bytes, from, to)
    return this.#numbered('filename', whole >= 0 ? whole : found)
  }

  /** What an indicator's number stands for. @throws DetectError detect/trap when there is none */
  describe(indicator: number): IndicatorDetails {
    return describeIndicator(this.#tables, indicator)
  }

  #find(name: DigestName, bytes: Uint8Array, from: number, to: number): number {
    const table = this.#tables[name]
    if (table.digests.length === 0 || !readDigest(bytes, from, to, this.#digest)) return NOT_FOUND
    return this.#numbered(name, findDigest(table, this.#digest))
  }

  /** `NAME=digest`: the digest has to have the length that its name says. */
  #findNamed(bytes: Uint8Array, from: number, equals: number, to: number): number {
    const digits = to - equals - 1
    const isNamed =
      (digits === 32 && isWord(bytes, from, equals, 'md5')) ||
      (digits === 40 && isWord(bytes, from, equals, 'sha1')) ||
      (digits === 64 && isWord(bytes, from, equals, 'sha256'))
    return isNamed ? this.findHash(bytes, equals + 1, to) : NOT_FOUND
  }

  #numbered(name: IndicatorTableName, entry: number): number {
    return entry < 0 ? NOT_FOUND : this.#first[name] + entry
  }
}

function findWhole(table: IndicatorTables['url'], bytes: Uint8Array, from: number, to: number): number {
  if (to - from > INDICATOR_VALUE_BYTES_MAX) return NOT_FOUND
  let running = NAME_HASH_START
  for (let at = to - 1; at >= from; at--) running = nameHashStep(running, bytes[at] ?? 0)
  return findName(table, running, bytes, from, to)
}

/** Whether a URL ends with the first slash after its host. */
function isEmptyPath(bytes: Uint8Array, from: number, to: number): boolean {
  if (to - from > INDICATOR_VALUE_BYTES_MAX + 1 || bytes[to - 1] !== SLASH) return false
  let at = from
  while (at < to && bytes[at] !== COLON) at++
  if (bytes[at + 1] !== SLASH || bytes[at + 2] !== SLASH) return false
  for (at += 3; at < to && bytes[at] !== SLASH;) at++
  return at === to - 1
}

function isWord(bytes: Uint8Array, from: number, to: number, word: string): boolean {
  if (to - from !== word.length) return false
  for (let i = 0; i < word.length; i++) {
    const byte = bytes[from + i] ?? 0
    const lower = byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte
    if (lower !== word.charCodeAt(i)) return false
  }
  return true
}

function skipSpaces(bytes: Uint8Array, from: number, to: number): number {
  let at = from
  while (at < to && bytes[at] === SPACE) at++
  return at
}

function trimSpaces(bytes: Uint8Array, from: number, to: number): number {
  let end = to
  while (end > from && bytes[end - 1] === SPACE) end--
  return end
}
