import { encodeFrame, FRAME } from '@firebreak/api'
import { encodeMessage, type FetcherMessage, type HostReport, parseFetcherMessage } from '../messages.ts'
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

  /** A report is cumulative: one may be left out while the fetcher is down or slow. */
  report(report: HostReport): void {
    this.#process.write(encodeMessage(report))
  }

  upload(lines: Uint8Array, count: number): void {
    this.#process.write(encodeFrame({ type: FRAME.SPOOL, count, payload: lines }))
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }
}
