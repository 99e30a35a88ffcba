import { EventFilesError, type EventReader, type EventSink, findEventFiles, readEvents } from '@firebreak/event-files'
import type { EventFile, EventFormat } from '@firebreak/event-files'
import type { Detection } from '@firebreak/detect'
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
  scan.finish()
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
  /** Of the last event. */
  #file = ''
  #place = 0

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

  /** No event follows: what correlations waited for does not come any more. */
  finish(): void {
    this.#add(this.#plan.engine.flush())
  }

  #sink(file: string): EventSink {
    const { engine } = this.#plan
    return {
      event: (bytes, from, to, place) => {
        const detections = engine.evaluate(bytes, from, to)
        if (engine.lastRefusal !== 'ok') this.tally.addMalformed({ file, place, what: engine.lastRefusal })
        this.#file = file
        this.#place = place
        this.#add(detections)
      },
      malformed: (what, place) => this.tally.addMalformed({ file, place, what }),
    }
  }

  #add(detections: readonly Detection[]): void {
    const { onFinding } = this.#plan
    for (const detection of detections) {
      const finding = { detection, origin: { file: this.#file, place: this.#place } }
      if (this.tally.add(finding, onFinding === null)) onFinding?.(finding)
    }
  }
}
