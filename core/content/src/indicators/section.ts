import { ADDRESS_TABLES, type IndicatorTables, INDICATOR_TABLES, tableCount, type TextPool } from './tables.ts'
import { DIGEST_TYPES, NAME_TYPES } from './types.ts'

/** Descriptions, then the indicators of each table. */
export const INDICATOR_HEADER_WORDS: number = 1 + INDICATOR_TABLES.length

/**
 * The tables as one section of an image, little-endian words: the header (the number of descriptions and of each table's
 * indicators), then every column in the order of `IndicatorTables`. Bytes are padded with zeros to a word.
 */
export function writeIndicatorSection(tables: IndicatorTables): Uint32Array {
  const counts = INDICATOR_TABLES.map((name) => tableCount(tables, name))
  const header = Uint32Array.of(tables.descriptions.offsets.length - 1, ...counts)
  const columns: (Uint32Array | Uint8Array)[] = [header, ...poolColumns(tables.descriptions)]
  for (const name of ADDRESS_TABLES) {
    const table = tables[name]
    columns.push(table.addresses, table.links, table.descriptions.words)
  }
  for (const name of DIGEST_TYPES) {
    const table = tables[name]
    columns.push(table.starts, table.digests, table.descriptions.words)
  }
  for (const name of NAME_TYPES) {
    const table = tables[name]
    columns.push(table.starts, table.hashes, ...poolColumns(table.names), table.descriptions.words)
  }
  return joined(columns)
}

export function poolColumns(pool: TextPool): readonly [Uint32Array, Uint8Array] {
  return [pool.offsets, pool.bytes]
}

/** One after the other, bytes padded with zeros to a word. */
export function joined(columns: readonly (Uint32Array | Uint8Array)[]): Uint32Array {
  const words = new Uint32Array(columns.reduce((sum, column) => sum + Math.ceil(column.byteLength / 4), 0))
  const bytes = new Uint8Array(words.buffer)
  let at = 0
  for (const column of columns) {
    if (column instanceof Uint32Array) words.set(column, at)
    else bytes.set(column, 4 * at)
    at += Math.ceil(column.byteLength / 4)
  }
  return words
}
