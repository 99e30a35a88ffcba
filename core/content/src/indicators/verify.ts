import { isMasked } from './address.ts'
import {
  INDICATOR_DESCRIPTION_BYTES_MAX,
  INDICATOR_TEXT_BYTES_MAX,
  INDICATOR_VALUE_BYTES_MAX,
  INDICATORS_MAX,
} from './limits.ts'
import { NetworkParents } from './networks.ts'
import { INDICATOR_HEADER_WORDS } from './section.ts'
import { type Column, refuse, SectionReader } from './section-reader.ts'
import {
  ADDRESS_WORDS,
  type AddressTable,
  bucketBits,
  descriptionNumber,
  type DescriptionNumbers,
  descriptionWords,
  DIGEST_WORDS,
  type DigestTable,
  type IndicatorTables,
  isWide,
  LINK_PREFIX_BITS,
  nameHash,
  type NameTable,
  type TextPool,
} from './tables.ts'
import { compareTexts, verifyFolded, verifyText } from './verify-texts.ts'

/**
 * The tables of a section, which may be hostile: views of `words`, checked in one linear pass, so that no look-up ever
 * reads outside them or takes longer than their logarithm. Accepted are exactly the words that `writeIndicatorSection`
 * makes of the tables that come out.
 *
 * @param words - nobody may change them afterwards
 * @throws ContentError content/image-indicators with `details.offset`, in bytes from the section's start
 */
export function readIndicatorSection(words: Uint32Array): IndicatorTables {
  const reader = new SectionReader(words)
  const [described = 0, ...counts] = reader.take(INDICATOR_HEADER_WORDS).words
  const total = counts.reduce((sum, count) => sum + count, 0)
  if (total > INDICATORS_MAX) throw refuse(`${total} indicators`, 1)
  if (described > total) throw refuse('more descriptions than indicators', 0)
  const [ipv4 = 0, ipv6 = 0, md5 = 0, sha1 = 0, sha256 = 0, domain = 0, url = 0, filename = 0] = counts
  const descriptions = readDescriptions(reader, described)
  const used = new UsedDescriptions(described)
  const tables: IndicatorTables = {
    descriptions,
    ipv4: readAddresses(reader, ipv4, 'ipv4', used),
    ipv6: readAddresses(reader, ipv6, 'ipv6', used),
    md5: readDigests(reader, md5, used),
    sha1: readDigests(reader, sha1, used),
    sha256: readDigests(reader, sha256, used),
    domain: readNames(reader, domain, used),
    url: readNames(reader, url, used),
    filename: readNames(reader, filename, used),
  }
  reader.end()
  used.verifyAll()
  return tables
}

function readDescriptions(reader: SectionReader, count: number): TextPool {
  const { pool, at } = readPool(reader, count, 0, INDICATOR_DESCRIPTION_BYTES_MAX)
  for (let i = 0; i < count; i++) {
    verifyText(pool, i, at)
    if (i > 0 && compareTexts(pool, i - 1, i) >= 0) throw refuse(`description ${i} is not sorted`, at + i)
  }
  return pool
}

function readAddresses(
  reader: SectionReader,
  count: number,
  name: 'ipv4' | 'ipv6',
  used: UsedDescriptions,
): AddressTable {
  const keyWords = ADDRESS_WORDS[name]
  const addresses = reader.take(keyWords * count)
  const links = reader.take(count)
  const parents = new NetworkParents(addresses.words, keyWords)
  for (let i = 0; i < count; i++) {
    const link = links.words[i] ?? 0
    const prefix = link % 2 ** LINK_PREFIX_BITS
    if (prefix === 0 || prefix > 32 * keyWords) throw refuse(`no prefix of ${prefix} bits`, links.at + i)
    for (let k = 0; k < keyWords; k++) {
      const isClean = isMasked(addresses.words[keyWords * i + k] ?? 0, prefix - 32 * k)
      if (!isClean) throw refuse('an address has bits beyond its prefix', addresses.at + keyWords * i + k)
    }
    if (i > 0 && !isAfter(addresses.words, links.words, keyWords, i))
      throw refuse('not sorted', addresses.at + keyWords * i)
    if (parents.next(i, prefix) !== link >>> LINK_PREFIX_BITS)
      throw refuse('not the innermost network around', links.at + i)
  }
  return { addresses: addresses.words, links: links.words, descriptions: used.read(reader, count) }
}

/** Whether network `i` comes after the one before: by its address, then by its prefix. */
function isAfter(addresses: Uint32Array, links: Uint32Array, keyWords: number, i: number): boolean {
  for (let at = keyWords * i; at < keyWords * (i + 1); at++) {
    const difference = (addresses[at] ?? 0) - (addresses[at - keyWords] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return (links[i] ?? 0) % 2 ** LINK_PREFIX_BITS > (links[i - 1] ?? 0) % 2 ** LINK_PREFIX_BITS
}

function readDigests(reader: SectionReader, count: number, used: UsedDescriptions): DigestTable {
  const starts = readStarts(reader, count)
  const { at, words } = reader.take(DIGEST_WORDS * count)
  for (let bucket = 0; bucket + 1 < starts.words.length; bucket++) {
    const to = starts.words[bucket + 1] ?? 0
    for (let i = (starts.words[bucket] ?? 0) + 1; i < to; i++) {
      if (!isDigestAfter(words, DIGEST_WORDS * i)) throw refuse('not sorted', at + DIGEST_WORDS * i)
    }
  }
  return { starts: starts.words, digests: words, descriptions: used.read(reader, count) }
}

function isDigestAfter(digests: Uint32Array, at: number): boolean {
  for (let k = at; k < at + DIGEST_WORDS; k++) {
    const difference = (digests[k] ?? 0) - (digests[k - DIGEST_WORDS] ?? 0)
    if (difference !== 0) return difference > 0
  }
  return false
}

function readNames(reader: SectionReader, count: number, used: UsedDescriptions): NameTable {
  const starts = readStarts(reader, count)
  const hashes = reader.take(count)
  const { pool, at } = readPool(reader, count, 1, INDICATOR_VALUE_BYTES_MAX)
  const shift = 32 - bucketBits(count)
  for (let i = 0; i < count; i++) {
    verifyText(pool, i, at)
    verifyFolded(pool, i, at)
    const hash = hashes.words[i] ?? 0
    const before = i === 0 ? -1 : (hashes.words[i - 1] ?? 0)
    if (nameHash(pool.bytes, pool.offsets[i] ?? 0, pool.offsets[i + 1] ?? 0) !== hash)
      throw refuse('not the hash of its name', hashes.at + i)
    if (hash < before || (hash === before && compareTexts(pool, i - 1, i) >= 0))
      throw refuse('not sorted', hashes.at + i)
    const bucket = hash >>> shift
    const isInBucket = (starts.words[bucket] ?? count) <= i && i < (starts.words[bucket + 1] ?? 0)
    if (!isInBucket) throw refuse('not in its bucket', starts.at + bucket)
  }
  return { starts: starts.words, hashes: hashes.words, names: pool, descriptions: used.read(reader, count) }
}

/** Buckets one after the other, from the first entry to the last. */
function readStarts(reader: SectionReader, count: number): Column {
  const starts = reader.take(2 ** bucketBits(count) + 1)
  const { words } = starts
  if (words[0] !== 0) throw refuse('the first bucket does not begin with the first entry', starts.at)
  for (let i = 1; i < words.length; i++) {
    if ((words[i] ?? 0) < (words[i - 1] ?? 0)) throw refuse('a bucket ends before it begins', starts.at + i)
  }
  const last = words.length - 1
  if (words[last] !== count) throw refuse('the last bucket does not end with the last entry', starts.at + last)
  return starts
}

/** @returns the pool, and the word at which its offsets are */
function readPool(
  reader: SectionReader,
  count: number,
  sizeMin: number,
  sizeMax: number,
): { readonly pool: TextPool; readonly at: number } {
  const { at, words } = reader.take(count + 1)
  if (words[0] !== 0) throw refuse('the first text does not begin with the first byte', at)
  for (let i = 0; i < count; i++) {
    const size = (words[i + 1] ?? 0) - (words[i] ?? 0)
    if (size < sizeMin || size > sizeMax) throw refuse(`a text of ${size} bytes`, at + i + 1)
  }
  const size = words[count] ?? 0
  if (size > INDICATOR_TEXT_BYTES_MAX) throw refuse(`${size} bytes of text`, at + count)
  return { pool: { offsets: words, bytes: reader.takeBytes(size) }, at }
}

/** Which descriptions some indicator has: in the end exactly all, else there would be two sections of one list. */
class UsedDescriptions {
  readonly #used: Uint8Array

  constructor(count: number) {
    this.#used = new Uint8Array(count)
  }

  read(reader: SectionReader, count: number): DescriptionNumbers {
    const wide = isWide(this.#used.length)
    const { at, words } = reader.take(descriptionWords(count, wide))
    const numbers = { words, isWide: wide }
    for (let i = 0; i < count; i++) {
      const number = descriptionNumber(numbers, i)
      if (!(number < this.#used.length)) throw refuse(`no description ${number}`, at + (wide ? i : i >>> 1))
      this.#used[number] = 1
    }
    const isPadded = !wide && count % 2 === 1
    if (isPadded && descriptionNumber(numbers, count) !== 0) throw refuse('padding is not zero', at + words.length - 1)
    return numbers
  }

  verifyAll(): void {
    const unused = this.#used.indexOf(0)
    if (unused >= 0) throw refuse(`nothing uses description ${unused}`, INDICATOR_HEADER_WORDS + unused)
  }
}
