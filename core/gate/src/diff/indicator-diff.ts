import {
  ADDRESS_WORDS,
  bucketBits,
  DIGEST_WORDS,
  type DigestTable,
  INDICATOR_TABLES,
  type IndicatorTableName,
  type IndicatorTables,
  LINK_PREFIX_BITS,
  type NameTable,
  tableCount,
} from '@firebreak/content'
import { utf8Decode } from '@firebreak/kernel'

/** How many indicators of a kind are only in one of two images. A description that changed is neither. */
export interface IndicatorChange {
  readonly kind: IndicatorTableName
  readonly added: number
  readonly removed: number
}

const WORD_BITS = 32n

/** Kinds with a change only, in the order of INDICATOR_TABLES. */
export function diffIndicators(next: IndicatorTables, old: IndicatorTables | null): readonly IndicatorChange[] {
  return INDICATOR_TABLES.map((kind) => {
    // A digest keeps as many bits as its table is large: more than the smaller table has tell nothing.
    const bits = Math.min(digestBits(next, kind), old ? digestBits(old, kind) : Infinity)
    const after = keysOf(next, kind, bits)
    const before = old ? keysOf(old, kind, bits) : new Set<string>()
    return { kind, added: after.difference(before).size, removed: before.difference(after).size }
  }).filter(({ added, removed }) => added + removed > 0)
}

function digestBits(tables: IndicatorTables, kind: IndicatorTableName): number {
  return bucketBits(tableCount(tables, kind)) + DIGEST_WORDS * 32
}

function keysOf(tables: IndicatorTables, kind: IndicatorTableName, bits: number): ReadonlySet<string> {
  if (kind === 'ipv4' || kind === 'ipv6') return networkKeys(tables, kind)
  if (kind === 'md5' || kind === 'sha1' || kind === 'sha256') return digestKeys(tables[kind], bits)
  return nameKeys(tables[kind])
}

function networkKeys(tables: IndicatorTables, kind: 'ipv4' | 'ipv6'): ReadonlySet<string> {
  const { addresses, links } = tables[kind]
  const words = ADDRESS_WORDS[kind]
  return new Set(
    Array.from(
      links,
      (link, i) => `${addresses.subarray(words * i, words * (i + 1)).join()}/${link % 2 ** LINK_PREFIX_BITS}`,
    ),
  )
}

/** The leading `bits` of each. */
function digestKeys({ starts, digests }: DigestTable, bits: number): ReadonlySet<string> {
  const count = digests.length / DIGEST_WORDS
  const ownBits = bucketBits(count) + DIGEST_WORDS * 32
  const keys = new Set<string>()
  for (let i = 0, bucket = 0; i < count; i++) {
    while ((starts[bucket + 1] ?? count) <= i) bucket++
    let key = BigInt(bucket)
    for (const word of digests.subarray(DIGEST_WORDS * i, DIGEST_WORDS * (i + 1)))
      key = (key << WORD_BITS) | BigInt(word)
    keys.add((key >> BigInt(ownBits - bits)).toString(36))
  }
  return keys
}

function nameKeys({ names: { offsets, bytes } }: NameTable): ReadonlySet<string> {
  return new Set(
    Array.from({ length: offsets.length - 1 }, (_, i) => utf8Decode(bytes.subarray(offsets[i], offsets[i + 1]))),
  )
}
