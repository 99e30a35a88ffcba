import { RuleError } from './errors.ts'
import { flatten } from './event.ts'
import type { Placeholders } from './modifiers.ts'
import { applies, type Sighting, sightingsOf } from './routes.ts'
import { compileFilter, compileRule, type Filter, isMap, type LogSource, type Rule } from './rule.ts'

export interface EvaluatorOptions {
  /** What `%name%` stands for under `expand`. A rule with a name that is not here is rejected. */
  readonly placeholders?: Placeholders
  /** Sigma filter documents. Those among the rules are filters too. */
  readonly filters?: readonly unknown[]
}

/** What an event without a Channel is said to come from. */
export interface DeclaredSource {
  readonly category?: string | null
  readonly product?: string | null
  readonly service?: string | null
}

export interface Rejection {
  /** Position among the rules; filters that were given as options count on from there. */
  readonly index: number
  readonly id: string | null
  readonly reason: string
}

export interface PlainEvaluator {
  /** Ids of the rules that match, in the order of their UTF-16 units. */
  readonly evaluate: (event: unknown, source?: DeclaredSource) => readonly string[]
  readonly rejected: readonly Rejection[]
}

/**
 * Says by the plain meaning of Sigma 2.1.0 which rules match an event: no index, no cache of results, no bytes. It is
 * what the engine is compared with, so it shares no code with it.
 *
 * @param rules - documents as a library for YAML returns them. A document that cannot be taken is in `rejected`
 * @see Sigma specification 2.1.0: rules, modifiers, filters
 */
export function createPlainEvaluator(rules: readonly unknown[], options: EvaluatorOptions = {}): PlainEvaluator {
  const placeholders = options.placeholders ?? {}
  const rejected: Rejection[] = []
  const compiled: Rule[] = []
  const filters: { readonly filter: Filter; readonly index: number }[] = []
  for (const [index, document] of [...rules, ...(options.filters ?? [])].entries()) {
    rejecting(rejected, index, document, () => {
      if (isMap(document) && 'filter' in document)
        filters.push({ filter: compileFilter(document, placeholders), index })
      else if (!isMap(document) || 'correlation' in document) throw new RuleError('Cannot take the rule: no detection')
      else compiled.push(compileRule(document, placeholders))
    })
  }
  const known = filters.filter(({ filter, index }) => {
    const unknown = filter.rules?.find((name) => !compiled.some((rule) => isNamed(rule, name)))
    if (unknown === undefined) return true
    rejected.push({ index, id: filter.title, reason: `Cannot take the filter: there is no rule ${unknown}` })
    return false
  })
  const narrowed = compiled.map((rule) =>
    narrow(
      rule,
      known.map(({ filter }) => filter),
    ),
  )
  const rulesFor = byLogSource(narrowed)
  return {
    rejected,
    evaluate: (event, source) => {
      const sightings = sightingsOf(flatten(event), source)
      const matching = rulesFor(sightings).filter(({ rule, sighting }) => rule.test(sightings[sighting]!.view))
      return matching.map(({ rule }) => rule.id).toSorted(byUnits)
    },
  }
}

function rejecting(rejected: Rejection[], index: number, document: unknown, compile: () => void): void {
  try {
    compile()
  } catch (error) {
    if (!(error instanceof RuleError)) throw error
    const id = isMap(document) && typeof document['id'] === 'string' ? document['id'] : null
    rejected.push({ index, id, reason: error.message })
  }
}

function isNamed(rule: Rule, name: string): boolean {
  return rule.id === name || rule.name === name
}

/** `(rule) and (filter)` for each filter that names the rule and whose log source holds that of the rule. */
function narrow(rule: Rule, filters: readonly Filter[]): Rule {
  const mine = filters.filter(
    ({ rules, logsource }) =>
      (rules === null || rules.some((name) => isNamed(rule, name))) && holds(logsource, rule.logsource),
  )
  return { ...rule, test: (view) => rule.test(view) && mine.every(({ test }) => test(view)) }
}

function holds(wide: LogSource, narrow: LogSource): boolean {
  return (['category', 'product', 'service'] as const).every(
    (part) => wide[part] === null || wide[part] === narrow[part],
  )
}

interface RoutedRule {
  readonly rule: Rule
  /** Position of the first sighting that the rule is about. */
  readonly sighting: number
}

/** Rules by what an event belongs to, worked out once for each set of log sources. */
function byLogSource(rules: readonly Rule[]): (sightings: readonly Sighting[]) => readonly RoutedRule[] {
  const known = new Map<string, readonly RoutedRule[]>()
  return (sightings) => {
    const key = JSON.stringify(
      sightings.map(({ source, needs }) => [source.category, source.product, source.service, needs]),
    )
    const found =
      known.get(key) ??
      rules
        .map((rule) => ({ rule, sighting: sightings.findIndex((one) => applies(rule.logsource, one)) }))
        .filter(({ sighting }) => sighting >= 0)
    known.set(key, found)
    return found
  }
}

function byUnits(left: string, right: string): number {
  return left < right ? -1 : Number(left > right)
}
