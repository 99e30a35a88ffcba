import { RULE, RULE_WORDS, type VerifiedImage } from '@firebreak/content'
import type { Version, WallMs } from '@firebreak/kernel'
import { checkContract, type EngineContract } from './contract.ts'
import { fieldText, truncate } from './event-view.ts'
import { EVENT_FIELDS_MAX, type HostEvent } from './events.ts'
import { IndicatorIndex } from './indicators.ts'
import { Interpreter } from './interpreter.ts'
import { Routes } from './routes.ts'
import { item, word } from './trap.ts'

/** What the engine says about one event. The shape is that of a detection record on the wire, without its sequence. */
export interface Detection {
  /** The rule's UUID, or `indicator/TYPE`. */
  readonly ruleId: string
  readonly title: string
  readonly level: string
  readonly tags: readonly string[]
  readonly pack: string
  readonly version: Version
  readonly category: string
  readonly timeMs: WallMs
  /** The event's fields, as text; absent ones left out. */
  readonly fields: readonly { readonly field: string; readonly value: string }[]
  /** The fields whose predicates held on the way to the match. */
  readonly matched: readonly string[]
}

export interface EngineCounters {
  readonly events: number
  readonly detections: number
  /** Field values that were longer than FIELD_CHARS_MAX and were read only so far. */
  readonly fieldsTruncated: number
}

export interface Engine {
  /** In the order of the image: rules by id, then indicators. No event makes it throw, loop or read outside a table. */
  evaluate(event: HostEvent): readonly Detection[]
  counters(): EngineCounters
}

const TITLE_CHARS_MAX = 256
/** An indicator list names what is known to be bad. */
const INDICATOR_LEVEL = 'high'
const NOTHING: readonly Detection[] = []

/**
 * Makes a verified image ready to judge events.
 *
 * @throws DetectError as checkContract does: an image that this engine can't serve is never activated
 */
export function createEngine(image: VerifiedImage, contract: EngineContract): Engine {
  checkContract(image, contract)
  return new ImageEngine(image)
}

class ImageEngine implements Engine {
  readonly #image: VerifiedImage
  readonly #interpreter: Interpreter
  readonly #routes: Routes
  readonly #indicators: IndicatorIndex
  #events = 0
  #detections = 0

  constructor(image: VerifiedImage) {
    this.#image = image
    this.#interpreter = new Interpreter(image.tables)
    this.#routes = new Routes(image.tables)
    this.#indicators = new IndicatorIndex(image.tables)
  }

  evaluate(event: HostEvent): readonly Detection[] {
    this.#events++
    this.#interpreter.begin(event)
    let detections: Detection[] | null = null
    for (const rule of this.#routes.rulesFor(event.category, event.product)) {
      const matched = this.#interpreter.judge(rule)
      if (matched !== null) (detections ??= []).push(this.#ruleDetection(rule, event, matched))
    }
    for (const hit of this.#indicators.find(event)) {
      const title = `Indicator ${hit.value}${hit.description === '' ? '' : `: ${hit.description}`}`
      const rule = { ruleId: `indicator/${hit.type}`, title: title.slice(0, TITLE_CHARS_MAX), level: INDICATOR_LEVEL }
      ;(detections ??= []).push(this.#detection({ ...rule, tags: [] }, event, [hit.field]))
    }
    this.#detections += detections?.length ?? 0
    return detections ?? NOTHING
  }

  counters(): EngineCounters {
    return { events: this.#events, detections: this.#detections, fieldsTruncated: this.#interpreter.truncated }
  }

  #ruleDetection(rule: number, event: HostEvent, matched: readonly string[]): Detection {
    const { rules, tags } = this.#image.tables
    const at = rule * RULE_WORDS
    const firstTag = word(rules, at + RULE.firstTag, 'rules')
    const tagCount = word(rules, at + RULE.tagCount, 'rules')
    const tagTexts: string[] = []
    for (let tag = firstTag; tag < firstTag + tagCount; tag++) tagTexts.push(this.#string(word(tags, tag, 'tags')))
    const text = (place: number): string => this.#string(word(rules, at + place, 'rules'))
    const description = { ruleId: text(RULE.id), title: text(RULE.title), level: text(RULE.level), tags: tagTexts }
    return this.#detection(description, event, matched)
  }

  #detection(
    rule: Pick<Detection, 'ruleId' | 'title' | 'level' | 'tags'>,
    event: HostEvent,
    matched: readonly string[],
  ): Detection {
    const { pack, version, category } = this.#image
    const fields = fieldTexts(event)
    return { ...rule, pack, version, category, timeMs: event.timeMs, fields, matched }
  }

  #string(id: number): string {
    return item(this.#image.tables.strings, id, 'strings')
  }
}

function fieldTexts(event: HostEvent): Detection['fields'] {
  const texts: { field: string; value: string }[] = []
  for (const field of Object.keys(event.fields)) {
    if (texts.length === EVENT_FIELDS_MAX) break
    const value = fieldText(event, field)
    if (value !== null) texts.push({ field, value: truncate(value) })
  }
  return texts
}
