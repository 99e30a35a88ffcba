/** Why a file was not scanned. Each is counted: what was not looked at is never silent. */
export const SKIP_REASONS = [
  'too-large',
  'queue-full',
  'over-budget', // turned away by a queue that stood still because the minute's CPU time was used up
  'timed-out', // the scan used more CPU time than a file may, or none at all for seconds
  'unreadable',
  'not-a-file', // a link, folder, pipe, socket or device
  'gone',
  'lane-died', // the process ended while it worked on this file, or could not be started
] as const
export type SkipReason = (typeof SKIP_REASONS)[number]

export interface QueueLimits {
  /** Paths that wait. Contents are not kept: a file is read when its turn comes, one at a time. */
  readonly filesMax: number
  /** UTF-16 units of all paths that wait. */
  readonly pathCharsMax: number
  /** CPU time of the lane in each minute, in milliseconds, with what it takes to load rules. */
  readonly cpuMsPerMinute: number
}

/** Verdicts that are remembered by a file's identity. */
export const REMEMBERED_MAX = 16_384
const MINUTE_MS = 60_000

export type Offer = 'queued' | 'coalesced' | 'queue-full' | 'over-budget'
export type Next =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'wait'; readonly forMs: number }
  | { readonly kind: 'empty' }

/**
 * Which file is next, and when. Pure: time is an argument, in milliseconds of a clock that never runs backwards.
 * `Verdict` is what the caller remembers of a file.
 */
export class LaneQueue<Verdict> {
  readonly #limits: QueueLimits
  /** In the order of arrival: a Set keeps it. */
  readonly #waiting = new Set<string>()
  #chars = 0
  #minuteFromMs = Number.NEGATIVE_INFINITY
  #spentMs = 0
  readonly #remembered = new Map<string, Verdict>()

  constructor(limits: QueueLimits) {
    this.#limits = limits
  }

  get length(): number {
    return this.#waiting.size
  }

  /** A path that already waits will be read when its turn comes, with what was written meanwhile. */
  offer(path: string, nowMs: number): Offer {
    if (this.#waiting.has(path)) return 'coalesced'
    const { filesMax, pathCharsMax } = this.#limits
    if (this.#waiting.size >= filesMax || this.#chars + path.length > pathCharsMax) {
      return this.#waitMs(nowMs) > 0 ? 'over-budget' : 'queue-full'
    }
    this.#waiting.add(path)
    this.#chars += path.length
    return 'queued'
  }

  next(nowMs: number): Next {
    const [path] = this.#waiting
    if (path === undefined) return { kind: 'empty' }
    const forMs = this.#waitMs(nowMs)
    if (forMs > 0) return { kind: 'wait', forMs }
    this.#waiting.delete(path)
    this.#chars -= path.length
    return { kind: 'file', path }
  }

  /** The lane used `cpuMs`; measured from outside, never as the lane says. */
  spend(cpuMs: number, nowMs: number): void {
    this.#turnMinute(nowMs)
    this.#spentMs += cpuMs
  }

  recall(identity: string): Verdict | undefined {
    return this.#remembered.get(identity)
  }

  /** The oldest are forgotten first. */
  remember(identity: string, verdict: Verdict): void {
    this.#remembered.delete(identity)
    this.#remembered.set(identity, verdict)
    const [oldest] = this.#remembered.keys()
    if (this.#remembered.size > REMEMBERED_MAX && oldest !== undefined) this.#remembered.delete(oldest)
  }

  #waitMs(nowMs: number): number {
    this.#turnMinute(nowMs)
    return this.#spentMs < this.#limits.cpuMsPerMinute ? 0 : this.#minuteFromMs + MINUTE_MS - nowMs
  }

  /** What was overspent is owed by the next minutes. */
  #turnMinute(nowMs: number): void {
    if (nowMs < this.#minuteFromMs + MINUTE_MS) return
    const minutes = Math.floor((nowMs - this.#minuteFromMs) / MINUTE_MS)
    this.#spentMs = Math.max(0, this.#spentMs - minutes * this.#limits.cpuMsPerMinute)
    this.#minuteFromMs = Number.isFinite(minutes) ? this.#minuteFromMs + minutes * MINUTE_MS : nowMs
  }
}
