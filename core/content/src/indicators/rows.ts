import { compareRuns, unreachable } from '@firebreak/kernel'
import { bucketStarts } from './build.ts'
import { linkNetworks } from './networks.ts'
import {
  ADDRESS_WORDS,
  type AddressTable,
  bucketBits,
  DIGEST_WORDS,
  type DigestTable,
  type IndicatorTableName,
  type IndicatorTables,
  isWide,
  LINK_PREFIX_BITS,
  nameHash,
  type NameTable,
  packDescriptions,
  type TextPool,
  unpackDescriptions,
} from './tables.ts'

/**
 * A table without what can be computed of it, row after row in its own order: a network as its address and prefix, a
 * digest as its bucket and its words, a name as its hash and its text.
 */
export interface IndicatorRows {
  /** Of one key. */
  readonly keyWords: number
  readonly keys: Uint32Array
  /** Null unless the table has names. */
  readonly names: TextPool | null
  /** The number of the description of each. */
  readonly descriptions: Uint32Array
}

const DIGEST_KEY_WORDS = 1 + DIGEST_WORDS

export function keyWordsOf(name: IndicatorTableName): number {
  if (name === 'ipv4' || name === 'ipv6') return ADDRESS_WORDS[name] + 1
  return isDigest(name) ? DIGEST_KEY_WORDS : 1
}

export function hasNames(name: IndicatorTableName): boolean {
  return name === 'domain' || name === 'url' || name === 'filename'
}

/** The bits of a digest that are in its key depend on how many digests there are. */
export function keyBits(name: IndicatorTableName, count: number): number {
  return isDigest(name) ? bucketBits(count) : 0
}

function isDigest(name: IndicatorTableName): boolean {
  return name === 'md5' || name === 'sha1' || name === 'sha256'
}

export function rowsOf(tables: IndicatorTables, name: IndicatorTableName): IndicatorRows {
  const keyWords = keyWordsOf(name)
  switch (name) {
    case 'ipv4':
    case 'ipv6': {
      const { addresses, links, descriptions } = tables[name]
      const keys = new Uint32Array(keyWords * links.length)
      for (const [i, link] of links.entries()) {
        keys.set(addresses.subarray((keyWords - 1) * i, (keyWords - 1) * (i + 1)), keyWords * i)
        keys[keyWords * i + keyWords - 1] = link % 2 ** LINK_PREFIX_BITS
      }
      return { keyWords, keys, names: null, descriptions: unpackDescriptions(descriptions, links.length) }
    }
    case 'md5':
    case 'sha1':
    case 'sha256': {
      const { starts, digests, descriptions } = tables[name]
      const count = digests.length / DIGEST_WORDS
      const keys = new Uint32Array(keyWords * count)
      for (let i = 0, bucket = 0; i < count; i++) {
        while ((starts[bucket + 1] ?? count) <= i) bucket++
        keys[keyWords * i] = bucket
        for (let k = 0; k < DIGEST_WORDS; k++) keys[keyWords * i + 1 + k] = digests[DIGEST_WORDS * i + k] ?? 0
      }
      return { keyWords, keys, names: null, descriptions: unpackDescriptions(descriptions, count) }
    }
    case 'domain':
    case 'url':
    case 'filename': {
      const { hashes, names, descriptions } = tables[name]
      return { keyWords, keys: hashes, names, descriptions: unpackDescriptions(descriptions, hashes.length) }
    }
    default:
      return unreachable(name)
  }
}

/** Of each name of a pool. */
export function nameHashes({ offsets, bytes }: TextPool): Uint32Array {
  return Uint32Array.from({ length: offsets.length - 1 }, (_, i) =>
    nameHash(bytes, offsets[i] ?? 0, offsets[i + 1] ?? 0),
  )
}

/** Negative, 0 or positive, as a row comes before another in a table, has the same value or comes after it. */
export function compareRows(a: IndicatorRows, i: number, b: IndicatorRows, j: number): number {
  for (let k = 0; k < a.keyWords; k++) {
    const difference = (a.keys[a.keyWords * i + k] ?? 0) - (b.keys[b.keyWords * j + k] ?? 0)
    if (difference !== 0) return difference
  }
  return a.names === null || b.names === null ? 0 : comparePoolTexts(a.names, i, b.names, j)
}

export function comparePoolTexts(a: TextPool, i: number, b: TextPool, j: number): number {
  const [aFrom = 0, aTo = 0] = a.offsets.subarray(i)
  const [bFrom = 0, bTo = 0] = b.offsets.subarray(j)
  return compareRuns(a.bytes, aFrom, aTo, b.bytes, bFrom, bTo)
}

/** The table of rows; of rows that no table has, something that the verifier refuses. */
export function addressTableOf(rows: IndicatorRows, descriptions: number): AddressTable {
  const { keyWords, keys } = rows
  const count = rows.descriptions.length
  const addresses = new Uint32Array((keyWords - 1) * count)
  const prefixes = new Uint8Array(count)
  for (let i = 0; i < count; i++) {
    addresses.set(keys.subarray(keyWords * i, keyWords * (i + 1) - 1), (keyWords - 1) * i)
    prefixes[i] = keys[keyWords * (i + 1) - 1] ?? 0
  }
  const links = linkNetworks(addresses, prefixes, keyWords - 1)
  return { addresses, links, descriptions: packDescriptions(rows.descriptions, isWide(descriptions)) }
}

/** As addressTableOf. */
export function digestTableOf(rows: IndicatorRows, descriptions: number): DigestTable {
  const { keyWords, keys } = rows
  const count = rows.descriptions.length
  const digests = new Uint32Array(DIGEST_WORDS * count)
  for (let i = 0; i < count; i++) digests.set(keys.subarray(keyWords * i + 1, keyWords * (i + 1)), DIGEST_WORDS * i)
  const shift = 32 - bucketBits(count)
  const starts = bucketStarts(count, (i) => (keys[keyWords * i] ?? 0) << shift)
  return { starts, digests, descriptions: packDescriptions(rows.descriptions, isWide(descriptions)) }
}

/** As addressTableOf. */
export function nameTableOf(rows: IndicatorRows, descriptions: number): NameTable {
  const { keys, names } = rows
  const starts = bucketStarts(keys.length, (i) => keys[i] ?? 0)
  return {
    starts,
    hashes: keys,
    names: names ?? { offsets: new Uint32Array(1), bytes: new Uint8Array() },
    descriptions: packDescriptions(rows.descriptions, isWide(descriptions)),
  }
}
