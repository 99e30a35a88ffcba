import type { FleetStatus, StreamLine } from '@firebreak/api'
import { LineStream } from '@firebreak/http'
import type { KeptDetection } from './ingest.ts'

/** However much happens, at most one status in this time. */
export const STATUS_INTERVAL_MS = 250
export const STREAM_CLIENTS_MAX = 64

/** Sends every client the status whenever it changes, and each detection once it is kept. */
export class StreamHub {
  readonly #clients = new Set<LineStream>()
  readonly #status: () => FleetStatus
  readonly #recent: () => readonly KeptDetection[]
  #timer: NodeJS.Timeout | null = null

  constructor(status: () => FleetStatus, recent: () => readonly KeptDetection[]) {
    this.#status = status
    this.#recent = recent
  }

  /** Starts with the status as it is and the newest detections. The oldest client is cut when there are too many. */
  open(): Response {
    const client = new LineStream(() => this.#clients.delete(client))
    for (const oldest of this.#clients) if (this.#clients.size >= STREAM_CLIENTS_MAX) oldest.end()
    this.#clients.add(client)
    client.write(lineOf({ kind: 'status', status: this.#status() }))
    for (const kept of this.#recent()) client.write(lineOf({ kind: 'detection', ...kept }))
    return client.response
  }

  statusChanged(): void {
    if (this.#clients.size === 0) return
    this.#timer ??= setTimeout(() => {
      this.#timer = null
      this.#send({ kind: 'status', status: this.#status() })
    }, STATUS_INTERVAL_MS)
  }

  detected(detections: readonly KeptDetection[]): void {
    for (const kept of detections) this.#send({ kind: 'detection', ...kept })
  }

  close(): void {
    if (this.#timer) clearTimeout(this.#timer)
    for (const client of this.#clients) client.end()
  }

  #send(line: StreamLine): void {
    if (this.#clients.size === 0) return
    const written = lineOf(line)
    for (const client of this.#clients) client.write(written)
  }
}

function lineOf(line: StreamLine): string {
  return JSON.stringify(line)
}
