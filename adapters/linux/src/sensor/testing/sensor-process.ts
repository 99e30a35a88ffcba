/** A sensor in a process of its own. Arguments: the descriptor to write to, and the tier, or nothing for the best. */
import { Socket } from 'node:net'
import process from 'node:process'
import { openSensor } from '../sensor.ts'
import { readBatch } from './read-batch.ts'
import { SENSOR_TIERS } from '../tier.ts'

const [descriptor = '1', wanted] = process.argv.slice(2)
const output = new Socket({ fd: Number(descriptor), readable: false, writable: true })
const tier = SENSOR_TIERS.find((one) => one === wanted)
const say = (what: unknown): boolean => output.write(`${JSON.stringify(what)}\n`)
const sensor = await openSensor({
  ...(tier && { tier }),
  now: Date.now,
  onBatch: ({ bytes }) => readBatch(bytes).forEach(say),
})
say(sensor.info)
