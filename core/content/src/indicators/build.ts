import { compareRuns } from '@firebreak/kernel'
import type { GrowingWords } from './growing.ts'
import { type IndicatorList, LISTED_DIGEST_WORDS, type ListedNames } from './list.ts'
import { linkNetworks } from './networks.ts'
import {
  ADDRESS_WORDS,
  type AddressTable,
  bucketBits,
  DIGEST_WORDS,
  type DigestTable,
  type IndicatorTables,
  nameHash,
  type NameTable,
} from './tables.ts'
import { Descriptions, uniqueRows, type UniqueRows } from './unique-rows.ts'

/**
 * The tables of a list: of the same set of rows always the same, in whatever order they came. Feeds overlap: of the
 * descriptions of one value the first by bytes stays that is not empty.
 */
export function buildIndicatorTables(list: IndicatorList): IndicatorTables {
  const descriptions = new Descriptions(list.descriptions())
  const { ipv4, ipv6, digests, names } = list
  // Every table has to say what it uses before any can be numbered.
  const parts = {
    ipv4: addressRows(ipv4, ADDRESS_WORDS.ipv4, descriptions),
    ipv6: addressRows(ipv6, ADDRESS_WORDS.ipv6, descriptions),
    md5: digestRows(digests.md5, descriptions),
    sha1: digestRows(digests.sha1, descriptions),
    sha256: digestRows(digests.sha256, descriptions),
    domain: nameRows(names.domain, descriptions),
    url: nameRows(names.url, descriptions),
    filename: nameRows(names.filename, descriptions),
  }
  return {
    descriptions: descriptions.pool(),
    ipv4: { ...addressTable(ipv4, parts.ipv4, 'ipv4'), descriptions: descriptions.numbers(parts.ipv4) },
    ipv6: { ...addressTable(ipv6, parts.ipv6, 'ipv6'), descriptions: descriptions.numbers(parts.ipv6) },
    md5: { ...digestTable(digests.md5, parts.md5), descriptions: descriptions.numbers(parts.md5) },
    sha1: { ...digestTable(digests.sha1, parts.sha1), descriptions: descriptions.numbers(parts.sha1) },
    sha256: { ...digestTable(digests.sha256, parts.sha256), descriptions: descriptions.numbers(parts.sha256) },
    domain: { ...nameTable(names.domain, parts.domain), descriptions: descriptions.numbers(parts.domain) },
    url: { ...nameTable(names.url, parts.url), descriptions: descriptions.numbers(parts.url) },
    filename: { ...nameTable(names.filename, parts.filename), descriptions: descriptions.numbers(parts.filename) },
  }
}

/** Rows of a list are `keyWords` of address, the length of the prefix, and the description. */
function addressRows(list: GrowingWords, keyWords: number, descriptions: Descriptions): UniqueRows {
  const words = list.view()
  const stride = keyWords + 2
  const compare = (a: number, b: number): number => compareWords(words, stride * a, stride * b, keyWords + 1)
  return uniqueRows({
    count: words.length / stride,
    compare,
    isSame: (a, b) => compare(a, b) === 0,
    descriptionOf: (row) => descriptions.rank(words[stride * row + keyWords + 1] ?? 0),
    descriptions,
  })
}

function addressTable(
  list: GrowingWords,
  { rows }: UniqueRows,
  name: 'ipv4' | 'ipv6',
): Omit<AddressTable, 'descriptions'> {
  const words = list.view()
  const keyWords = ADDRESS_WORDS[name]
  const addresses = new Uint32Array(keyWords * rows.length)
  const prefixes = new Uint8Array(rows.length)
  for (const [i, row] of rows.entries()) {
    const at = (keyWords + 2) * row
    addresses.set(words.subarray(at, at + keyWords), keyWords * i)
    prefixes[i] = words[at + keyWords] ?? 0
  }
  return { addresses, links: linkNetworks(addresses, prefixes, keyWords) }
}

/**
 * Digests whose kept bits are equal in the smallest table are one: nobody has two files of that kind by chance, and
 * whoever made them gets one alarm for both.
 */
function digestRows(list: GrowingWords, descriptions: Descriptions): UniqueRows {
  const words = list.view()
  return uniqueRows({
    count: words.length / LISTED_DIGEST_WORDS,
    compare: (a, b) => compareWords(words, LISTED_DIGEST_WORDS * a, LISTED_DIGEST_WORDS * b, LISTED_DIGEST_WORDS - 1),
    isSame: (a, b) => {
      const [atA, atB] = [LISTED_DIGEST_WORDS * a, LISTED_DIGEST_WORDS * b]
      const lastBits = ((words[atA + DIGEST_WORDS] ?? 0) ^ (words[atB + DIGEST_WORDS] ?? 0)) >>> (32 - bucketBits(0))
      return lastBits === 0 && compareWords(words, atA, atB, DIGEST_WORDS) === 0
    },
    descriptionOf: (row) => descriptions.rank(words[LISTED_DIGEST_WORDS * row + LISTED_DIGEST_WORDS - 1] ?? 0),
    descriptions,
  })
}

function digestTable(list: GrowingWords, { rows }: UniqueRows): Omit<DigestTable, 'descriptions'> {
  const words = list.view()
  const bits = bucketBits(rows.length)
  const digests = new Uint32Array(DIGEST_WORDS * rows.length)
  for (const [i, row] of rows.entries()) {
    const at = LISTED_DIGEST_WORDS * row
    for (let k = 0; k < DIGEST_WORDS; k++) {
      digests[DIGEST_WORDS * i + k] = ((words[at + k] ?? 0) << bits) | ((words[at + k + 1] ?? 0) >>> (32 - bits))
    }
  }
  const first = (i: number): number => words[LISTED_DIGEST_WORDS * (rows[i] ?? 0)] ?? 0
  return { starts: bucketStarts(rows.length, first), digests }
}

function nameRows(list: ListedNames, descriptions: Descriptions): UniqueRows {
  const bytes = list.bytes.view()
  const starts = list.starts.view()
  const numbers = list.descriptions.view()
  const from = (row: number): number => starts[row] ?? 0
  const to = (row: number): number => starts[row + 1] ?? bytes.length
  const hashes = Uint32Array.from(starts, (start, row) => nameHash(bytes, start, to(row)))
  const compare = (a: number, b: number): number =>
    (hashes[a] ?? 0) - (hashes[b] ?? 0) || compareRuns(bytes, from(a), to(a), bytes, from(b), to(b))
  return uniqueRows({
    count: starts.length,
    compare,
    isSame: (a, b) => compare(a, b) === 0,
    descriptionOf: (row) => descriptions.rank(numbers[row] ?? 0),
    descriptions,
  })
}

function nameTable(list: ListedNames, { rows }: UniqueRows): Omit<NameTable, 'descriptions'> {
  const bytes = list.bytes.view()
  const starts = list.starts.view()
  const offsets = new Uint32Array(rows.length + 1)
  const hashes = new Uint32Array(rows.length)
  const kept = new Uint8Array(bytes.length)
  let size = 0
  for (const [i, row] of rows.entries()) {
    const name = bytes.subarray(starts[row], starts[row + 1] ?? bytes.length)
    kept.set(name, size)
    size += name.length
    offsets[i + 1] = size
    hashes[i] = nameHash(name, 0, name.length)
  }
  const names = { offsets, bytes: kept.slice(0, size) }
  return { starts: bucketStarts(rows.length, (i) => hashes[i] ?? 0), hashes, names }
}

/** Where each bucket begins, and at last where they end. @param first - the first word of each key, ascending */
export function bucketStarts(count: number, first: (index: number) => number): Uint32Array {
  const bits = bucketBits(count)
  const starts = new Uint32Array(2 ** bits + 1)
  for (let i = 0; i < count; i++) {
    const next = (first(i) >>> (32 - bits)) + 1
    starts[next] = (starts[next] ?? 0) + 1
  }
  for (let bucket = 1; bucket < starts.length; bucket++)
    starts[bucket] = (starts[bucket] ?? 0) + (starts[bucket - 1] ?? 0)
  return starts
}

function compareWords(words: Uint32Array, a: number, b: number, length: number): number {
  for (let k = 0; k < length; k++) {
    const difference = (words[a + k] ?? 0) - (words[b + k] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
