import { GROUP, type LogSource, RULE, type VerifiedImage } from '@firebreak/content'
import type { WallMs } from '@firebreak/kernel'
import { checkContract, type EngineContract } from './contract.ts'
import { CorrelationStage } from './correlation-stage.ts'
import {
  EventColumns,
  eventTime,
  FieldNames,
  type JsonRefusal,
  readJsonEvent,
  RecordBatch,
  RecordBatchWriter,
  type RecordEvent,
} from './event/index.ts'
import { DetectError } from './errors.ts'
import { explain } from './explain.ts'
import { IndicatorStage } from './indicator-stage.ts'
import { Predicates } from './match/predicates.ts'
import { Programs } from './match/programs.ts'
import { RuleIndex } from './match/rule-index.ts'
import type { Detection } from './output/index.ts'
import { engineFields } from './engine-fields.ts'
import { groupSources, Router } from './router.ts'
import { item, word } from './trap.ts'
import { type TuningCounters, TuningStage } from './tuning-stage.ts'

export interface EngineCounters {
  readonly events: number
  /** Not JSON, no object, or over a limit. */
  readonly malformed: number
  /** Of no log source for which there is a rule. */
  readonly unrouted: number
  readonly detections: number
  /** Rules that were tried, because a literal of theirs showed or because they have none. */
  readonly candidates: number
  /** Field values that were longer than FIELD_BYTES_MAX and were read only so far. */
  readonly fieldsTruncated: number
  /** Nodes and predicates evaluated: what the image's declared cost bounds for each event. */
  readonly nodeVisits: number
  readonly predicateEvaluations: number
  /** Matches that the customer's tuning kept from being detections. */
  readonly suppressedByTuning: number
  /** Null without a tuning. */
  readonly tuning: TuningCounters | null
}

/** Judges events against one image. No event makes it throw, loop or read outside a table. */
export interface Engine {
  /** One JSON object from hostile bytes; `declared` says what it is, when it does not say so itself. */
  evaluateJson(bytes: Uint8Array, from: number, to: number, declared: LogSource | null): readonly Detection[]
  /** An event of a sensor; allocates, so processes hand over batches. */
  evaluate(event: RecordEvent, wanted?: Wanted): readonly Detection[]
  /** @throws DetectError detect/record-malformed | detect/record-too-large: the batch is refused as a whole */
  openBatch(bytes: Uint8Array, wanted?: Wanted): EventBatch
  /** Tells correlations the time, so that windows close without events. */
  advance(nowMs: WallMs): readonly Detection[]
  /** No event follows: what correlations held back for late ones is judged now. */
  flush(): readonly Detection[]
  counters(): EngineCounters
  /** How many events reached the rules of each log source, where any did. An event may be of several, or of none. */
  logSources(): readonly ReachedRules[]
  /** Why the last event of `evaluateJson` was refused; 'ok' when it was not. */
  readonly lastRefusal: 'ok' | JsonRefusal
}

export interface ReachedRules {
  readonly source: LogSource
  readonly events: number
}

/**
 * `detections`: what somebody is to be told. `every-match`: rules too that only serve correlations, for whoever tests rules.
 */
export type Wanted = 'detections' | 'every-match'

/** Events of one batch, judged one by one. */
export interface EventBatch {
  readonly count: number
  /** Null behind the last. @throws DetectError detect/record-malformed */
  next(): readonly Detection[] | null
}

const NOTHING: readonly Detection[] = []

/**
 * Makes a verified image ready to judge events.
 *
 * @param tuning - the customer's filters, from `verifyTuning`
 * @throws DetectError as checkContract does: an image that this engine can't serve is never activated
 * @throws ContentError content/tuning
 */
export function createEngine(
  image: VerifiedImage,
  contract: EngineContract,
  tuning: VerifiedImage | null = null,
): Engine {
  checkContract(image, contract)
  refuseOwnFilters(image)
  return new ImageEngine(image, contract, tuning)
}

/** Exceptions are the customer's: those in a pack would be nobody's, and must not be passed over in silence. */
function refuseOwnFilters({ pack, version, features }: VerifiedImage): void {
  if (!features.includes('tuning')) return
  const why = 'a pack has no tuning; its own filters are part of its rules'
  throw new DetectError('detect/unsupplied-feature', `Cannot load ${pack} ${version}: ${why}`, { feature: 'tuning' })
}

class ImageEngine implements Engine {
  readonly #image: VerifiedImage
  readonly #names: FieldNames
  readonly #columns: EventColumns
  readonly #predicates: Predicates
  readonly #programs: Programs
  readonly #index: RuleIndex
  readonly #router: Router
  readonly #indicators: IndicatorStage
  readonly #correlations: CorrelationStage
  readonly #tuning: TuningStage | null
  /** The epoch in which a rule was last tried. */
  readonly #triedIn: Int32Array
  readonly #eventsOfGroup: Float64Array
  readonly #matches: number[] = []
  #lastEpoch = 0
  #counters = { events: 0, malformed: 0, unrouted: 0, detections: 0, candidates: 0 }
  lastRefusal: 'ok' | JsonRefusal = 'ok'

  constructor(image: VerifiedImage, contract: EngineContract, tuning: VerifiedImage | null) {
    const { tables } = image
    this.#image = image
    this.#names = new FieldNames(engineFields(tables))
    this.#columns = new EventColumns(this.#names)
    const numberOf = (field: string): number => this.#names.numberOf(field)
    this.#predicates = new Predicates(tables, this.#columns)
    this.#programs = new Programs(tables, this.#predicates)
    this.#index = new RuleIndex(tables, this.#columns)
    this.#router = new Router(tables, this.#columns, numberOf)
    this.#indicators = new IndicatorStage(tables, this.#columns, numberOf)
    this.#correlations = new CorrelationStage(image, this.#columns)
    this.#tuning = tuning && new TuningStage(image, tuning, contract, this.#columns)
    this.#eventsOfGroup = new Float64Array(tables.groups.length / GROUP.words)
    this.#triedIn = new Int32Array(tables.rules.length / RULE.words)
  }

  evaluateJson(bytes: Uint8Array, from: number, to: number, declared: LogSource | null): readonly Detection[] {
    this.#counters.events++
    this.lastRefusal = readJsonEvent(this.#columns, bytes, from, to)
    if (this.lastRefusal === 'ok') return this.#judge(declared, Number.NaN)
    this.#counters.malformed++
    return NOTHING
  }

  evaluate(event: RecordEvent, wanted: Wanted = 'detections'): readonly Detection[] {
    const writer = new RecordBatchWriter()
    writer.add(event)
    return this.openBatch(writer.finish(), wanted).next() ?? NOTHING
  }

  openBatch(bytes: Uint8Array, wanted: Wanted = 'detections'): EventBatch {
    const batch = RecordBatch.open(bytes, this.#names)
    const columns = this.#columns
    return {
      count: batch.count,
      next: () => {
        if (!batch.next(columns)) return null
        this.#counters.events++
        return this.#judge(batch.sourceOf(batch.sourceId), batch.timeMs, wanted)
      },
    }
  }

  advance(nowMs: WallMs): readonly Detection[] {
    return this.#counted(this.#correlations.advance(nowMs))
  }

  flush(): readonly Detection[] {
    return this.#counted(this.#correlations.flush())
  }

  counters(): EngineCounters {
    const tuning = this.#tuning?.counters() ?? null
    return {
      ...this.#counters,
      fieldsTruncated: this.#columns.counters.truncated,
      nodeVisits: this.#programs.visits,
      predicateEvaluations: this.#predicates.evaluations,
      suppressedByTuning: tuning?.suppressed ?? 0,
      tuning,
    }
  }

  logSources(): readonly ReachedRules[] {
    return groupSources(this.#image.tables)
      .map((source, group) => ({ source, events: this.#eventsOfGroup[group] ?? 0 }))
      .filter(({ events }) => events > 0)
  }

  /** @param timeMs - NaN: the event says when it happened, or nobody knows */
  #judge(declared: LogSource | null, timeMs: WallMs, wanted: Wanted = 'detections'): readonly Detection[] {
    const columns = this.#columns
    if (columns.epoch < this.#lastEpoch) this.#forget()
    this.#lastEpoch = columns.epoch
    const route = this.#router.route(declared)
    if (route.groups.length === 0 && route.conditional.length === 0) this.#counters.unrouted++
    for (let i = 0; i < route.aliases.length; i++) {
      const alias = item(route.aliases, i, 'aliases')
      columns.alias(alias.name, alias.source)
    }
    if (route.joined !== null) columns.join(route.joined.field, route.joined.sources)
    this.#matches.length = 0
    for (let i = 0; i < route.groups.length; i++) this.#tryGroup(item(route.groups, i, 'groups'))
    for (let i = 0; i < route.conditional.length; i++) {
      const { group, field, value } = item(route.conditional, i, 'groups')
      if (this.#router.hasValue(field, value)) this.#tryGroup(group)
    }
    const hits = this.#indicators.find()
    if (this.#matches.length === 0 && hits === null) return NOTHING
    return this.#detections(hits, Number.isNaN(timeMs) ? eventTime(columns) : timeMs, declared, wanted)
  }

  /** The numbers of epochs begin again, after two thousand million events: none may meet what an old one left. */
  #forget(): void {
    this.#triedIn.fill(0)
    this.#predicates.forget()
    this.#programs.forget()
  }

  #tryGroup(group: number): void {
    this.#eventsOfGroup[group] = (this.#eventsOfGroup[group] ?? 0) + 1
    this.#index.candidates(group, this.#try)
  }

  readonly #try = (rule: number): void => {
    const { epoch } = this.#columns
    if (this.#triedIn[rule] === epoch) return
    this.#triedIn[rule] = epoch
    this.#counters.candidates++
    if (this.#programs.ruleMatches(rule)) this.#matches.push(rule)
  }

  #detections(
    hits: ReturnType<IndicatorStage['find']>,
    timeMs: WallMs,
    declared: LogSource | null,
    wanted: Wanted,
  ): readonly Detection[] {
    const image = this.#image
    const found: Detection[] = []
    const base = { ...about(image), timeMs: Number.isNaN(timeMs) ? 0 : timeMs, product: declared?.product ?? null }
    const fields = fieldsOf(this.#columns)
    this.#matches.sort((a, b) => a - b)
    for (const rule of this.#matches) {
      if (this.#tuning?.suppresses(rule, declared)) continue
      found.push(...this.#correlations.observe(rule, timeMs))
      if (wanted === 'detections' && this.#correlations.suppresses(rule)) continue
      const selections = explain(image.tables, rule, this.#programs, this.#predicates, this.#columns)
      found.push({ ...base, ...ruleOf(image, rule), selections, fields })
    }
    for (const hit of hits ?? []) found.push({ ...base, ...hit, fields })
    return this.#counted(found)
  }

  #counted(detections: readonly Detection[]): readonly Detection[] {
    this.#counters.detections += detections.length
    return detections
  }
}

function about({ pack, version, category }: VerifiedImage): Pick<Detection, 'pack' | 'version' | 'category'> {
  return { pack, version, category }
}

function ruleOf(
  { tables }: VerifiedImage,
  rule: number,
): Pick<Detection, 'ruleId' | 'title' | 'level' | 'tags' | 'custom'> {
  const at = rule * RULE.words
  const text = (place: number): string => tables.strings.text(word(tables.rules, at + place, 'rules'))
  const firstTag = word(tables.rules, at + RULE.firstTag, 'rules')
  const tagCount = word(tables.rules, at + RULE.tagCount, 'rules')
  const tags = Array.from({ length: tagCount }, (_, i) =>
    tables.strings.text(word(tables.texts, firstTag + i, 'texts')),
  )
  const custom = text(RULE.custom)
  return { ruleId: text(RULE.id), title: text(RULE.title), level: text(RULE.level), tags, custom: custom || null }
}

function fieldsOf(columns: EventColumns): Detection['fields'] {
  return columns.entries().flatMap(({ field, value }) => (value === null ? [] : [{ field, value }]))
}
