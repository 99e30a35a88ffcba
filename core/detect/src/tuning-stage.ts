import { checkTuning, FILTER, GROUP, isWithin, type LogSource, RULE, type VerifiedImage } from '@firebreak/content'
import { checkContract, type EngineContract } from './contract.ts'
import { engineFields } from './engine-fields.ts'
import { EventColumns, FieldNames } from './event/index.ts'
import { Predicates } from './match/predicates.ts'
import { Programs } from './match/programs.ts'
import { Router } from './router.ts'
import { item, word } from './trap.ts'

export interface TuningCounters {
  /** Matches of rules that were no detections, because a filter did not hold. */
  readonly suppressed: number
  /** Ids that filters name, and that no rule of the image has in a log source of the filter's: these do nothing. */
  readonly inertTargets: number
  /** In the order of the tuning. Where several filters do not hold, the first is counted. */
  readonly filters: readonly { readonly title: string; readonly suppressed: number }[]
}

const NO_FILTERS: readonly number[] = []

/**
 * A customer's exceptions from the rules of an image: a rule that matched is a detection only where each filter that is for
 * it holds, `(rule) and (filter)`. The tuning is an image with fields and routes of its own, so an event is read again for it:
 * that is paid only by events that a tuned rule matched.
 */
export class TuningStage {
  readonly #event: EventColumns
  readonly #columns: EventColumns
  readonly #programs: Programs
  readonly #router: Router
  /** By number of the rule: the filters that are for it, ascending. */
  readonly #filters: ReadonlyMap<number, readonly number[]>
  readonly #titles: readonly string[]
  readonly #suppressed: Uint32Array
  readonly #inertTargets: number
  /** The epoch of the event that the tuning's columns hold. */
  #readFor = 0

  /**
   * @param event - the columns of the engine, from which events are read again
   * @throws ContentError content/tuning
   * @throws DetectError detect/engine-too-old | detect/unsupplied-feature
   */
  constructor(image: VerifiedImage, tuning: VerifiedImage, contract: EngineContract, event: EventColumns) {
    checkTuning(tuning)
    // A field that no sensor supplies is absent: a filter can't make a rule blind to what it reads itself.
    checkContract(tuning, { ...contract, fields: 'any' })
    const { tables } = tuning
    const names = new FieldNames(engineFields(tables))
    this.#event = event
    this.#columns = new EventColumns(names)
    this.#programs = new Programs(tables, new Predicates(tables, this.#columns))
    this.#router = new Router(tables, this.#columns, (field) => names.numberOf(field))
    const { filters, inertTargets } = assignFilters(image, tuning)
    this.#filters = filters
    this.#inertTargets = inertTargets
    const count = tables.filters.length / FILTER.words
    this.#titles = Array.from({ length: count }, (_, i) =>
      tables.strings.text(word(tables.filters, i * FILTER.words + FILTER.title, 'filters')),
    )
    this.#suppressed = new Uint32Array(count)
  }

  /** Whether a filter keeps this rule, which matched the present event, from being a detection. */
  suppresses(rule: number, declared: LogSource | null): boolean {
    for (const filter of this.#filters.get(rule) ?? NO_FILTERS) {
      this.#read(declared)
      if (this.#programs.filterMatches(filter)) continue
      this.#suppressed[filter] = (this.#suppressed[filter] ?? 0) + 1
      return true
    }
    return false
  }

  counters(): TuningCounters {
    const filters = this.#titles.map((title, i) => ({ title, suppressed: this.#suppressed[i] ?? 0 }))
    const suppressed = filters.reduce((sum, one) => sum + one.suppressed, 0)
    return { suppressed, inertTargets: this.#inertTargets, filters }
  }

  #read(declared: LogSource | null): void {
    const { epoch, source } = this.#event
    if (this.#readFor === epoch) return
    this.#readFor = epoch
    source?.readAgain(this.#event, this.#columns)
    // A filter is written for the names of its log source, as a rule is: they are those of the tuning's own routes.
    const { aliases } = this.#router.route(declared)
    for (const { name, source: aliased } of aliases) this.#columns.alias(name, aliased)
  }
}

interface Assigned {
  readonly filters: ReadonlyMap<number, readonly number[]>
  readonly inertTargets: number
}

/** Which filters are for which rules, by their numbers: decided once, not for each event. */
function assignFilters(image: VerifiedImage, { tables, needs }: VerifiedImage): Assigned {
  const rules = rulesById(image)
  const filters = new Map<number, number[]>()
  let inertTargets = 0
  for (let filter = 0; filter * FILTER.words < tables.filters.length; filter++) {
    const at = filter * FILTER.words
    const { logsource } = item(needs, word(tables.filters, at + FILTER.group, 'filters'), 'groups')
    const first = word(tables.filters, at + FILTER.firstTarget, 'filters')
    const targets = tables.texts.subarray(first, first + word(tables.filters, at + FILTER.targetCount, 'filters'))
    const named = Array.from(targets, (id) => rules.get(tables.strings.text(id)))
    const meant = targets.length === 0 ? [...rules.values()] : named.filter((rule) => rule !== undefined)
    const reached = meant.filter((rule) => isWithin(rule.logsource, logsource))
    if (targets.length > 0) inertTargets += targets.length - reached.length
    for (const { number } of reached) {
      const known = filters.get(number)
      if (known) known.push(filter)
      else filters.set(number, [filter])
    }
  }
  return { filters, inertTargets }
}

interface NumberedRule {
  readonly number: number
  readonly logsource: LogSource
}

function rulesById({ tables, needs }: VerifiedImage): ReadonlyMap<string, NumberedRule> {
  const rules = new Map<string, NumberedRule>()
  for (const [group, { logsource }] of needs.entries()) {
    const at = group * GROUP.words
    const first = word(tables.groups, at + GROUP.firstRule, 'groups')
    const end = first + word(tables.groups, at + GROUP.ruleCount, 'groups')
    for (let number = first; number < end; number++) {
      rules.set(tables.strings.text(word(tables.rules, number * RULE.words + RULE.id, 'rules')), { number, logsource })
    }
  }
  return rules
}
