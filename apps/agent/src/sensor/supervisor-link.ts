import type { Readable, Writable } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { nullable, object, parseJson, text } from '@firebreak/kernel'
import type { TraceGrant } from '@firebreak/linux/sensor'

const FRAME_BYTES_MAX = 2 * 1024 * 1024
const ANSWER_BYTES_MAX = 4096

const traceGrant = object<TraceGrant>({ folder: nullable(text(256)), reason: nullable(text(1_024)) })

/** What the supervisor says to its sensor. */
export class SupervisorLink {
  readonly #output: Writable
  #onTraceGrant: ((grant: TraceGrant) => void) | null = null

  /** @param onEnd - the supervisor wants no more events */
  constructor(input: Readable, output: Writable, onEnd: () => void) {
    this.#output = output
    const decoder = new FrameDecoder(FRAME_BYTES_MAX)
    input.on('data', (chunk: Uint8Array) => {
      for (const frame of decoder.push(chunk)) this.#onFrame(frame)
    })
    input.on('end', onEnd)
  }

  /** Once. */
  askTraceInstance(): Promise<TraceGrant> {
    return new Promise((resolve) => {
      this.#onTraceGrant = resolve
      this.#output.write(encodeFrame({ type: FRAME.TRACE_WANTED }))
    })
  }

  #onFrame(frame: Frame): void {
    if (frame.type !== FRAME.TRACE_INSTANCE) return
    this.#onTraceGrant?.(traceGrant(parseJson(frame.payload, ANSWER_BYTES_MAX, 'trace instance'), 'trace instance'))
  }
}
