/**
 * The real, confined sensor of one tier, kept as the supervisor keeps it, until the input ends. Writes JSON lines: what
 * the sensor says it is, with the trace instances there are; how many events came; and at the end what is left.
 * Argument: the tier.
 */
import { existsSync, readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import path from 'node:path'
import process from 'node:process'
import { SensorProcess } from '../supervisor/sensor-process.ts'

const INSTANCES = '/sys/kernel/tracing/instances'
const ours = (): readonly string[] =>
  (existsSync(INSTANCES) ? readdirSync(INSTANCES) : []).filter((name) => name.startsWith(`firebreak-${process.pid}-`))

const say = (what: unknown): boolean => process.stdout.write(`${JSON.stringify(what)}\n`)
const repository = path.resolve(import.meta.dirname, '../../../..')
const entry = fileURLToPath(import.meta.resolve('../sensor/main.ts'))
const sensor = new SensorProcess(
  entry,
  [repository],
  { tier: process.argv[2] ?? null, files: null },
  {
    ready: ({ tier, reason }) => say({ tier, reason, instances: ours() }),
    sensed: (_, count) => say({ sensed: count }),
  },
)
process.stdin.resume().on('end', () => {
  void sensor.stop().then(() => say({ instances: ours() }))
})
