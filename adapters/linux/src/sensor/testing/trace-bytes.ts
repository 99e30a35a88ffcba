import { TRACE_EVENTS, type TraceEventName } from '../../tracing/trace-events.ts'
import type { PageFormat } from '../trace-format.ts'

/** As Linux 6.18 on x86-64 states it. */
export const PAGE: PageFormat = { sizeBytes: 4096, commitOffset: 8, commitSizeBytes: 8, dataOffset: 16 }

export type Entry =
  | { readonly kind: 'record'; readonly delta: number; readonly data: Buffer }
  | { readonly kind: 'discarded'; readonly delta: number; readonly words: number }
  | { readonly kind: 'extend'; readonly delta: number; readonly high: number }

const DATA_WORDS_MAX = 28

/** A page of the trace buffer as the kernel writes it, by kernel/trace/ring_buffer.c. */
export function pageBytes(startNs: bigint, entries: readonly Entry[], flags = 0): Buffer {
  const page = Buffer.alloc(PAGE.sizeBytes)
  page.writeBigUInt64LE(startNs, 0)
  let at = PAGE.dataOffset
  const word = (value: number): void => {
    page.writeUInt32LE(value >>> 0, at)
    at += 4
  }
  for (const entry of entries) {
    const head = (type: number): void => word(((entry.delta << 5) | type) >>> 0)
    if (entry.kind === 'extend') {
      head(30)
      word(entry.high)
    } else if (entry.kind === 'discarded') {
      head(29)
      word(4 * entry.words + 4)
      at += 4 * entry.words
    } else {
      const words = Math.ceil(entry.data.length / 4)
      if (words > 0 && words <= DATA_WORDS_MAX) head(words)
      else {
        head(0)
        word(4 * words + 4)
      }
      entry.data.copy(page, at)
      at += 4 * words
    }
  }
  page.writeUInt32LE(at - PAGE.dataOffset + flags, PAGE.commitOffset)
  return page
}

/** The text of `events/NAME/format` of a kernel whose fields stand in this order, with their natural alignment. */
export function formatText(event: TraceEventName, id: number, extra: Readonly<Record<string, number>> = {}): string {
  let offset = 8
  const lines = Object.entries({ ...TRACE_EVENTS[event], ...extra }).flatMap(([name, width]) => {
    if (name === 'common_pid') return []
    const size = width === 'text' ? 4 : width
    offset = Math.ceil(offset / Math.min(size, 8)) * Math.min(size, 8)
    const declared = width === 'text' ? `__data_loc char[] ${name}` : size > 8 ? `__u8 ${name}[${size}]` : `u32 ${name}`
    const line = `\tfield:${declared};\toffset:${offset};\tsize:${size};\tsigned:0;`
    offset += size
    return [line]
  })
  return [
    `name: ${event.split('/')[1]}`,
    `ID: ${id}`,
    'format:',
    '\tfield:unsigned short common_type;\toffset:0;\tsize:2;\tsigned:0;',
    '\tfield:int common_pid;\toffset:4;\tsize:4;\tsigned:1;',
    '',
    ...lines,
    '',
    'print fmt: "field:evil;\\toffset:1;\\tsize:1;"',
  ].join('\n')
}
