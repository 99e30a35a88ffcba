import { ContentError } from '../errors.ts'
import {
  addressTableOf,
  comparePoolTexts,
  compareRows,
  digestTableOf,
  descriptionWords,
  hasNames,
  INDICATOR_TABLES,
  type IndicatorRows,
  type IndicatorTableName,
  type IndicatorTables,
  isWide,
  joined,
  keyBits,
  keyWordsOf,
  nameHashes,
  nameTableOf,
  packDescriptions,
  poolColumns,
  rowsOf,
  SectionReader,
  type TextPool,
  unpackDescriptions,
  writeIndicatorSection,
} from '../indicators/index.ts'
import { EditWriter, readEdits } from './delta-edits.ts'
import { malformed } from './delta-format.ts'
import { NONE } from './format.ts'

/*
 * The section `indicators` of a delta: nothing when they did not change, else the descriptions and then each table:
 *
 *   number of words of its edits, number of rows that it brings along
 *   the edits
 *   of those rows, where they have text: their number + 1 offsets in bytes, then UTF-8, padded with zeros to a word
 *   of those rows, where they have none: their keys
 *   of those rows, if they have descriptions: their numbers in the new image, as a table has them
 */

type Columns = (Uint32Array | Uint8Array)[]

export function diffIndicators(old: IndicatorTables, next: IndicatorTables): Uint32Array {
  if (isSameSection(writeIndicatorSection(old), writeIndicatorSection(next))) return new Uint32Array()
  const columns: Columns = []
  const described = diffSorted(poolCount(old.descriptions), poolCount(next.descriptions), (i, j) =>
    comparePoolTexts(old.descriptions, i, next.descriptions, j),
  )
  columns.push(...described.columns, ...poolColumns(selectTexts([next.descriptions], described.brought)))
  const renumbered = renumber(described.places, poolCount(old.descriptions))
  const wide = isWide(poolCount(next.descriptions))
  for (const name of INDICATOR_TABLES) {
    columns.push(...diffTable(name, rowsOf(old, name), rowsOf(next, name), renumbered, wide))
  }
  return joined(columns)
}

/**
 * @param words - hostile; nobody may change them afterwards
 * @throws ContentError content/delta-malformed
 */
export function patchIndicators(words: Uint32Array, old: IndicatorTables): IndicatorTables {
  if (words.length === 0) return old
  try {
    return patchTables(new SectionReader(words), old)
  } catch (error) {
    if (error instanceof ContentError && error.code === 'content/image-indicators') {
      throw malformed('its indicators are cut off', error)
    }
    throw error
  }
}

function patchTables(reader: SectionReader, old: IndicatorTables): IndicatorTables {
  const oldCount = poolCount(old.descriptions)
  const { edits, count } = readHead(reader)
  const brought = readPool(reader, count)
  const places = readEdits(edits, oldCount, count)
  const descriptions = selectTexts([old.descriptions, brought], places)
  const renumbered = renumber(places, oldCount)
  const rows = (name: IndicatorTableName): IndicatorRows =>
    patchRows(reader, name, rowsOf(old, name), renumbered, places.length)
  // In the order of INDICATOR_TABLES, which is that of the reader.
  const tables: IndicatorTables = {
    descriptions,
    ipv4: addressTableOf(rows('ipv4'), places.length),
    ipv6: addressTableOf(rows('ipv6'), places.length),
    md5: digestTableOf(rows('md5'), places.length),
    sha1: digestTableOf(rows('sha1'), places.length),
    sha256: digestTableOf(rows('sha256'), places.length),
    domain: nameTableOf(rows('domain'), places.length),
    url: nameTableOf(rows('url'), places.length),
    filename: nameTableOf(rows('filename'), places.length),
  }
  reader.end()
  return tables
}

function diffTable(
  name: IndicatorTableName,
  old: IndicatorRows,
  next: IndicatorRows,
  renumbered: Uint32Array,
  wide: boolean,
): Columns {
  const [oldCount, nextCount] = [old.descriptions.length, next.descriptions.length]
  const isComparable = keyBits(name, oldCount) === keyBits(name, nextCount)
  const { columns, brought } = diffSorted(
    oldCount,
    nextCount,
    (i, j) => (isComparable ? compareRows(old, i, next, j) : -1),
    (i, j) => renumbered[old.descriptions[i] ?? 0] === next.descriptions[j],
  )
  const { keys, descriptions, names } = selectRows([next], brought)
  const values = names === null ? [keys] : poolColumns(names)
  return [...columns, ...values, packDescriptions(descriptions, wide).words]
}

/** @param renumbered - of the old descriptions the new numbers; NONE for those that are gone */
function patchRows(
  reader: SectionReader,
  name: IndicatorTableName,
  old: IndicatorRows,
  renumbered: Uint32Array,
  described: number,
): IndicatorRows {
  const { edits, count } = readHead(reader)
  const keyWords = keyWordsOf(name)
  const names = hasNames(name) ? readPool(reader, count) : null
  const keys = names === null ? reader.take(keyWords * count).words : nameHashes(names)
  const wide = isWide(described)
  const numbers = { words: reader.take(descriptionWords(count, wide)).words, isWide: wide }
  const brought = { keyWords, keys, names, descriptions: unpackDescriptions(numbers, count) }
  const kept = { ...old, descriptions: old.descriptions.map((number) => renumbered[number] ?? NONE) }
  const oldCount = old.descriptions.length
  const places = readEdits(edits, oldCount, count)
  if (places.length > count && keyBits(name, oldCount) !== keyBits(name, places.length)) {
    throw malformed(`rows of ${name} that keep too few bits`)
  }
  const rows = selectRows([kept, brought], places)
  if (rows.descriptions.some((number) => number >= described)) throw malformed(`a row of ${name} without description`)
  if (isOutsideBuckets(name, rows)) throw malformed(`a row of ${name} in no bucket`)
  return rows
}

function isOutsideBuckets(name: IndicatorTableName, { keyWords, keys, descriptions }: IndicatorRows): boolean {
  const bits = keyBits(name, descriptions.length)
  if (bits === 0) return false
  for (let at = 0; at < keys.length; at += keyWords) if ((keys[at] ?? 0) >= 2 ** bits) return true
  return false
}

interface SortedDiff {
  readonly columns: Columns
  /** Rows of the new table that have to be brought along. */
  readonly brought: Uint32Array
  /** Of each new row the old one, or the number of old ones and more. */
  readonly places: Uint32Array
}

/** Of two sorted lists. @param isSame - of an old and a new row that compare equal */
function diffSorted(
  oldCount: number,
  nextCount: number,
  compare: (i: number, j: number) => number,
  isSame: (i: number, j: number) => boolean = () => true,
): SortedDiff {
  const edits = new EditWriter()
  const brought = new Uint32Array(nextCount)
  const places = new Uint32Array(nextCount)
  let taken = 0
  for (let i = 0, j = 0; j < nextCount; j++) {
    while (i < oldCount && compare(i, j) < 0) i++
    if (i < oldCount && compare(i, j) === 0 && isSame(i, j)) {
      edits.keep(i)
      places[j] = i
    } else {
      edits.take()
      places[j] = oldCount + taken
      brought[taken++] = j
    }
  }
  const words = edits.words()
  return { columns: [Uint32Array.of(words.length, taken), words], brought: brought.subarray(0, taken), places }
}

function readHead(reader: SectionReader): { readonly edits: Uint32Array; readonly count: number } {
  const [length = 0, count = 0] = reader.take(2).words
  return { edits: reader.take(length).words, count }
}

function readPool(reader: SectionReader, count: number): TextPool {
  const offsets = reader.take(count + 1).words
  if (offsets[0] !== 0) throw malformed('the first text does not begin with the first byte')
  for (let i = 0; i < count; i++) {
    if ((offsets[i + 1] ?? 0) < (offsets[i] ?? 0)) throw malformed('a text ends before it begins')
  }
  return { offsets, bytes: reader.takeBytes(offsets[count] ?? 0) }
}

/** @param places - in the first, then, counted on from its last row, in the second */
function selectRows(
  [first, second = first]: readonly [IndicatorRows, IndicatorRows?],
  places: Uint32Array,
): IndicatorRows {
  const { keyWords } = first
  const firstCount = first.descriptions.length
  const keys = new Uint32Array(keyWords * places.length)
  const descriptions = new Uint32Array(places.length)
  for (const [i, place] of places.entries()) {
    const isFirst = place < firstCount
    const rows = isFirst ? first : second
    const row = isFirst ? place : place - firstCount
    for (let k = 0; k < keyWords; k++) keys[keyWords * i + k] = rows.keys[keyWords * row + k] ?? 0
    descriptions[i] = rows.descriptions[row] ?? NONE
  }
  const names = first.names && selectTexts([first.names, second.names ?? first.names], places)
  return { keyWords, keys, descriptions, names }
}

/** As selectRows. */
function selectTexts([first, second = first]: readonly [TextPool, TextPool?], places: Uint32Array): TextPool {
  const firstCount = poolCount(first)
  const offsets = new Uint32Array(places.length + 1)
  const textAt = (place: number): Uint8Array => {
    const [pool, text] = place < firstCount ? [first, place] : [second, place - firstCount]
    return pool.bytes.subarray(pool.offsets[text], pool.offsets[text + 1])
  }
  for (const [i, place] of places.entries()) offsets[i + 1] = (offsets[i] ?? 0) + textAt(place).length
  const bytes = new Uint8Array(offsets[places.length] ?? 0)
  for (const [i, place] of places.entries()) bytes.set(textAt(place), offsets[i])
  return { offsets, bytes }
}

/** By old number, the new one; NONE for what is gone. */
function renumber(places: Uint32Array, oldCount: number): Uint32Array {
  const numbers = new Uint32Array(oldCount).fill(NONE)
  for (const [number, place] of places.entries()) if (place < oldCount) numbers[place] = number
  return numbers
}

function poolCount(pool: TextPool): number {
  return pool.offsets.length - 1
}

function isSameSection(one: Uint32Array, other: Uint32Array): boolean {
  return one.length === other.length && one.every((word, i) => word === other[i])
}
