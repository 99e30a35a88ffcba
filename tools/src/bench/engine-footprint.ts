/** An engine in a process of its own: what it takes to load an image and to judge a file of events. */
import { closeSync, openSync, readFileSync, readSync } from 'node:fs'
import { verifyImage } from '@firebreak/content'
import { createEngine, OPEN_CONTRACT } from '@firebreak/detect'

export interface EngineFootprint {
  /** The whole process at its largest. */
  readonly peakMiB: number
  /** What loading the image added, once garbage was gone. */
  readonly loadedMiB: number
  /** Verified and ready, for the first time in a process. */
  readonly readyMs: number
}

const MIB = 1024 * 1024
const NEWLINE = 0x0a
const PASSES = 3
/** Of events in memory at once: as a process has them that reads a pipe. */
const BUFFER_BYTES = 4 * MIB

const [image = '', events = ''] = process.argv.slice(2)
const imageBytes = readFileSync(image)
const before = process.memoryUsage().rss
const start = performance.now()
const engine = createEngine(verifyImage(imageBytes), OPEN_CONTRACT)
const readyMs = performance.now() - start
const loaded = process.memoryUsage().rss
for (let pass = 0; pass < PASSES; pass++) judgeFile(events)
const figures: EngineFootprint = {
  peakMiB: Math.round(process.resourceUsage().maxRSS / 1024),
  loadedMiB: Math.round((loaded - before) / MIB),
  readyMs: Math.round(readyMs),
}
process.stdout.write(JSON.stringify(figures))

function judgeFile(path: string): void {
  const file = openSync(path, 'r')
  const buffer = Buffer.alloc(BUFFER_BYTES)
  let kept = 0
  for (let read = -1; read !== 0;) {
    read = readSync(file, buffer, kept, buffer.length - kept, null)
    const filled = kept + read
    const end = judgeLines(buffer, filled)
    buffer.copy(buffer, 0, end, filled)
    kept = filled - end
  }
  closeSync(file)
}

/** Returns where the last line, which has no end yet, begins. */
function judgeLines(buffer: Buffer, filled: number): number {
  let from = 0
  for (let to = buffer.indexOf(NEWLINE); to >= 0 && to < filled; to = buffer.indexOf(NEWLINE, from)) {
    if (to > from) engine.evaluateJson(buffer, from, to, null)
    from = to + 1
  }
  return from
}
