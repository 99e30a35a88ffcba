import { encodeFrame, FRAME } from '@firebreak/api'
import { jsonBytes, utf8Encode } from '@firebreak/kernel'
import { openPipes } from '@firebreak/linux/confined'
import { openSensor, type Sensor } from '@firebreak/linux/sensor'

/** The sensor process: the kernel's events in, frames out. It never sees content. */
const { input, output } = openPipes()
let sensor: Sensor | null = null
let sequence = 0

/** Frames that wait in memory when the supervisor is slow; beyond it events are dropped and counted. */
const OUTPUT_BYTES_MAX = 8 * 1024 * 1024
let droppedHere = 0

sensor = await openSensor({
  now: () => Date.now(),
  onEvents(events) {
    if (events.length === 0) return
    if (output.writableLength > OUTPUT_BYTES_MAX) {
      droppedHere += events.length
      return
    }
    const dropped = (sensor?.dropped() ?? 0) + droppedHere
    sequence++
    output.write(
      encodeFrame({
        type: FRAME.SENSED,
        count: events.length,
        sequence,
        aux: dropped >>> 0,
        payload: utf8Encode(JSON.stringify(events)),
      }),
    )
  },
})
output.write(encodeFrame({ type: FRAME.SENSOR_READY, payload: jsonBytes(sensor.info) }))
input.on('end', () => process.exit(0))
input.resume()
