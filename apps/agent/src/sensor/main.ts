import { encodeFrame, FRAME } from '@firebreak/api'
import { jsonBytes } from '@firebreak/kernel'
import { openPipes } from '@firebreak/linux/confined'
import {
  ArgumentsFeed,
  decodeArguments,
  forbidDumps,
  openSensor,
  sealSensor,
  type SensedBatch,
  type Sensor,
  SENSOR_TIERS,
} from '@firebreak/linux/sensor'
import { readSensorSettings } from '../sensor-settings.ts'
import { OutputQueue } from './output-queue.ts'
import { SupervisorLink } from './supervisor-link.ts'

/** How often the kernel is asked what it lost, and the supervisor told when that changed. */
const STATUS_INTERVAL_MS = 1_000

/** The sensor process: the kernel's events in, frames out. It never sees content. */
forbidDumps()
const settings = readSensorSettings(process.argv[2] ?? '')
const tier = SENSOR_TIERS.find((one) => one === settings.tier)
const ownFolder = settings.files?.ownFolder ?? null
const { input, output } = openPipes()
let sensor: Sensor | null = null
let sequence = 0
let lastStatus = ''

const queue = new OutputQueue(write)
output.on('drain', () => queue.drained())

/** Only with a gate that fills it: a tier waits for what is announced. */
const heldArguments = settings.heldArguments === true ? new ArgumentsFeed() : null
let wanted: readonly string[] = []
const supervisor = new SupervisorLink(input, output, {
  onEnd: () => void end(),
  onWanted(fields) {
    wanted = fields
    sensor?.want(fields)
  },
  onArguments(payload) {
    for (const { pid, argv, bootMs } of decodeArguments(payload)) heldArguments?.put(pid, argv, bootMs)
  },
})
sensor = await openSensor({
  ...(tier && { tier }),
  files: settings.files && { ...(ownFolder !== null && { ownFolder }) },
  now: () => Date.now(),
  onBatch: (batch) => queue.push(batch),
  traceInstance: () => supervisor.askTraceInstance(),
  ...(heldArguments && { heldArguments }),
})
sensor.want(wanted)
sealSensor()
output.write(encodeFrame({ type: FRAME.SENSOR_READY, payload: jsonBytes(sensor.info) }))
setInterval(sendStatus, STATUS_INTERVAL_MS)

function write({ rank, count, bytes }: SensedBatch): boolean {
  sequence = (sequence + 1) >>> 0
  return output.write(encodeFrame({ type: FRAME.SENSED, rank, count, sequence, payload: bytes }))
}

/** What a tier changed on this host is as it was, then. */
async function end(): Promise<void> {
  try {
    await sensor?.close()
  } finally {
    process.exit(0)
  }
}

function sendStatus(): void {
  const status = { dropped: { kernel: sensor?.dropped() ?? [], queue: queue.dropped } }
  const text = JSON.stringify(status)
  if (text === lastStatus) return
  lastStatus = text
  output.write(encodeFrame({ type: FRAME.SENSOR_STATUS, payload: jsonBytes(status) }))
}
