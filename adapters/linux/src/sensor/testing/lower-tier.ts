/**
 * One tier in a process of its own, until its input ends; then it is closed in order. Writes JSON lines: what it is and
 * holds in the kernel, each event, and at the end what it lost and what of it is left. Arguments: the tier, and arguments to
 * put into its feed for a pid, as they come over its input: `PID ARGUMENT...`.
 */
import { existsSync, readdirSync } from 'node:fs'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { ArgumentsFeed } from '../arguments-feed.ts'
import { openSensor } from '../sensor.ts'
import { SENSOR_TIERS } from '../tier.ts'
import { readBatch } from './read-batch.ts'

const INSTANCES = '/sys/kernel/tracing/instances'
const instances = (): readonly string[] => (existsSync(INSTANCES) ? readdirSync(INSTANCES) : [])

const tier = SENSOR_TIERS.find((one) => one === process.argv[2])
const say = (what: unknown): boolean => process.stdout.write(`${JSON.stringify(what)}\n`)
const heldArguments = new ArgumentsFeed()
const sensor = await openSensor({
  ...(tier && { tier }),
  files: null,
  heldArguments,
  now: Date.now,
  onBatch: ({ bytes }) => readBatch(bytes).forEach(say),
})
say({ info: sensor.info, instances: instances() })
for await (const _ of createInterface({ input: process.stdin }));
await sensor.close()
say({ dropped: sensor.dropped(), instances: instances() })
