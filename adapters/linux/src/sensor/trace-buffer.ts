import { closeSync, constants, openSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LinuxError } from '../errors.ts'
import { SYS } from '../sandbox/syscall-numbers.ts'
import { trySyscall } from '../syscalls.ts'
import { type PageFormat, parsePageFormat } from './trace-format.ts'
import { visitPage } from './trace-pages.ts'
import { readTraceFormats, type TraceRecord, TraceRecords } from './trace-records.ts'

/** Pages of each CPU that are read in one round at most: all that a buffer of TRACE_BUFFER_KB holds. */
const PAGES_PER_ROUND_MAX = 512

const EAGAIN = 11
const CPU_FOLDER = /^cpu\d+$/
const LOST = /^(?:overrun|dropped events): (\d+)$/gm

/** The trace buffer of an instance that `createTraceInstance` made: one queue of pages for each CPU, only read. */
export class TraceBuffer {
  readonly #cpus: readonly { readonly folder: string; readonly fd: number }[]
  readonly #format: PageFormat
  readonly #page: Buffer
  readonly #records: TraceRecords
  #broken = 0

  /** @throws LinuxError linux/sensor-unavailable */
  constructor(instance: string) {
    const read = (file: string): string => readFileSync(join(instance, file), 'utf8')
    const fds: number[] = []
    try {
      // A page looks the same in every instance; only the whole buffer's folder describes it.
      this.#format = parsePageFormat(read('../../events/header_page'))
      this.#page = Buffer.alloc(this.#format.sizeBytes)
      this.#records = new TraceRecords(readTraceFormats((event) => read(`events/${event}/format`)))
      const flags = constants.O_RDONLY | constants.O_NONBLOCK
      this.#cpus = readdirSync(join(instance, 'per_cpu')).flatMap((name) => {
        if (!CPU_FOLDER.test(name)) return []
        const folder = join(instance, 'per_cpu', name)
        const fd = openSync(join(folder, 'trace_pipe_raw'), flags)
        fds.push(fd)
        return [{ folder, fd }]
      })
    } catch (cause) {
      for (const fd of fds) closeSync(fd)
      if (cause instanceof LinuxError) throw cause
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new LinuxError('linux/sensor-unavailable', `Cannot read the trace buffer: ${reason}`, {}, cause)
    }
  }

  /** Hands over what the buffer holds: in order for each CPU, not over all. */
  read(visit: (record: TraceRecord) => void): void {
    const page = this.#page
    for (const { fd } of this.#cpus) {
      for (let count = 0; count < PAGES_PER_ROUND_MAX; count++) {
        const size = trySyscall(SYS.read, fd, page, page.length)
        if (size === -EAGAIN || size === 0) break
        const whole =
          size > 0 &&
          visitPage(this.#format, page.subarray(0, size), (timeNs, at, length) => {
            const record = this.#records.read(page, at, length, timeNs)
            if (record !== null) visit(record)
          })
        if (!whole) this.#broken++
        if (size < 0) break
      }
    }
  }

  /** Records that found the buffer full, and pages that could not be read. */
  lost(): number {
    let lost = this.#broken
    for (const { folder } of this.#cpus) {
      const text = readFileSync(join(folder, 'stats'), 'utf8')
      for (const [, count] of text.matchAll(LOST)) lost += Number(count)
    }
    return lost
  }

  close(): void {
    for (const { fd } of this.#cpus) closeSync(fd)
  }
}
