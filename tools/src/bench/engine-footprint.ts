/** An engine in a process of its own: what it takes to load an image and to judge a file of events. */
import { readFileSync } from 'node:fs'
import { verifyImage } from '@firebreak/content'
import { createEngine, OPEN_CONTRACT } from '@firebreak/detect'

export interface EngineFootprint {
  /** The whole process at its largest, the events' file in memory included. */
  readonly peakMiB: number
  /** What loading the image added, once garbage was gone. */
  readonly loadedMiB: number
  /** Verified and ready, for the first time in a process. */
  readonly readyMs: number
}

const MIB = 1024 * 1024
const NEWLINE = 0x0a
const PASSES = 3

const [image = '', events = ''] = process.argv.slice(2)
const bytes = readFileSync(events)
const imageBytes = readFileSync(image)
const before = process.memoryUsage().rss
const start = performance.now()
const engine = createEngine(verifyImage(imageBytes), OPEN_CONTRACT)
const readyMs = performance.now() - start
const loaded = process.memoryUsage().rss
for (let pass = 0; pass < PASSES; pass++) {
  for (let from = 0, to = 0; from < bytes.length; from = to + 1) {
    to = bytes.indexOf(NEWLINE, from)
    if (to < 0) to = bytes.length
    if (to > from) engine.evaluateJson(bytes, from, to, null)
  }
}
const figures: EngineFootprint = {
  peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  loadedMiB: Math.round((loaded - before) / MIB),
  readyMs: Math.round(readyMs),
}
process.stdout.write(JSON.stringify(figures))
