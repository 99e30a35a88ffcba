import { FRAME, type Frame } from '@firebreak/api'
import { list, object, parseJson, text } from '@firebreak/kernel'
import { KeptProcess } from './kept-process.ts'

/** What the sensor says of itself in its first frame. */
export interface SensorReport {
  readonly tier: string
  readonly categories: readonly string[]
  /** Why no better tier; '' at the best. */
  readonly reason: string
}

const sensorReport = object<SensorReport>({ tier: text(32), categories: list(text(64), 16), reason: text(1_024) })
const REPORT_SIZE_BYTES_MAX = 16_384
const SENSED_BYTES_MAX = 16 * 1024 * 1024

export interface SensorEvents {
  ready(report: SensorReport): void
  /** A batch of events: opaque bytes. */
  sensed(payload: Uint8Array, count: number): void
}

/** Keeps a sensor running. The frames pass through unread. */
export class SensorProcess {
  readonly #events: SensorEvents
  readonly #process: KeptProcess
  #droppedBefore = 0
  #dropped = 0

  constructor(entry: string, readFolders: readonly string[], events: SensorEvents) {
    this.#events = events
    this.#process = new KeptProcess({
      spawn: { profile: 'sensor', entry, args: [], readFolders, writeFolders: [], connectPorts: [] },
      frameBytesMax: SENSED_BYTES_MAX,
      onFrame: (frame) => this.#onFrame(frame),
      onEnded: () => {
        this.#droppedBefore += this.#dropped
        this.#dropped = 0
      },
    })
  }

  /** Events lost before they reached the supervisor, over all runs of the sensor, as far as it could tell us. */
  get eventsDropped(): number {
    return this.#droppedBefore + this.#dropped
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.SENSOR_READY) {
      this.#events.ready(sensorReport(parseJson(frame.payload, REPORT_SIZE_BYTES_MAX, 'sensor'), 'sensor'))
    } else if (frame.type === FRAME.SENSED) {
      this.#dropped = Math.max(this.#dropped, frame.aux)
      this.#events.sensed(frame.payload, frame.count)
    } else {
      throw new Error('a frame that sensors do not send')
    }
  }
}
