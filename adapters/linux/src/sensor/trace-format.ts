import { LinuxError } from '../errors.ts'

/** Of one field of a trace event: where it stands in the record. */
export interface TraceField {
  readonly offset: number
  readonly sizeBytes: number
  /** The field is a pointer to text elsewhere in the record: offset in its low half, length in its high half. */
  readonly isText: boolean
}

/** How the records of one trace event are laid out. */
export interface TraceFormat {
  readonly id: number
  readonly fields: ReadonlyMap<string, TraceField>
}

/** How a page of the trace buffer is laid out. */
export interface PageFormat {
  readonly sizeBytes: number
  readonly commitOffset: number
  readonly commitSizeBytes: number
  readonly dataOffset: number
}

/** The kernel's own limit of a page of the trace buffer is 128 MiB; nobody reads such pages in one piece. */
const PAGE_SIZE_BYTES_MAX = 1024 * 1024

const FIELD = /^\s*field:\s*(.+?)\s*;\s*offset:(\d+);\s*size:(\d+);/gm
/** The name is the last word of a declaration, before the size of an array. */
const NAME = /(\w+)\s*(?:\[[^\]]*\]\s*)*$/

/**
 * @param text - of a tracefs file `events/SYSTEM/EVENT/format`
 * @throws LinuxError linux/sensor-unavailable when a field that we need is not there, or not as wide as we read it
 */
export function parseTraceFormat(text: string, needed: Readonly<Record<string, number | 'text'>>): TraceFormat {
  const id = Number(/^ID: (\d+)$/m.exec(text)?.[1])
  const fields = parseFields(text)
  if (!Number.isSafeInteger(id)) throw unknown('the event has no number')
  for (const [name, width] of Object.entries(needed)) {
    const field = fields.get(name)
    const fits = width === 'text' ? field?.isText === true : field?.isText === false && field.sizeBytes === width
    if (!fits) throw unknown(`field ${name} is not as expected`)
  }
  return { id, fields }
}

/** @param text - of the tracefs file `events/header_page` */
export function parsePageFormat(text: string): PageFormat {
  const fields = parseFields(text)
  const [commit, data] = [fields.get('commit'), fields.get('data')]
  if (commit === undefined || data === undefined) throw unknown('pages have no header')
  const sizeBytes = data.offset + data.sizeBytes
  const wide = commit.sizeBytes === 4 || commit.sizeBytes === 8
  if (!wide || data.offset < commit.offset + commit.sizeBytes || sizeBytes > PAGE_SIZE_BYTES_MAX) {
    throw unknown('pages have another header')
  }
  return { sizeBytes, commitOffset: commit.offset, commitSizeBytes: commit.sizeBytes, dataOffset: data.offset }
}

function parseFields(text: string): Map<string, TraceField> {
  const fields = new Map<string, TraceField>()
  for (const [, declaration = '', offset, size] of text.matchAll(FIELD)) {
    const name = NAME.exec(declaration)?.[1]
    if (name === undefined) continue
    fields.set(name, {
      offset: Number(offset),
      sizeBytes: Number(size),
      isText: declaration.startsWith('__data_loc'),
    })
  }
  return fields
}

function unknown(reason: string): LinuxError {
  return new LinuxError('linux/sensor-unavailable', `Cannot read this kernel's trace buffer: ${reason}`)
}
