import {
  describeSource,
  type FieldTest,
  type LogSource,
  type ParsedPack,
  type RuleTest,
  type SigmaRule,
} from '@firebreak/content'
import type { Finding } from '../../check/check.ts'
import { type ExecutionCase, executionCases } from '../../execution/execution.ts'
import { testFinding } from '../codes.ts'
import { testsIn } from '../judged-events.ts'
import { compileProbes, type Probe, probeRules, testKey } from '../probe.ts'
import { alternativesOf } from './alternatives.ts'
import { routedFields } from './routed.ts'
import { type Witness, witnessOf } from './witness.ts'

/**
 * Values that are probed beside the first of each log source, field and kind. Each costs a rule and two events in every
 * engine; the first ones alone read every field in every way that the candidate does.
 */
export const MORE_VALUES_MAX = 2_000

/**
 * Every way in which a candidate reads a field, each as a rule of its own with no other test. The outage of July 2024 was a
 * 21st field that no test had read, because the tests before it decided: here nothing stands before it.
 */
export interface Sweep {
  /** Probes and nothing else. */
  readonly image: Uint8Array
  /** For an engine process with `image` loaded: for each probe an event that it must match and one that it must ignore. */
  readonly cases: readonly ExecutionCase[]
  readonly probes: readonly SweepProbe[]
  /** What was not probed. */
  readonly findings: readonly Finding[]
}

export interface SweepProbe {
  /** By which cases and engines name it. */
  readonly id: string
  readonly logsource: LogSource
  /** Null: the values of all fields. */
  readonly field: string | null
  /** What the engine does with the field: one of its operators, with ` cased` behind it where case counts. */
  readonly kind: string
  /** Rules of the candidate that do so: with any value, or for one of MORE_VALUES_MAX with this one. */
  readonly ruleIds: readonly string[]
}

/** One value that rules ask a field for. */
interface Ask {
  readonly kind: string
  readonly test: FieldTest
  /** All of one log source; the first of them tells where. */
  readonly rules: readonly [SigmaRule, ...SigmaRule[]]
}

interface Probed {
  readonly ask: Ask
  readonly witness: Witness
  readonly ruleIds: readonly string[]
}

/**
 * Makes the field sweep of a pack: `(log source, field, kind)` once each, then further values, regular expressions first.
 *
 * @throws ContentError content/limit | content/image-cost: the probes do not fit into one image
 */
export function sweepOf({ rules }: Pick<ParsedPack, 'rules'>): Sweep {
  const groups = [...Map.groupBy(asksOf(rules), groupKey).values()]
  const tried = new Set<Ask>()
  const probed: Probed[] = []
  /** Whether there is a probe for it now. */
  const probe = (ask: Ask, ruleIds: readonly string[]): boolean => {
    tried.add(ask)
    const witness = eventsFor(ask)
    if (witness !== null) probed.push({ ask, witness, ruleIds })
    return witness !== null
  }
  for (const group of groups) group.some((ask) => probe(ask, idsOf(group)))
  const further = groups.flat().filter((ask) => !tried.has(ask))
  const more = further.toSorted((a, b) => rank(a) - rank(b)).slice(0, MORE_VALUES_MAX)
  for (const ask of more) probe(ask, idsOf([ask]))
  const found = new Set(probed.map(({ ask }) => ask))
  const without = [...tried].filter((ask) => !found.has(ask))
  return { ...compiled(probed), findings: findingsOf(without, further.length - more.length) }
}

function asksOf(rules: readonly SigmaRule[]): readonly Ask[] {
  const asks = new Map<string, { kind: string; test: FieldTest; rules: [SigmaRule, ...SigmaRule[]] }>()
  for (const rule of rules) {
    for (const one of rule.selections.flatMap((selection) => testsIn(selection.test)).flatMap(alternativesOf)) {
      const key = testKey(rule.logsource, one.test)
      const known = asks.get(key)
      if (known === undefined) asks.set(key, { ...one, rules: [rule] })
      else known.rules.push(rule)
    }
  }
  return [...asks.values()]
}

function groupKey({ kind, test: { field, match }, rules: [{ logsource }] }: Ask): string {
  const { category, product, service } = logsource
  return JSON.stringify([category, product, service, field, kind, match.kind === 'field' ? match.other : null])
}

/** Null when no event of the log source is known for which the test holds. */
function eventsFor({ test, rules: [{ logsource }] }: Ask): Witness | null {
  const witness = witnessOf(test)
  const match = witness && routedFields(witness.match, logsource)
  return witness && match && { ...witness, match }
}

/** What the engine runs a program for comes first: there is most to go wrong. */
function rank({ test: { match } }: Ask): number {
  if (match.kind === 'regex') return 0
  return match.kind === 'text' && match.patterns[0]?.shape !== 'glob' ? 2 : 1
}

function idsOf(asks: readonly Ask[]): readonly string[] {
  return [...new Set(asks.flatMap(({ rules }) => rules.map(({ id }) => id)))]
}

function compiled(probed: readonly Probed[]): Omit<Sweep, 'findings'> {
  const rules = probeRules(
    probed.map(({ ask }): Probe => {
      const { logsource, at } = ask.rules[0]
      return { title: `Sweep of ${nameOf(ask)}`, logsource, test: ask.test, at }
    }),
  )
  const tests = rules.map(({ id, logsource, at }, i): RuleTest => {
    const { witness } = probed[i] as Probed
    return { rule: id, logsource, match: [{ fields: witness.match, at }], ignore: [{ fields: witness.miss, at }], at }
  })
  const probes = rules.map(({ id, logsource }, i): SweepProbe => {
    const { ask, ruleIds } = probed[i] as Probed
    return { id, logsource, field: ask.test.field, kind: ask.kind, ruleIds }
  })
  return { image: compileProbes(rules), cases: executionCases({ rules, tests }), probes }
}

/** `CommandLine contains, category: process_creation, product: linux`. */
function nameOf({ kind, test, rules: [{ logsource }] }: Ask): string {
  return `${test.field ?? 'keywords'} ${kind}, ${describeSource(logsource)}`
}

function findingsOf(without: readonly Ask[], left: number): readonly Finding[] {
  const findings = [...Map.groupBy(without, nameOf)].map(([name, asks]) => {
    const rules = idsOf(asks)
    const values = asks.length === 1 ? 'one value' : `${asks.length} values`
    const of = `for ${values} of rule ${rules.slice(0, NAMED_MAX).join(', ')}`
    const message = `Not probed: ${name}, ${of}: no event is known for which it holds.`
    return testFinding('gate/no-witness', message, (asks[0] as Ask).rules[0].at, FIX)
  })
  if (left === 0) return findings
  const message = `${left} values were not probed: more than ${MORE_VALUES_MAX} beside the first of each field and kind.`
  return [...findings, testFinding('gate/sweep-shortened', message, null)]
}

/** Rules that one finding names. */
const NAMED_MAX = 5
const FIX = 'See whether anything can match it; take it out of the rule if not.'
