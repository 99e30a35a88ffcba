import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { TRACE_EVENT_NAMES, type TraceEventName } from '../../tracing/trace-events.ts'
import { parseTraceFormat } from '../trace-format.ts'
import { type Entry, formatText, pageBytes } from './trace-bytes.ts'

const HEADER_PAGE = [
  '\tfield: local_t commit;\toffset:8;\tsize:8;\tsigned:1;',
  '\tfield: char data;\toffset:16;\tsize:4080;\tsigned:0;',
].join('\n')

/** One record, at a time in nanoseconds since boot. */
export interface Traced {
  readonly event: TraceEventName
  readonly timeNs: bigint
  readonly fields: Readonly<Record<string, number>>
  readonly filename?: string
}

const texts = new Map(TRACE_EVENT_NAMES.map((name, k) => [name, formatText(name, 300 + k, extraOf(name))]))

/** A folder that looks like a trace instance, with what each CPU has traced in plain files. @returns the instance */
export function traceFolder(root: string, cpus: readonly (readonly Traced[])[], stats = 'overrun: 0\n'): string {
  const instance = join(root, 'instances', 'x')
  const put = (path: string, content: string | Buffer): void => {
    mkdirSync(join(path, '..'), { recursive: true })
    writeFileSync(path, content)
  }
  put(join(root, 'events/header_page'), HEADER_PAGE)
  for (const [name, text] of texts) put(join(instance, 'events', name, 'format'), text)
  for (const [k, traced] of cpus.entries()) {
    put(join(instance, `per_cpu/cpu${k}/trace_pipe_raw`), pagesOf(traced))
    put(join(instance, `per_cpu/cpu${k}/stats`), stats)
  }
  return instance
}

export function pagesOf(traced: readonly Traced[]): Buffer {
  return Buffer.concat(
    traced.map(({ timeNs, ...one }) => {
      const entry: Entry = { kind: 'record', delta: 0, data: recordBytes(one.event, one.fields, one.filename) }
      return pageBytes(timeNs, [entry])
    }),
  )
}

function recordBytes(event: TraceEventName, fields: Readonly<Record<string, number>>, filename?: string): Buffer {
  const format = parseTraceFormat(texts.get(event) ?? '', {})
  const size = Math.max(...[...format.fields.values()].map(({ offset, sizeBytes }) => offset + sizeBytes))
  const name = Buffer.from(filename === undefined ? '' : `${filename}\0`)
  const bytes = Buffer.concat([Buffer.alloc(size), name])
  bytes.writeUInt16LE(format.id, 0)
  for (const [field, value] of Object.entries(fields)) {
    const place = format.fields.get(field)
    if (place?.sizeBytes === 1) bytes.writeUInt8(value, place.offset)
    else bytes.writeUInt32LE(value, place?.offset ?? 0)
  }
  if (filename !== undefined)
    bytes.writeUInt32LE((name.length << 16) | size, format.fields.get('filename')?.offset ?? 0)
  return bytes
}

function extraOf(name: TraceEventName): Readonly<Record<string, number>> {
  return name === 'sched/sched_process_exit' ? { group_dead: 1 } : {}
}
