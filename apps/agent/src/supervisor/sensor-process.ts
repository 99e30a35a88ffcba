import { encodeFrame, FRAME, type Frame } from '@firebreak/api'
import { jsonBytes, list, object, parseJson, text } from '@firebreak/kernel'
import type { SensorSettings } from '../sensor-settings.ts'
import { KeptProcess } from './kept-process.ts'
import { preferSensor } from './sensor-priority.ts'
import { TraceKeeper } from './trace-keeper.ts'
import { addDrops, NO_DROPS, readSensorStatus, type SensorDrops } from './sensor-drops.ts'

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
/** For giving Linux audit its rules and settings back; what is not done by then, the next sensor does. */
const END_GRACE_MS = 1_000

export interface SensorEvents {
  ready(report: SensorReport): void
  /** A batch of events of one rank: opaque bytes. */
  sensed(payload: Uint8Array, count: number, rank: number): void
}

/** Keeps a sensor running. The frames pass through unread. */
export class SensorProcess {
  readonly #events: SensorEvents
  readonly #process: KeptProcess
  readonly #traces = new TraceKeeper()
  /** Of the runs that have ended. */
  #dropsBefore: SensorDrops = NO_DROPS
  #drops: SensorDrops = NO_DROPS
  /** What this run of the sensor was told to fill in. */
  #told = ''

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
      endGraceMs: END_GRACE_MS,
      onStarted: ({ pid }) => preferSensor(pid),
      onFrame: (frame) => this.#onFrame(frame),
      onEnded: () => {
        this.#dropsBefore = this.drops
        this.#drops = NO_DROPS
        this.#told = ''
        void this.#traces.clear()
      },
    })
  }

  /** Events lost before they reached the supervisor, over all runs of the sensor, as far as it could tell us. */
  get drops(): SensorDrops {
    return addDrops(this.#dropsBefore, this.#drops)
  }

  /** Fields to fill in, of those that are filled in on request. To be called now and then: a new sensor has to be told again. */
  want(fields: readonly string[]): void {
    const wanted = fields.join()
    if (wanted === this.#told) return
    if (this.#process.write(encodeFrame({ type: FRAME.SENSOR_WANTS, payload: jsonBytes({ fields }) })))
      this.#told = wanted
  }

  /** What the exec gate read, unread. A sensor that is down or slow goes without. */
  takeArguments(payload: Uint8Array): void {
    this.#process.write(encodeFrame({ type: FRAME.EXEC_ARGUMENTS, payload }))
  }

  async stop(): Promise<void> {
    await this.#process.stop()
    await this.#traces.clear()
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.SENSOR_READY) {
      this.#events.ready(sensorReport(parseJson(frame.payload, REPORT_SIZE_BYTES_MAX, 'sensor'), 'sensor'))
    } else if (frame.type === FRAME.SENSED) {
      this.#events.sensed(frame.payload, frame.count, frame.rank)
    } else if (frame.type === FRAME.SENSOR_STATUS) {
      this.#drops = readSensorStatus(frame.payload)
    } else if (frame.type === FRAME.TRACE_WANTED) {
      void this.#giveTraceInstance()
    } else {
      throw new Error('a frame that sensors do not send')
    }
  }

  async #giveTraceInstance(): Promise<void> {
    const answer = await this.#traces.answer()
    if (answer !== null) this.#process.write(answer)
  }
}
