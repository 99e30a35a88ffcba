import { once } from 'node:events'
import { verifyImage } from '@firebreak/content'
import { createEngine, type Detection, type Engine, OPEN_CONTRACT } from '@firebreak/detect'
import { STANDARD_INPUT } from '@firebreak/event-files'
import { EventBatcher, type FormatName, openReader, type RefusalCounts } from '@firebreak/inputs'
import { EXIT, type ExitCode } from '../errors.ts'
import { plural } from '../plural.ts'
import type { Screen } from '../screen.ts'
import type { DeclaredSource } from './engine.ts'
import { type LineGroup, linesOfFile, linesOfInput } from './event-lines.ts'
import { type Level, rankOf } from './levels.ts'
import { findingObject } from './report/json.ts'
import { timelineLine } from './report/timeline.ts'
import { readRules, type RulesOptions } from './rules.ts'
import { type Finding, Tally } from './tally.ts'

export interface WatchOptions extends DeclaredSource, RulesOptions {
  readonly format: FormatName
  readonly level: Level
  readonly failOn?: Level
  readonly json: boolean
}

/** How often time passes for correlations while no event comes. */
const TICK_MS = 1_000

/**
 * Runs rules over events as another program writes them, and prints what matches at once.
 *
 * @returns the exit code: EXIT.ok whatever was found, EXIT.found with --fail-on
 */
export async function watch(
  path: string,
  options: WatchOptions,
  screen: Screen,
  interrupted: AbortSignal,
): Promise<ExitCode> {
  const rules = await readRules(options, screen, interrupted)
  const engine = createEngine(verifyImage(rules.image), OPEN_CONTRACT)
  const live = new Live(path, options, engine)
  screen.step(`Watching ${path === STANDARD_INPUT ? 'standard input' : path} for ${options.format} events`)
  const tick = setInterval(() => live.passTime(), TICK_MS)
  try {
    const groups = path === STANDARD_INPUT ? linesOfInput(interrupted) : linesOfFile(path, interrupted)
    for await (const group of groups) {
      live.judge(group)
      if (process.stdout.writableNeedDrain) await once(process.stdout, 'drain')
    }
  } finally {
    clearInterval(tick)
  }
  live.end()
  report(live, engine, screen, options.json)
  const worst = live.tally.worst()
  const { failOn } = options
  if (interrupted.aborted) return EXIT.interrupted
  return failOn !== undefined && worst !== null && rankOf(worst) >= rankOf(failOn) ? EXIT.found : EXIT.ok
}

/** The engine over lines as they come. */
class Live {
  readonly tally: Tally
  readonly #path: string
  readonly #engine: Engine
  readonly #batcher: EventBatcher
  readonly #line: (finding: Finding) => string
  #tooLong = 0
  /** Lines so far, and of the last event. */
  #lines = 0
  #place = 0
  /** The newest time of any event, and when it came. */
  #newestMs = 0
  #cameAt = 0

  constructor(path: string, options: WatchOptions, engine: Engine) {
    const { product = null, category = null, service = null } = options
    this.tally = new Tally(options.level)
    this.#path = path
    this.#engine = engine
    const read = openReader(options.format, { product, category, service })
    this.#batcher = new EventBatcher((line, receivedMs) => {
      const result = read(line, receivedMs)
      if (typeof result === 'object') this.#newestMs = Math.max(this.#newestMs, result.timeMs)
      return result
    })
    this.#line = options.json ? (finding) => JSON.stringify(findingObject(finding)) : (finding) => timelineLine(finding)
  }

  get refused(): RefusalCounts {
    const { refused } = this.#batcher
    return { ...refused, 'too-long': refused['too-long'] + this.#tooLong }
  }

  judge({ lines, tooLong }: LineGroup): void {
    this.#tooLong = tooLong
    const nowMs = Date.now()
    this.#cameAt = performance.now()
    const places: number[] = []
    for (const line of lines) {
      this.#lines++
      if (this.#batcher.add(line, nowMs)) places.push(this.#lines)
      if (this.#batcher.isFull) this.#finish(places)
    }
    this.#finish(places)
  }

  /** The time of the events, since those of a replay are not of now: it goes on from the newest. */
  passTime(): void {
    if (this.#newestMs === 0) return
    this.#show(this.#engine.advance(this.#newestMs + performance.now() - this.#cameAt))
  }

  /** No event follows. */
  end(): void {
    this.#show(this.#engine.flush())
  }

  #finish(places: number[]): void {
    if (places.length === 0) return
    const batch = this.#engine.openBatch(this.#batcher.finish())
    for (const place of places.splice(0)) {
      this.#place = place
      this.#show(batch.next() ?? [])
    }
  }

  #show(detections: readonly Detection[]): void {
    for (const detection of detections) {
      const finding = { detection, origin: { file: this.#path, place: this.#place } }
      if (this.tally.add(finding, false)) process.stdout.write(`${this.#line(finding)}\n`)
    }
  }
}

/** What was not looked at is said too. */
function report({ tally, refused }: Live, engine: Engine, screen: Screen, json: boolean): void {
  const { events, unrouted } = engine.counters()
  screen.done(`${plural(events, 'event')}, ${plural(tally.detections, 'detection')}`)
  if (unrouted > 0) screen.warn(`${plural(unrouted, 'event')} met no rule: none is for their log source`)
  for (const [why, lines] of Object.entries(refused)) {
    if (lines > 0) screen.warn(`${plural(lines, 'line')} skipped: ${why}`)
  }
  const { detections, belowLevel, byLevel } = tally
  if (json) screen.result({ ok: true, events, unrouted, refused, detections, belowLevel, byLevel }, [])
}
