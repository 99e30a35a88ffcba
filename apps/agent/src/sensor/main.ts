import { encodeFrame, FRAME } from '@firebreak/api'
import { DetectError, type HostEvent, RecordBatchWriter } from '@firebreak/detect/records'
import { jsonBytes } from '@firebreak/kernel'
import { openPipes } from '@firebreak/linux/confined'
import { openSensor, type Sensor } from '@firebreak/linux/sensor'

/** The sensor process: the kernel's events in, frames out. It never sees content. */
const { input, output } = openPipes()
let sensor: Sensor | null = null
let sequence = 0

/** Frames that wait in memory when the supervisor is slow; beyond it events are dropped and counted. */
const OUTPUT_BYTES_MAX = 8 * 1024 * 1024
let droppedHere = 0

const writer = new RecordBatchWriter()

/** @returns whether the batch has it; it has not when no record could hold it */
function add(event: HostEvent): boolean {
  try {
    writer.add(event)
    return true
  } catch (error) {
    if (!(error instanceof DetectError)) throw error
    droppedHere++
    return false
  }
}

sensor = await openSensor({
  now: () => Date.now(),
  onEvents(events) {
    if (output.writableLength > OUTPUT_BYTES_MAX) {
      droppedHere += events.length
      return
    }
    const count = events.filter(add).length
    if (count === 0) return
    const dropped = (sensor?.dropped() ?? 0) + droppedHere
    sequence++
    output.write(encodeFrame({ type: FRAME.SENSED, count, sequence, aux: dropped >>> 0, payload: writer.finish() }))
  },
})
output.write(encodeFrame({ type: FRAME.SENSOR_READY, payload: jsonBytes(sensor.info) }))
input.on('end', () => process.exit(0))
// The supervisor is gone, and who reads no events needs no sensor.
output.on('error', () => process.exit(0))
input.resume()
