import { FRAME, type Frame } from '@firebreak/api'
import { list, object, parseJson, text } from '@firebreak/kernel'
import type { SensorSettings } from '../sensor-settings.ts'
import { KeptProcess } from './kept-process.ts'
import { addDrops, NO_DROPS, readSensorStatus, type SensorDrops, sumDrops } from './sensor-drops.ts'

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
  /** A batch of events of one rank: opaque bytes. */
  sensed(payload: Uint8Array, count: number, rank: number): void
}

/** Keeps a sensor running. The frames pass through unread. */
export class SensorProcess {
  readonly #events: SensorEvents
  readonly #process: KeptProcess
  /** Of the runs that have ended. */
  #dropsBefore: SensorDrops = NO_DROPS
  #drops: SensorDrops = NO_DROPS

  constructor(entry: string, readFolders: readonly string[], settings: SensorSettings, events: SensorEvents) {
    this.#events = events
    this.#process = new KeptProcess({
      spawn: {
        profile: 'sensor',
        entry,
        args: [JSON.stringify(settings)],
        readFolders,
        writeFolders: [],
        connectPorts: [],
      },
      frameBytesMax: SENSED_BYTES_MAX,
      onFrame: (frame) => this.#onFrame(frame),
      onEnded: () => {
        this.#dropsBefore = this.drops
        this.#drops = NO_DROPS
      },
    })
  }

  /** Events lost before they reached the supervisor, over all runs of the sensor, as far as it could tell us. */
  get drops(): SensorDrops {
    return addDrops(this.#dropsBefore, this.#drops)
  }

  get eventsDropped(): number {
    const { kernel, queue } = this.drops
    return sumDrops(kernel) + sumDrops(queue)
  }

  stop(): Promise<void> {
    return this.#process.stop()
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.SENSOR_READY) {
      this.#events.ready(sensorReport(parseJson(frame.payload, REPORT_SIZE_BYTES_MAX, 'sensor'), 'sensor'))
    } else if (frame.type === FRAME.SENSED) {
      this.#events.sensed(frame.payload, frame.count, frame.rank)
    } else if (frame.type === FRAME.SENSOR_STATUS) {
      this.#drops = readSensorStatus(frame.payload)
    } else {
      throw new Error('a frame that sensors do not send')
    }
  }
}
