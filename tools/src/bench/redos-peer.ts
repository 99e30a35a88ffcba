/** Runs in a thread of its own, which is ended when it takes too long: JavaScript's RegExp on growing texts. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads'

export interface PeerTask {
  readonly source: string
  readonly flags: string
  readonly texts: readonly Uint8Array[]
  readonly sizes: readonly number[]
}

/** The size that comes next; then what the dearest text of it took. */
export type PeerReport = { readonly size: number; readonly worstMs: number | null }

if (parentPort !== null) run(workerData as PeerTask, parentPort)

function run({ source, flags, texts, sizes }: PeerTask, port: MessagePort): void {
  const report = (message: PeerReport): void => {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a port has no origin
    port.postMessage(message)
  }
  const expression = new RegExp(source, flags)
  for (const size of sizes) {
    let worstMs = 0
    for (const bytes of texts) {
      const text = new TextDecoder().decode(bytes.subarray(0, size))
      report({ size, worstMs: null })
      const before = performance.now()
      expression.test(text)
      worstMs = Math.max(worstMs, performance.now() - before)
    }
    report({ size, worstMs })
  }
}
