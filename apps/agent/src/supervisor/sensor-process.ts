import { FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { list, object, parseJson, text } from '@firebreak/kernel'
import { type ConfinedProcess, spawnConfined } from '@firebreak/linux/spawn'

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
const RESTART_DELAY_MS = 500

export interface SensorEvents {
  ready(report: SensorReport): void
  /** A batch of events: opaque bytes. */
  sensed(payload: Uint8Array, count: number): void
}

/** Keeps a sensor process running. The frames pass through unread. */
export class SensorProcess {
  readonly #entry: string
  readonly #readFolders: readonly string[]
  readonly #events: SensorEvents
  #process: ConfinedProcess | null = null
  #stopped = false
  #droppedBefore = 0
  #dropped = 0

  constructor(entry: string, readFolders: readonly string[], events: SensorEvents) {
    this.#entry = entry
    this.#readFolders = readFolders
    this.#events = events
    this.#start()
  }

  /** Events lost before they reached the supervisor, over all runs of the sensor. */
  get eventsDropped(): number {
    return this.#droppedBefore + this.#dropped
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#process?.kill()
    await this.#process?.exited
  }

  #start(): void {
    const decoder = new FrameDecoder(SENSED_BYTES_MAX)
    const running = spawnConfined({
      profile: 'sensor',
      entry: this.#entry,
      args: [],
      readFolders: this.#readFolders,
      writeFolders: [],
      connectPorts: [],
    })
    this.#process = running
    running.input.on('error', () => {})
    running.output.on('error', () => {})
    running.output.on('data', (chunk: Uint8Array) => {
      try {
        for (const frame of decoder.push(chunk)) this.#onFrame(frame)
      } catch {
        running.kill() // a broken stream: start afresh
      }
    })
    void running.exited.then(() => {
      this.#droppedBefore += this.#dropped
      this.#dropped = 0
      if (!this.#stopped) setTimeout(() => this.#restart(), RESTART_DELAY_MS).unref()
    })
  }

  #restart(): void {
    if (!this.#stopped) this.#start()
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.SENSOR_READY) {
      this.#events.ready(sensorReport(parseJson(frame.payload, REPORT_SIZE_BYTES_MAX, 'sensor'), 'sensor'))
    } else if (frame.type === FRAME.SENSED) {
      this.#dropped = frame.aux
      this.#events.sensed(frame.payload, frame.count)
    }
  }
}
