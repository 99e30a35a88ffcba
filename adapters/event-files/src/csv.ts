import { Readable } from 'node:stream'
import { CsvError, parse } from 'csv-parse'
import { EVENT_SIZE_BYTES_MAX } from './limits.ts'
import type { EventSink } from './sink.ts'

const encoder = new TextEncoder()

interface Row {
  readonly record: readonly string[]
  readonly info: { readonly lines: number }
}

/**
 * Reads CSV whose first row names the fields. A row becomes an event with its cells as text; an empty cell is an absent
 * field, because CSV can't say which of the two was meant and tables of several kinds of events are mostly empty.
 *
 * @param delimiter - `,`, `;`, tab or `|`
 */
export async function readCsv(blocks: AsyncIterable<Uint8Array>, sink: EventSink, delimiter: string): Promise<void> {
  const parser = parse({
    bom: true,
    delimiter,
    info: true,
    max_record_size: EVENT_SIZE_BYTES_MAX,
    relax_column_count: true,
    relax_quotes: true,
    skip_empty_lines: true,
  })
  const source = Readable.from(blocks, { objectMode: false })
  source.on('error', (error) => parser.destroy(error))
  source.pipe(parser)
  let names: readonly string[] | null = null
  try {
    for await (const { record, info } of parser as AsyncIterable<Row>) {
      if (names === null) names = record
      else takeRow(names, record, info.lines, sink)
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error
    const { lines } = error as CsvError & { lines?: number }
    // A quote that never closes: nothing behind it can be told apart.
    sink.malformed(error.code === 'CSV_MAX_RECORD_SIZE' ? 'too-long' : 'bad-row', lines ?? 1)
  } finally {
    source.destroy()
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
