import type { FieldTest, SigmaRule } from '../sigma/ast.ts'
import { listed, type Need, needFor } from './need.ts'
import { describeSource } from './route.ts'
import { satisfiable } from './satisfiable.ts'
import { type ReachedSource, type SensorContract, sourcesReaching } from './sensor.ts'
import { type RuleLeaf, type Truth, truthOf } from './truth.ts'

/** What of a rule decides where it can fire. */
export type JudgedRule = Pick<SigmaRule, 'logsource' | 'selections' | 'condition'>

/** Whether any event of a sensor can make a rule fire, with the sources that can, or why not. */
export type FireVerdict =
  | {
      readonly fires: true
      /** Names of the sources that can. */
      readonly via: readonly string[]
      /** Why other sources that reach the rule can't. */
      readonly except: readonly Reason[]
    }
  | { readonly fires: false; readonly reasons: readonly Reason[] }

export type Reason =
  /** Nothing that the sensor delivers reaches the rule's log source. */
  | { readonly code: 'no-route'; readonly message: string }
  /** The source never supplies fields that the rule can't do without. */
  | {
      readonly code: 'needs-field'
      readonly source: string
      readonly fields: readonly string[]
      readonly message: string
    }
  /** The condition contradicts itself, whatever the fields. */
  | { readonly code: 'never-true'; readonly source: string; readonly message: string }

/**
 * Proves that `rule` can't fire on `sensor`, or else takes it that it can. A test on a field that a source never
 * supplies is false (for null: true); any other test may hold or not, independently of the others. So "fires" is not
 * a promise that such an event exists, and "can't" is certain.
 */
export function canFire(rule: JudgedRule, sensor: SensorContract): FireVerdict {
  const sources = sourcesReaching(rule.logsource, sensor)
  if (sources.length === 0) {
    const message = `Cannot reach it: ${sensor.name} has nothing of ${describeSource(rule.logsource)}`
    return { fires: false, reasons: [{ code: 'no-route', message }] }
  }
  const via: string[] = []
  const reasons: Reason[] = []
  for (const source of sources) {
    const reason = whyNever(rule, source)
    if (reason === null) via.push(source.name)
    else reasons.push(reason)
  }
  return via.length > 0 ? { fires: true, via, except: reasons } : { fires: false, reasons }
}

function whyNever(rule: JudgedRule, source: ReachedSource): Reason | null {
  const supplied = suppliedBy(source)
  const truths = rule.selections.map(({ test }) => truthOf(test, (leaf) => leafTruth(leaf, supplied)))
  if (satisfiable(rule.condition, truths)) return null
  if (
    !satisfiable(
      rule.condition,
      truths.map(() => 'unknown'),
    )
  ) {
    const message = `Cannot fire on ${source.name}: its condition contradicts itself`
    return { code: 'never-true', source: source.name, message }
  }
  const need = neededBy(rule, truths, supplied)
  const message = `Cannot fire on ${source.name}: needs ${listed(need)}, which it does not supply`
  return { code: 'needs-field', source: source.name, fields: fieldsOf(need), message }
}

type Supplied = (field: string) => boolean

function suppliedBy({ fields, aliases }: ReachedSource): Supplied {
  if (fields === 'any') return () => true
  const names = new Set(fields)
  return (field) => names.has(aliases.find(({ from }) => from === field)?.to ?? field)
}

function leafTruth(leaf: RuleLeaf, supplied: Supplied): Truth {
  if (leaf.kind === 'selection') return 'unknown'
  if (missingFields(leaf, supplied).length === 0) return 'unknown'
  return leaf.match.kind === 'null'
}

/** Keywords look at whatever fields there are. */
function missingFields({ field, match }: FieldTest, supplied: Supplied): readonly string[] {
  if (field === null) return []
  const read = match.kind === 'field' ? [field, match.other] : [field]
  return read.filter((name) => !supplied(name))
}

/** Which fields would have to be there. Where the parts are open but contradict each other: all that are missing. */
function neededBy(rule: JudgedRule, truths: readonly Truth[], supplied: Supplied): Need {
  const ofTest = (leaf: RuleLeaf): Need =>
    leaf.kind === 'test' ? { kind: 'all', needs: missingFields(leaf, supplied).map(field) } : NOTHING
  const ofSelection = (leaf: RuleLeaf): Need => {
    const test = leaf.kind === 'selection' ? rule.selections[leaf.selection]?.test : undefined
    return test ? needFor(test, (one) => leafTruth(one, supplied), ofTest) : NOTHING
  }
  const truthOfLeaf = (leaf: RuleLeaf): Truth =>
    leaf.kind === 'selection' ? (truths[leaf.selection] ?? 'unknown') : 'unknown'
  const need = needFor(rule.condition, truthOfLeaf, ofSelection)
  if (fieldsOf(need).length > 0) return need
  return { kind: 'all', needs: rule.selections.map((_, selection) => ofSelection({ kind: 'selection', selection })) }
}

const NOTHING: Need = { kind: 'all', needs: [] }
const field = (name: string): Need => ({ kind: 'field', name })

function fieldsOf(need: Need): readonly string[] {
  if (need.kind === 'field') return [need.name]
  return [...new Set(need.needs.flatMap(fieldsOf))]
}
