import { foldCase, unreachable, utf8Encode } from '@firebreak/kernel'
import { requiredLiterals } from '../regex/index.ts'
import type { Condition, FieldTest, Selection, Tree } from '../sigma/ast.ts'
import { parseGlob, type TextPattern } from '../sigma/text-pattern.ts'
import { GRAM_BYTES, indexedBytes, leastBytes, type WitnessKind } from './format.ts'
import { rarestRun } from './gram-frequency.ts'
import { isBranch } from './program.ts'

/** A literal that has to show in a field, at a place, if the rule is to match. */
export interface Witness {
  readonly kind: WitnessKind
  /** Null: in any field. */
  readonly field: string | null
  /** Folded. */
  readonly text: string
  /** Of the run of bytes, in UTF-8, by which the index looks for a text that may stand anywhere; else 0. */
  readonly offset: number
}

/** Witnesses of which one has to hold, and how many events are expected to have one: smaller is better. */
interface Choice {
  readonly witnesses: readonly Witness[]
  readonly cost: number
}

/** More witnesses than this are dearer than meeting the rule at every event of its log source. */
const WITNESSES_PER_RULE_MAX = 5_000

/**
 * The cheapest set of literals of which every matching event shows at least one; null when the rule has none, and
 * must be tried on every event of its log source.
 */
export function chooseWitnesses(selections: readonly Selection[], condition: Condition): readonly Witness[] | null {
  const bySelection = selections.map(({ test }) => choose(test, witnessesOfTest))
  const choice = choose(condition, ({ selection }) => bySelection[selection] ?? null)
  if (choice === null || choice.witnesses.length > WITNESSES_PER_RULE_MAX) return null
  const unique = new Map(choice.witnesses.map((one) => [`${one.kind} ${one.field ?? ''} ${one.text}`, one]))
  return [...unique.values()]
}

/** Under `not` nothing is required. */
function choose<Leaf extends { readonly kind: string }>(
  tree: Tree<Leaf>,
  ofLeaf: (leaf: Leaf) => Choice | null,
): Choice | null {
  if (!isBranch(tree)) return ofLeaf(tree as Leaf)
  if (tree.kind === 'not') return null
  const choices = tree.children.map((child) => choose(child, ofLeaf))
  if (tree.kind === 'any') return together(choices)
  let best: Choice | null = null
  for (const one of choices) if (one !== null && (best === null || one.cost < best.cost)) best = one
  return best
}

function together(choices: readonly (Choice | null)[]): Choice | null {
  const witnesses: Witness[] = []
  let cost = 0
  for (const one of choices) {
    if (one === null) return null
    witnesses.push(...one.witnesses)
    cost += one.cost
  }
  return { witnesses, cost }
}

function witnessesOfTest({ field, match }: FieldTest): Choice | null {
  if (match.kind === 'text') return together(match.patterns.map((one) => witnessOfPattern(field, one, match.cased)))
  if (match.kind !== 'regex') return null
  return together(
    match.regexes.map(({ source, flags }) => {
      const literals = requiredLiterals(source, flags)
      return literals && together(literals.map((text) => anywhere(field, text)))
    }),
  )
}

function witnessOfPattern(field: string | null, pattern: TextPattern, cased: boolean): Choice | null {
  const text = cased ? foldCase(pattern.text) : pattern.text
  switch (pattern.shape) {
    case 'equals':
      return field === null ? anywhere(field, text) : placed('whole', field, text)
    case 'starts-with':
      return field === null ? anywhere(field, text) : placed('start', field, text)
    case 'ends-with':
      return field === null ? anywhere(field, text) : placed('end', field, text)
    case 'contains':
      return anywhere(field, text)
    case 'glob': {
      const choices = (parseGlob(text) ?? []).map((part) => (part.kind === 'text' ? anywhere(field, part.text) : null))
      const found = choices.filter((one) => one !== null).toSorted((a, b) => a.cost - b.cost)
      return found[0] ?? null
    }
    default:
      return unreachable(pattern.shape)
  }
}

/** One text of a few letters says little; so does the number of an event, which its log source has mostly fixed. */
const WEAK_FIELDS: readonly string[] = ['EventID', 'EventType', 'Initiated', 'IntegrityLevel', 'Provider_Name']
const WEAK_COST = 6

function placed(kind: 'whole' | 'start' | 'end', field: string, text: string): Choice | null {
  const bytes = utf8Encode(text)
  if (bytes.length < leastBytes(kind)) return null
  const { frequency } = rarestRun(bytes, Math.min(bytes.length, GRAM_BYTES))
  const base = bytes.length >= 8 ? 0 : bytes.length >= 4 ? 1 : 4
  const cost = WEAK_FIELDS.includes(field) ? WEAK_COST : base + frequency
  return { witnesses: [{ kind, field, text, offset: 0 }], cost }
}

function anywhere(field: string | null, text: string): Choice | null {
  const bytes = utf8Encode(text)
  if (bytes.length < leastBytes('anywhere')) return null
  const { offset, frequency } = rarestRun(bytes, indexedBytes(bytes.length))
  const length = bytes.length >= 12 ? 1 : bytes.length >= 8 ? 1.5 : bytes.length >= 6 ? 3 : 6
  return { witnesses: [{ kind: 'anywhere', field, text, offset }], cost: length + frequency }
}
