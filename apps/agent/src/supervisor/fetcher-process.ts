import { encodeFrame, FRAME } from '@firebreak/api'
import {
  encodeMessage,
  encodePolicyFiles,
  type FetcherMessage,
  type HostReport,
  parseFetcherMessage,
  type PolicyFiles,
} from '../messages.ts'
import { KeptProcess } from './kept-process.ts'

const MESSAGE_FRAME_BYTES_MAX = 2 * 1024 * 1024

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
  readonly #process: KeptProcess
  #policy: Uint8Array | null = null
  /** The process that was told of it. */
  #toldPid: number | null = null

  constructor({ entry, args, readFolders, folder, serverPort, onMessage }: FetcherProcessOptions) {
    this.#process = new KeptProcess({
      spawn: { profile: 'fetcher', entry, args, readFolders, writeFolders: [folder], connectPorts: [serverPort] },
      frameBytesMax: MESSAGE_FRAME_BYTES_MAX,
      onFrame(frame) {
        if (frame.type !== FRAME.MESSAGE) throw new Error('a frame that fetchers do not send')
        onMessage(parseFetcherMessage(frame.payload))
      },
    })
  }

  /** Each process hears of them before its first report, and again when they change. */
  policy(files: PolicyFiles): void {
    this.#policy = encodePolicyFiles(files)
    this.#toldPid = null
  }

  /** A report is cumulative: one may be left out while the fetcher is down or slow. */
  report(report: HostReport): void {
    if (this.#policy && this.#toldPid !== this.#process.pid) {
      if (!this.#process.write(this.#policy)) return
      this.#toldPid = this.#process.pid
    }
    this.#process.write(encodeMessage(report))
  }

  upload(lines: Uint8Array, count: number): void {
    this.#process.write(encodeFrame({ type: FRAME.SPOOL, count, payload: lines }))
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
