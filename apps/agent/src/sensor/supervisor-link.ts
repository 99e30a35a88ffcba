import type { Readable, Writable } from 'node:stream'
import { encodeFrame, FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { list, nullable, object, parseJson, text } from '@firebreak/kernel'
import type { TraceGrant } from '@firebreak/linux/sensor'

const FRAME_BYTES_MAX = 2 * 1024 * 1024
const ANSWER_BYTES_MAX = 4096

const wanted = object<{ readonly fields: readonly string[] }>({ fields: list(text(64), 16) })
const traceGrant = object<TraceGrant>({ folder: nullable(text(256)), reason: nullable(text(1_024)) })

export interface LinkEvents {
  /** The supervisor wants no more events. */
  onEnd(): void
  /** Fields to fill in from now on. */
  onWanted(fields: readonly string[]): void
  /** Arguments that the exec gate read while callers were held: opaque. */
  onArguments(payload: Uint8Array): void
}

/** What the supervisor says to its sensor. */
export class SupervisorLink {
  readonly #output: Writable
  readonly #events: LinkEvents
  #onTraceGrant: ((grant: TraceGrant) => void) | null = null

  constructor(input: Readable, output: Writable, events: LinkEvents) {
    this.#output = output
    this.#events = events
    const decoder = new FrameDecoder(FRAME_BYTES_MAX)
    input.on('data', (chunk: Uint8Array) => {
      for (const frame of decoder.push(chunk)) this.#onFrame(frame)
    })
    input.on('end', () => events.onEnd())
  }

  /** Once. */
  askTraceInstance(): Promise<TraceGrant> {
    return new Promise((resolve) => {
      this.#onTraceGrant = resolve
      this.#output.write(encodeFrame({ type: FRAME.TRACE_WANTED }))
    })
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.EXEC_ARGUMENTS) return this.#events.onArguments(frame.payload)
    if (frame.type === FRAME.SENSOR_WANTS) {
      return this.#events.onWanted(wanted(parseJson(frame.payload, ANSWER_BYTES_MAX, 'wanted'), 'wanted').fields)
    }
    if (frame.type !== FRAME.TRACE_INSTANCE) return
    this.#onTraceGrant?.(traceGrant(parseJson(frame.payload, ANSWER_BYTES_MAX, 'trace instance'), 'trace instance'))
  }
}
