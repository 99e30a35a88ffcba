import { encodeFrame, FRAME, FrameDecoder } from '@firebreak/api'
import { type ConfinedProcess, spawnConfined } from '@firebreak/linux/spawn'
import { encodeMessage, type FetcherMessage, type HostReport, parseFetcherMessage } from '../messages.ts'

const MESSAGE_FRAME_BYTES_MAX = 2 * 1024 * 1024
const RESTART_DELAY_MS = 1_000

export interface FetcherProcessOptions {
  readonly entry: string
  readonly readFolders: readonly string[]
  readonly folder: string
  readonly serverPort: number
  readonly args: readonly string[]
  readonly onMessage: (message: FetcherMessage) => void
}

/** Keeps the fetcher running: the only process of a host with a network. What it says is read as hostile. */
export class FetcherProcess {
  readonly #options: FetcherProcessOptions
  #process: ConfinedProcess | null = null
  #stopped = false

  constructor(options: FetcherProcessOptions) {
    this.#options = options
    this.#start()
  }

  report(report: HostReport): void {
    this.#write(encodeMessage(report))
  }

  upload(lines: Uint8Array, count: number): void {
    this.#write(encodeFrame({ type: FRAME.SPOOL, count, payload: lines }))
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#process?.kill()
    await this.#process?.exited
  }

  #write(frame: Uint8Array): void {
    const input = this.#process?.input
    if (input?.writable && !input.writableNeedDrain) input.write(frame) // a report is cumulative: one may be left out
  }

  #start(): void {
    const decoder = new FrameDecoder(MESSAGE_FRAME_BYTES_MAX)
    const running = spawnConfined({
      profile: 'fetcher',
      entry: this.#options.entry,
      args: this.#options.args,
      readFolders: this.#options.readFolders,
      writeFolders: [this.#options.folder],
      connectPorts: [this.#options.serverPort],
    })
    this.#process = running
    running.input.on('error', () => {})
    running.output.on('error', () => {})
    running.output.on('data', (chunk: Uint8Array) => {
      try {
        for (const frame of decoder.push(chunk)) {
          if (frame.type === FRAME.MESSAGE) this.#options.onMessage(parseFetcherMessage(frame.payload))
        }
      } catch {
        running.kill()
      }
    })
    void running.exited.then(() => {
      if (!this.#stopped) setTimeout(() => this.#restart(), RESTART_DELAY_MS).unref()
    })
  }

  #restart(): void {
    if (!this.#stopped) this.#start()
  }
}
