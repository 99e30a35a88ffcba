import { readCsv } from './csv.ts'
import { type Blocks, fromUtf16, gunzip, isGzip, openBlocks, peek, untilAborted, utf16Label } from './blocks.ts'
import { EventFilesError } from './errors.ts'
import { delimiterOf, type EventFormat, formatOf } from './format.ts'
import { readJsonDocuments } from './json-documents.ts'
import { readJsonLines } from './json-lines.ts'
import type { EventReader, EventSink } from './sink.ts'

export interface ReadOptions {
  /** What the bytes are, whatever they look like. */
  readonly format?: EventFormat | undefined
  /** Reads EVTX: another technology, which the caller brings. */
  readonly readEvtx: EventReader
  /** Called with the bytes read from the disk. */
  readonly onRead?: (bytes: number) => void
  /** Ends the file early, without an error. */
  readonly signal?: AbortSignal
}

/**
 * Reads the events of one file, or of standard input (`-`), packed with gzip or not, as UTF-8 or UTF-16 with a mark.
 * Memory is bounded by the block and the largest event, not by the file. Parts that are no events go to the sink.
 *
 * @returns the format that it was
 * @throws EventFilesError event-files/unreadable | event-files/unknown-format
 */
export async function readEvents(file: string, sink: EventSink, options: ReadOptions): Promise<EventFormat> {
  const source = openBlocks(file, options)
  try {
    const plain = await unpacked(untilAborted(source, options.signal), sink)
    const { head, blocks } = await peek(plain)
    // An empty file holds no event, in any format.
    const format = options.format ?? (head.length === 0 ? 'jsonl' : formatOf(head))
    if (format === null) {
      throw new EventFilesError(
        'event-files/unknown-format',
        `Cannot read ${file}: expected JSON, CSV with a row of names, or EVTX, packed with gzip or not`,
        { file },
      )
    }
    await readAs(format, head, blocks, sink, options)
    return format
  } catch (error) {
    throw isSystemError(error) ? unreadable(file, error) : error
  } finally {
    source.destroy()
  }
}

async function unpacked(source: Blocks, sink: EventSink): Promise<Blocks> {
  let { head, blocks } = await peek(source)
  if (isGzip(head)) ({ head, blocks } = await peek(gunzip(blocks, () => sink.malformed('damaged', 0))))
  const label = utf16Label(head)
  return label === null ? blocks : fromUtf16(blocks, label)
}

function readAs(
  format: EventFormat,
  head: Uint8Array,
  blocks: Blocks,
  sink: EventSink,
  { readEvtx }: ReadOptions,
): Promise<void> {
  const readers: Readonly<Record<EventFormat, () => Promise<void>>> = {
    jsonl: () => readJsonLines(blocks, sink),
    json: () => readJsonDocuments(blocks, sink),
    csv: () => readCsv(blocks, sink, delimiterOf(head) ?? ','),
    evtx: () => readEvtx(blocks, sink),
  }
  return readers[format]()
}

export function unreadable(path: string, error: NodeJS.ErrnoException): EventFilesError {
  return new EventFilesError('event-files/unreadable', `Cannot read ${path}: ${error.message}`, { path }, error)
}

export function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error
}
