import { fileURLToPath } from 'node:url'
import { FRAME, type Frame, FrameDecoder } from '@firebreak/api'
import { EventColumns, FieldNames, RecordBatch } from '@firebreak/detect'
import { spawnConfined } from '@firebreak/linux/spawn'
import type { SensorSettings } from '../../../apps/agent/src/sensor-settings.ts'
import { type DropsByRank, readSensorStatus, sumDrops } from '../../../apps/agent/src/supervisor/sensor-drops.ts'
import { preferSensor } from '../../../apps/agent/src/supervisor/sensor-priority.ts'
import { TraceKeeper } from '../../../apps/agent/src/supervisor/trace-keeper.ts'
import { cpuMsOfProcess } from './measure.ts'

const ENTRY = fileURLToPath(new URL('../../../apps/agent/src/sensor/main.ts', import.meta.url))
const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')

/** None: every field is then read as one that no rule knows. */
const NAMES = new FieldNames([])

/** One event, as a rule would see it. */
export interface SeenEvent {
  readonly category: string | null
  readonly fields: ReadonlyMap<string, string | null>
}

/**
 * The agent's real sensor process, confined as the supervisor confines it. What it sends is only put aside while it is
 * measured, and read when `take` asks.
 */
export class BenchSensor {
  readonly #process: ReturnType<typeof spawnConfined>
  readonly #traces = new TraceKeeper()
  readonly #decoder = new FrameDecoder()
  readonly #ready: Promise<void>
  #resolveReady: () => void = () => {}
  #batches: Uint8Array[] = []
  #latest = Buffer.alloc(0)
  #waiting: (() => void) | null = null
  #kernel: DropsByRank = [0, 0, 0]
  #queue: DropsByRank = [0, 0, 0]

  constructor(settings: SensorSettings) {
    this.#ready = new Promise((resolve) => {
      this.#resolveReady = resolve
    })
    this.#process = spawnConfined({
      profile: 'sensor',
      entry: ENTRY,
      args: [JSON.stringify(settings)],
      readFolders: [ROOT],
      writeFolders: [],
      connectPorts: [],
    })
    preferSensor(this.#process.pid)
    this.#process.output.on('data', (chunk: Uint8Array) => {
      for (const frame of this.#decoder.push(chunk)) this.#onFrame(frame)
    })
  }

  /** Resolves when it watches. */
  get ready(): Promise<void> {
    return this.#ready
  }

  get cpuMs(): number {
    return cpuMsOfProcess(this.#process.pid)
  }

  /** Events that it said were lost since its start, as its last status has it: up to a second late. */
  get saidLost(): { readonly kernel: number; readonly queue: number } {
    return { kernel: sumDrops(this.#kernel), queue: sumDrops(this.#queue) }
  }

  /** Resolves when a batch with these bytes has come. */
  async hasSent(marker: string): Promise<void> {
    while (!this.#latest.includes(marker)) {
      await new Promise<void>((resolve) => {
        this.#waiting = resolve
      })
    }
  }

  /** The events since the last call. */
  take(): SeenEvent[] {
    const batches = this.#batches
    this.#batches = []
    return batches.flatMap(eventsIn)
  }

  /** Its input ends, and so does it, in order: what its tier changed on this machine is as it was. */
  async stop(): Promise<void> {
    this.#process.input.end()
    await this.#process.exited
    await this.#traces.clear()
  }

  #onFrame(frame: Frame): void {
    if (frame.type === FRAME.SENSOR_READY) return this.#resolveReady()
    if (frame.type === FRAME.TRACE_WANTED) return void this.#giveTraces()
    if (frame.type === FRAME.SENSOR_STATUS) {
      const { kernel, queue } = readSensorStatus(frame.payload)
      this.#kernel = kernel
      this.#queue = queue
    }
    if (frame.type !== FRAME.SENSED) return
    this.#batches.push(frame.payload)
    this.#latest = Buffer.from(frame.payload)
    this.#waiting?.()
  }

  async #giveTraces(): Promise<void> {
    const answer = await this.#traces.answer()
    if (answer !== null) this.#process.input.write(answer)
  }
}

function eventsIn(batch: Uint8Array): SeenEvent[] {
  const columns = new EventColumns(NAMES)
  const records = RecordBatch.open(batch, NAMES)
  const events: SeenEvent[] = []
  while (records.next(columns)) {
    const fields = new Map(columns.entries().map(({ field, value }) => [field, value]))
    events.push({ category: records.sourceOf(records.sourceId).category, fields })
  }
  return events
}
