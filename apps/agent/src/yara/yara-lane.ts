import type { YaraSource } from '@firebreak/yara'
import { type LaneEnd, LaneProcess } from './lane-process.ts'
import { LaneQueue, type Offer, type QueueLimits, SKIP_REASONS, type SkipReason } from './lane-queue.ts'
import { type LaneReady, type LaneVerdict, MATCHES_PER_FILE_MAX } from './messages.ts'
import { openRegularFile } from './read-file.ts'

export interface LaneLimits extends QueueLimits {
  /** A larger file is not read. At most FILE_BYTES_CEILING. */
  readonly fileBytesMax: number
  /** CPU time for one file, in milliseconds. */
  readonly timeMs: number
}

/** No larger file can be asked for: it goes through one frame, and memory holds it several times. */
export const FILE_BYTES_CEILING = 60 * 1024 * 1024

/** Of an agent that also has other things to do: 10 % of one core. */
export const LANE_LIMITS: LaneLimits = {
  filesMax: 4_096,
  pathCharsMax: 4 * 1024 * 1024,
  cpuMsPerMinute: 6_000,
  fileBytesMax: 16 * 1024 * 1024,
  timeMs: 2_000,
}

/** After so many deaths in a row, without one verdict between them, the lane stays down for a while. */
const DEATHS_IN_A_ROW_MAX = 3
const REST_MS = 30_000

export type FileResult =
  | { readonly kind: 'scanned'; readonly path: string; readonly verdict: LaneVerdict; readonly remembered: boolean }
  | { readonly kind: 'skipped'; readonly path: string; readonly reason: SkipReason }

export interface LaneCounts {
  readonly scanned: number
  /** Of `scanned`, those with a match. */
  readonly matched: number
  /** Of `scanned`, those whose verdict was known from before. */
  readonly remembered: number
  readonly coalesced: number
  readonly skipped: Readonly<Record<SkipReason, number>>
  /** Processes that ended and were replaced. */
  readonly restarts: number
}

export interface YaraLaneOptions {
  readonly entry: string
  readonly readFolders: readonly string[]
  readonly sources: readonly YaraSource[]
  readonly limits: LaneLimits
  readonly onResult: (result: FileResult) => void
}

/**
 * The slow lane: paths in, results out, one file at a time, within a budget. Reads files here and never looks into them;
 * what does is a confined process that this class starts, watches and replaces.
 */
export class YaraLane {
  readonly #options: YaraLaneOptions
  readonly #queue: LaneQueue<LaneVerdict | LaneEnd>
  #process: LaneProcess | null = null
  #restingUntilMs = 0
  #deathsInARow = 0
  #working: Promise<void> | null = null
  #stopped = false
  #wake: () => void = () => {}
  readonly #counts = { scanned: 0, matched: 0, remembered: 0, coalesced: 0, restarts: -1 }
  readonly #skipped = Object.fromEntries(SKIP_REASONS.map((reason) => [reason, 0])) as Record<SkipReason, number>

  constructor(options: YaraLaneOptions) {
    this.#options = options
    this.#queue = new LaneQueue(options.limits)
  }

  /** Starts the process and compiles the rules; what they say is the same each time. */
  async start(): Promise<LaneReady | LaneEnd> {
    const answer = await this.#spawn()
    return typeof answer === 'string' ? answer : answer.ready
  }

  /** The seam for events: a path that was written or executed. Never blocks, never throws. */
  submit(path: string): Offer {
    const offer = this.#queue.offer(path, performance.now())
    if (offer === 'coalesced') this.#counts.coalesced++
    else if (offer !== 'queued') this.#skip(path, offer)
    else if (!this.#stopped) this.#working ??= this.#work()
    return offer
  }

  counts(): LaneCounts {
    return { ...this.#counts, restarts: Math.max(0, this.#counts.restarts), skipped: { ...this.#skipped } }
  }

  /** The process that scans, for those who measure it. */
  get pid(): number | null {
    return this.#process?.pid ?? null
  }

  /** Resolves when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#working) await this.#working
  }

  async stop(): Promise<void> {
    this.#stopped = true
    this.#wake()
    await this.#process?.stop()
    await this.#working
  }

  async #work(): Promise<void> {
    for (;;) {
      const next = this.#stopped ? { kind: 'empty' as const } : this.#queue.next(performance.now())
      if (next.kind === 'empty') break
      if (next.kind === 'wait') await this.#sleep(next.forMs)
      else await this.#file(next.path)
    }
    this.#working = null
  }

  #sleep(forMs: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, forMs)
      this.#wake = () => {
        clearTimeout(timer)
        resolve()
      }
    })
  }

  async #file(path: string): Promise<void> {
    const opened = await openRegularFile(path, this.#options.limits.fileBytesMax)
    if (opened.kind === 'skipped') return this.#skip(path, opened.reason)
    try {
      const known = this.#queue.recall(opened.identity)
      if (known !== undefined) return this.#report(path, known, true)
      const content = await opened.read()
      if (content.kind === 'skipped') return this.#skip(path, content.reason)
      const lane = await this.#living()
      if (lane === null) return this.#skip(path, 'lane-died')
      const verdict = await this.#scan(lane, content.bytes)
      // Also a death: a file that hangs or kills the lane does so once, and again only when it was changed.
      if (content.steady && !this.#stopped) this.#queue.remember(opened.identity, verdict)
      this.#report(path, verdict, false)
    } finally {
      await opened.close()
    }
  }

  async #living(): Promise<LaneProcess | null> {
    if (this.#process?.isAlive === true) return this.#process
    const spawned = await this.#spawn()
    return typeof spawned === 'string' ? null : spawned.lane
  }

  async #scan(lane: LaneProcess, bytes: Uint8Array): Promise<LaneVerdict | LaneEnd> {
    const beforeMs = await lane.cpuMs()
    const startedMs = performance.now()
    const verdict = await lane.scan(bytes)
    const afterMs = await lane.cpuMs()
    // A process that is gone has taken its clock along: its wall time is the most that it can have used.
    const usedMs = beforeMs === null || afterMs === null ? performance.now() - startedMs : afterMs - beforeMs
    this.#queue.spend(usedMs, performance.now())
    if (typeof verdict === 'string') this.#deathsInARow++
    else this.#deathsInARow = 0
    return typeof verdict !== 'string' && verdict.outcome === 'timed-out' ? 'timed-out' : verdict
  }

  async #spawn(): Promise<{ lane: LaneProcess; ready: LaneReady } | LaneEnd> {
    const nowMs = performance.now()
    if (this.#stopped || nowMs < this.#restingUntilMs) return 'lane-died'
    if (this.#deathsInARow >= DEATHS_IN_A_ROW_MAX) {
      this.#deathsInARow = 0
      this.#restingUntilMs = nowMs + REST_MS
      return 'lane-died'
    }
    const { entry, readFolders, sources, limits } = this.#options
    this.#counts.restarts++
    try {
      const rules = { sources, limits: { timeMs: limits.timeMs, matchesMax: MATCHES_PER_FILE_MAX } }
      const lane = new LaneProcess(entry, readFolders, rules)
      this.#process = lane
      const ready = await lane.ready
      this.#queue.spend((await lane.cpuMs()) ?? performance.now() - nowMs, performance.now())
      if (typeof ready !== 'string') return { lane, ready }
      this.#deathsInARow++
      return ready
    } catch {
      this.#deathsInARow++
      return 'lane-died' // this host has no process for us right now
    }
  }

  #report(path: string, verdict: LaneVerdict | LaneEnd, remembered: boolean): void {
    if (typeof verdict === 'string') return this.#skip(path, verdict)
    this.#counts.scanned++
    if (remembered) this.#counts.remembered++
    if (verdict.matches.length > 0) this.#counts.matched++
    this.#options.onResult({ kind: 'scanned', path, verdict, remembered })
  }

  #skip(path: string, reason: SkipReason): void {
    this.#skipped[reason]++
    this.#options.onResult({ kind: 'skipped', path, reason })
  }
}
