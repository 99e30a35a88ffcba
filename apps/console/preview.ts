import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'vite'
import { detection, detectionLine, detectionLines } from './src/fixture/detections.ts'
import { emptyFleet, haltedFleet, rollingFleet } from './src/fixture/fleet.ts'
import { largeFleet } from './src/fixture/large.ts'
import { FIXTURE_TOKEN, startFixtureServer } from './src/fixture/server.ts'

/** Serves the console with a scripted fleet until it is interrupted: `node preview.ts [halted|rolling|large|empty]`. */
const FLEETS = { halted: haltedFleet, rolling: rollingFleet, large: largeFleet, empty: emptyFleet }
const STATUS_EVERY_MS = 5_000

const name = process.argv[2] ?? 'halted'
if (!(name in FLEETS)) {
  console.error(`Cannot preview ${name}: choose ${Object.keys(FLEETS).join(', ')}`)
  process.exit(2)
}
const fleet = FLEETS[name as keyof typeof FLEETS]
const folder = await mkdtemp(join(tmpdir(), 'firebreak-preview-'))
await build({ root: import.meta.dirname, logLevel: 'error', build: { outDir: folder } })

const nowMs = Date.now()
const server = await startFixtureServer(folder, fleet(nowMs), name === 'empty' ? [] : detectionLines(nowMs))
let sequence = 100
const timer = setInterval(() => {
  server.send({ kind: 'status', status: fleet(Date.now()) })
  if (name !== 'empty') server.send(detectionLine('h-web-03', detection(sequence++, Date.now())))
}, STATUS_EVERY_MS)
console.log(`${server.origin}/#token=${FIXTURE_TOKEN}`)

for (const signal of ['SIGINT', 'SIGTERM'] as const) {
  process.once(signal, () => {
    clearInterval(timer)
    void server.close().then(() => rm(folder, { recursive: true, force: true }))
  })
}
