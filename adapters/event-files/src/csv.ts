import { pipeline } from 'node:stream/promises'
import { CsvError, parse } from 'csv-parse'
import { EVENT_SIZE_BYTES_MAX } from './limits.ts'
import type { EventSink } from './sink.ts'

const encoder = new TextEncoder()

/**
 * Reads CSV whose first row names the fields. A row becomes an event with its cells as text; an empty cell is an absent
 * field, because CSV can't say which of the two was meant and tables of several kinds of events are mostly empty. A quote
 * that never closes ends the file: nothing behind it can be told apart.
 *
 * @param delimiter - `,`, `;`, tab or `|`
 */
export async function readCsv(blocks: AsyncIterable<Uint8Array>, sink: EventSink, delimiter: string): Promise<void> {
  let names: readonly string[] | null = null
  const parser = parse({
    delimiter,
    max_record_size: EVENT_SIZE_BYTES_MAX,
    // Taken here and not from the stream, which forgets what it has not handed out when an error comes.
    on_record(cells: readonly string[], { lines }) {
      if (names === null) names = cells
      else takeRow(names, cells, lines, sink)
      return null
    },
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  })
  try {
    await pipeline(blocks, parser.resume())
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const { lines } = error as CsvError & { readonly lines?: number }
    sink.malformed(error.code === 'CSV_MAX_RECORD_SIZE' ? 'too-long' : 'unclosed', lines ?? 0)
  }
}

function takeRow(names: readonly string[], cells: readonly string[], line: number, sink: EventSink): void {
  if (cells.length > names.length) return sink.malformed('bad-row', line)
  const event: Record<string, string> = Object.create(null)
  for (const [index, cell] of cells.entries()) {
    const name = names[index]
    if (name !== undefined && cell !== '') event[name] = cell
  }
  const bytes = encoder.encode(JSON.stringify(event))
  if (bytes.length > EVENT_SIZE_BYTES_MAX) sink.malformed('too-long', line)
  else sink.event(bytes, 0, bytes.length, line)
}
