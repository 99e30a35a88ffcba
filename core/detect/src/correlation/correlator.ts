import type { CorrelationRecord } from '@firebreak/content'
import { type CorrelationHit, CorrelationJudge, type JudgeCounters } from './judge.ts'
import { CORRELATOR_LIMITS, type CorrelatorLimits } from './limits.ts'
import { captureOccurrence, type Occurrence } from './occurrence.ts'
import { CorrelationPlan, isSuppressed } from './plan.ts'
import { ReorderBuffer } from './reorder-buffer.ts'

export interface CorrelatorCounters extends JudgeCounters {
  /** Events of rules that a correlation refers to. */
  readonly observed: number
  /** Dropped: they came too long after what had happened later. */
  readonly late: number
  /** Dropped: their time is none, or is too far ahead of the caller's clock. */
  readonly outOfTime: number
  /** Events judged before their time, because too many waited: an earlier one that comes now is late. */
  readonly releasedEarly: number
  /** Values that were longer than COLUMN_CHARS_MAX. */
  readonly valuesCut: number
  readonly hits: number
  /** Now. */
  readonly waiting: number
  readonly waitingBytes: number
}

const NO_HITS: readonly CorrelationHit[] = []
/** For callers that don't number their events. */
const NO_REFERENCE = -1

/**
 * Judges the correlations of a verified image over the events that its rules matched. Pure: time is that of the events. An
 * event is judged once no earlier one can come any more, so what fires is what would fire had all events come in order; see
 * docs/correlation.md for what that means exactly. Whatever is observed, it neither throws nor keeps more than its limits.
 */
export class Correlator {
  readonly #plan: CorrelationPlan
  readonly #limits: CorrelatorLimits
  readonly #judge: CorrelationJudge
  readonly #waiting = new ReorderBuffer<Occurrence>()
  #waitingBytes = 0
  #sequence = 0
  /** The latest time seen. */
  #latestMs = Number.NEGATIVE_INFINITY
  /** What is before it comes too late. */
  #floorMs = Number.NEGATIVE_INFINITY
  #clockMs = Number.POSITIVE_INFINITY
  #observed = 0
  #late = 0
  #outOfTime = 0
  #releasedEarly = 0
  #valuesCut = 0
  #hits = 0

  /** @param records - as `readCorrelationSection` accepted them */
  constructor(records: readonly CorrelationRecord[], limits: Partial<CorrelatorLimits> = {}) {
    this.#plan = new CorrelationPlan(records)
    this.#limits = { ...CORRELATOR_LIMITS, ...limits }
    this.#judge = new CorrelationJudge(records.length, this.#plan, this.#limits)
  }

  /**
   * Takes an event that matched a rule. An event that matched several is given once for each, in the order of the rules.
   *
   * @param rule - its number in the image
   * @param timeMs - of the event
   * @param valueOf - the text of a field of the event, null when absent or null; called before this returns, never later
   * @param reference - the caller's own number of the event, for hits to name
   * @returns the hits that can be told now, of this event or of earlier ones, in the order of their time
   */
  observe(
    rule: number,
    timeMs: number,
    valueOf: (field: number) => string | null,
    reference: number = NO_REFERENCE,
  ): readonly CorrelationHit[] {
    if (this.#plan.ofRule(rule).length === 0) return NO_HITS
    this.#observed++
    if (!Number.isFinite(timeMs) || timeMs > this.#clockMs + this.#limits.aheadMsMax) {
      this.#outOfTime++
      return NO_HITS
    }
    if (timeMs < this.#floorMs) {
      this.#late++
      return NO_HITS
    }
    const event = { timeMs, sequence: this.#sequence++, rule, reference }
    const occurrence = captureOccurrence(event, this.#plan.fieldsOf(rule), valueOf)
    this.#valuesCut += occurrence.valuesCut
    this.#waiting.push(occurrence)
    this.#waitingBytes += occurrence.bytes
    return this.#passTime(timeMs)
  }

  /**
   * Lets time pass without an event, so that the last ones of a quiet host don't wait.
   *
   * @param clockMs - the time now, on the clock that times the events
   */
  advance(clockMs: number): readonly CorrelationHit[] {
    if (!Number.isFinite(clockMs)) return NO_HITS
    this.#clockMs = clockMs
    return this.#passTime(clockMs)
  }

  /** Judges all that waits: the end of a file of events. Whatever is earlier than that comes too late from then on. */
  flush(): readonly CorrelationHit[] {
    return this.#release(Number.POSITIVE_INFINITY)
  }

  /** Whether detections of a rule are not to be reported by themselves: correlations refer to it and none says `generate`. */
  suppresses(rule: number): boolean {
    return isSuppressed(this.#plan.ofRule(rule))
  }

  counters(): CorrelatorCounters {
    return {
      ...this.#judge.counters(),
      observed: this.#observed,
      late: this.#late,
      outOfTime: this.#outOfTime,
      releasedEarly: this.#releasedEarly,
      valuesCut: this.#valuesCut,
      hits: this.#hits,
      waiting: this.#waiting.size,
      waitingBytes: this.#waitingBytes,
    }
  }

  #passTime(timeMs: number): readonly CorrelationHit[] {
    this.#latestMs = Math.max(this.#latestMs, timeMs)
    const dueMs = this.#latestMs - this.#limits.latenessMs
    this.#floorMs = Math.max(this.#floorMs, dueMs)
    return this.#release(dueMs)
  }

  #release(dueMs: number): readonly CorrelationHit[] {
    let hits: CorrelationHit[] | null = null
    for (;;) {
      const { earliest } = this.#waiting
      if (earliest === null) break
      const isEarly = earliest.timeMs > dueMs
      if (isEarly && this.#waitingBytes <= this.#limits.waitingBytesMax) break
      this.#waiting.pop()
      this.#waitingBytes -= earliest.bytes
      if (isEarly) this.#releasedEarly++
      this.#floorMs = Math.max(this.#floorMs, earliest.timeMs)
      this.#judge.judge(earliest, (hits ??= []))
    }
    this.#hits += hits?.length ?? 0
    return hits ?? NO_HITS
  }
}
