import { EventFilesError, type EventReader, type EventSink, findEventFiles, readEvents } from '@firebreak/event-files'
import type { EventFile, EventFormat } from '@firebreak/event-files'
import type { ScanEngine } from './engine.ts'
import type { Level } from './levels.ts'
import type { Progress } from './progress.ts'
import type { ScanResult, ScannedFile } from './result.ts'
import type { ScanRules } from './rules.ts'
import { type Finding, Tally } from './tally.ts'

export interface ScanPlan {
  readonly paths: readonly string[]
  readonly rules: ScanRules
  readonly engine: ScanEngine
  readonly format: EventFormat | undefined
  readonly level: Level
  readonly readEvtx: EventReader
  /** Takes each finding as it is made; null: they are kept for the end. */
  readonly onFinding: ((finding: Finding) => void) | null
  readonly progress: Progress
  readonly interrupted: AbortSignal
}

/**
 * Runs the engine over every event of every file. A file that can't be read does not keep the others from being scanned.
 *
 * @throws EventFilesError when a path is not there: the person meant something else
 */
export async function runScan(plan: ScanPlan): Promise<ScanResult> {
  const startedAt = performance.now()
  const scan = new Scan(plan)
  const found = await findEventFiles(plan.paths)
  plan.progress.begin(found)
  const files: ScannedFile[] = []
  for (const file of found) {
    if (plan.interrupted.aborted) break
    files.push(await scan.file(file))
  }
  plan.progress.end()
  return {
    rules: plan.rules,
    tally: scan.tally,
    counters: plan.engine.counters(),
    logSources: plan.engine.logSources(),
    files,
    bytes: scan.bytes,
    durationMs: performance.now() - startedAt,
    madeAtMs: Date.now(),
    isInterrupted: plan.interrupted.aborted,
  }
}

class Scan {
  readonly tally: Tally
  bytes = 0
  readonly #plan: ScanPlan

  constructor(plan: ScanPlan) {
    this.#plan = plan
    this.tally = new Tally(plan.level)
  }

  async file({ path }: EventFile): Promise<ScannedFile> {
    const { engine, format, readEvtx, interrupted } = this.#plan
    const eventsBefore = engine.counters().events
    const detectionsBefore = this.tally.detections
    const read = { format: null as EventFormat | null, problem: null as string | null }
    try {
      const onRead = (bytes: number) => this.#read(bytes)
      read.format = await readEvents(path, this.#sink(path), { format, readEvtx, onRead, signal: interrupted })
    } catch (error) {
      if (!(error instanceof EventFilesError)) throw error
      read.problem = error.message
    }
    const events = engine.counters().events - eventsBefore
    return { path, ...read, events, detections: this.tally.detections - detectionsBefore }
  }

  #read(bytes: number): void {
    this.bytes += bytes
    this.#plan.progress.tick(this.bytes, this.#plan.engine.counters().events, this.tally.detections)
  }

  #sink(file: string): EventSink {
    const { engine, onFinding } = this.#plan
    let malformed = engine.malformed()
    return {
      event: (bytes, from, to, place) => {
        for (const detection of engine.evaluate(bytes, from, to)) {
          const finding = { detection, origin: { file, place } }
          if (this.tally.add(finding, onFinding === null)) onFinding?.(finding)
        }
        const now = engine.malformed()
        if (now !== malformed) this.tally.addMalformed({ file, place, what: 'not-json' })
        malformed = now
      },
      malformed: (what, place) => this.tally.addMalformed({ file, place, what }),
    }
  }
}
