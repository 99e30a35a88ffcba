import { type Detection, eventTimeMs } from '@firebreak/detect'
import { type Level, levelOf, LEVELS, rankOf } from './levels.ts'

/** Detections that are kept for a report; all are counted. One rule that matches everything hides no other. */
export const DETECTIONS_KEPT_MAX = 100_000
export const DETECTIONS_KEPT_OF_RULE_MAX = 10_000
/** Places of malformed parts that are named; all are counted. */
export const PLACES_KEPT_MAX = 100

/** Where the event lies; of a correlation, the event by which it came to light. */
export interface Origin {
  readonly file: string
  /** Line, from 1; of EVTX the number of the record. */
  readonly place: number
}

export interface Finding {
  readonly detection: Detection
  readonly origin: Origin
}

export interface RuleTally {
  readonly ruleId: string
  readonly title: string
  readonly level: Level
  readonly tags: readonly string[]
  count: number
  /** Null while no detection of it had a time. */
  firstMs: number | null
  lastMs: number | null
}

export interface MalformedPlace extends Origin {
  readonly what: string
}

/** Counts what a scan finds, and keeps as much of it as a report can show. */
export class Tally {
  readonly findings: Finding[] = []
  readonly malformedPlaces: MalformedPlace[] = []
  readonly byLevel: Record<Level, number> = { informational: 0, low: 0, medium: 0, high: 0, critical: 0 }
  readonly #rules = new Map<string, RuleTally>()
  readonly #rankMin: number
  detections = 0
  /** Under the level that was asked for: not among the detections. */
  belowLevel = 0
  malformed = 0
  firstMs: number | null = null
  lastMs: number | null = null

  constructor(level: Level) {
    this.#rankMin = rankOf(level)
  }

  /** @returns whether it counts: false when it is below the level */
  add(finding: Finding, keep: boolean): boolean {
    const { detection } = finding
    const level = levelOf(detection.level)
    if (rankOf(level) < this.#rankMin) {
      this.belowLevel++
      return false
    }
    this.detections++
    this.byLevel[level]++
    const rule = this.#ruleOf(detection, level)
    rule.count++
    const timeMs = eventTimeMs(detection)
    if (timeMs > 0) {
      widen(rule, timeMs)
      widen(this, timeMs)
    }
    if (keep && rule.count <= DETECTIONS_KEPT_OF_RULE_MAX && this.findings.length < DETECTIONS_KEPT_MAX) {
      this.findings.push(finding)
    }
    return true
  }

  addMalformed(place: MalformedPlace): void {
    this.malformed++
    if (this.malformedPlaces.length < PLACES_KEPT_MAX) this.malformedPlaces.push(place)
  }

  /** The most severe first, of those the most frequent. */
  rules(): readonly RuleTally[] {
    return [...this.#rules.values()].toSorted(
      (a, b) => rankOf(b.level) - rankOf(a.level) || b.count - a.count || (a.title < b.title ? -1 : 1),
    )
  }

  /** The highest level that was found. */
  worst(): Level | null {
    return LEVELS.findLast((level) => this.byLevel[level] > 0) ?? null
  }

  #ruleOf({ ruleId, title, tags }: Detection, level: Level): RuleTally {
    const known = this.#rules.get(ruleId)
    if (known !== undefined) return known
    const rule: RuleTally = { ruleId, title, level, tags, count: 0, firstMs: null, lastMs: null }
    this.#rules.set(ruleId, rule)
    return rule
  }
}

function widen(span: { firstMs: number | null; lastMs: number | null }, timeMs: number): void {
  span.firstMs = Math.min(span.firstMs ?? timeMs, timeMs)
  span.lastMs = Math.max(span.lastMs ?? timeMs, timeMs)
}
