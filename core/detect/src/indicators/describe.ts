import {
  type AddressTable,
  bucketBits,
  descriptionNumber,
  DIGEST_WORDS,
  type DigestTable,
  formatIpv4,
  formatIpv6,
  INDICATOR_TABLES,
  type IndicatorDetails,
  type IndicatorTableName,
  type IndicatorTables,
  LINK_PREFIX_BITS,
  tableCount,
  type TextPool,
} from '@firebreak/content'
import { unreachable, utf8Decode } from '@firebreak/kernel'
import { trap, word } from '../trap.ts'

/** @throws DetectError detect/trap when no indicator has this number */
export function describeIndicator(tables: IndicatorTables, indicator: number): IndicatorDetails {
  let entry = indicator
  for (const name of INDICATOR_TABLES) {
    const count = tableCount(tables, name)
    if (entry >= 0 && entry < count) {
      const number = descriptionNumber(tables[name].descriptions, entry)
      return { ...typeAndValue(tables, name, entry), description: textAt(tables.descriptions, number) }
    }
    entry -= count
  }
  throw trap('indicators', indicator)
}

function typeAndValue(
  tables: IndicatorTables,
  name: IndicatorTableName,
  entry: number,
): Omit<IndicatorDetails, 'description'> {
  switch (name) {
    case 'ipv4':
    case 'ipv6':
      return network(tables[name], name, entry)
    case 'md5':
    case 'sha1':
    case 'sha256':
      return { type: name, value: digest(tables[name], entry) }
    case 'domain':
    case 'url':
    case 'filename':
      return { type: name, value: textAt(tables[name].names, entry) }
    default:
      return unreachable(name)
  }
}

function network(table: AddressTable, name: 'ipv4' | 'ipv6', entry: number): Omit<IndicatorDetails, 'description'> {
  const prefix = word(table.links, entry, 'networks') % 2 ** LINK_PREFIX_BITS
  const isIpv4 = name === 'ipv4'
  const value = isIpv4
    ? formatIpv4(word(table.addresses, entry, 'networks'))
    : formatIpv6(table.addresses.subarray(4 * entry, 4 * entry + 4))
  if (prefix === (isIpv4 ? 32 : 128)) return { type: 'ip', value }
  return { type: 'network', value: `${value}/${prefix}` }
}

/** Its whole leading digits: the bucket's bits and the entry's. */
function digest(table: DigestTable, entry: number): string {
  const bits = bucketBits(table.digests.length / DIGEST_WORDS)
  let bucket = 0
  while (word(table.starts, bucket + 1, 'digest buckets') <= entry) bucket++
  let binary = bucket.toString(2).padStart(bits, '0')
  for (let k = 0; k < DIGEST_WORDS; k++) {
    binary += word(table.digests, DIGEST_WORDS * entry + k, 'digests')
      .toString(2)
      .padStart(32, '0')
  }
  const digits = binary.match(/.{4}/g) ?? []
  return `${digits.map((digit) => Number.parseInt(digit, 2).toString(16)).join('')}...`
}

function textAt(pool: TextPool, index: number): string {
  const from = word(pool.offsets, index, 'texts')
  return utf8Decode(pool.bytes.subarray(from, word(pool.offsets, index + 1, 'texts')))
}
