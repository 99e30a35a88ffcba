import {
  compareTexts,
  GROUP,
  type ImageTables,
  NODE,
  NONE,
  type Operator,
  OPERATORS,
  PREDICATE,
  RULE,
  SELECTION,
  type VerifiedImage,
} from '@firebreak/content'
import { canonicalJsonBytes, list, literal, malformed, object, parseJson, type Reader, text } from '@firebreak/kernel'

/**
 * One way in which content uses an engine: in rules of this log source, this field is matched like this. The outage of July 2024 was the
 * first use ever of a field that every earlier release had matched with a wildcard.
 */
export interface Use {
  /** `category product service`, each as the rules say it, `*` where they say nothing. */
  readonly source: string
  /** `*`: any field (keywords). */
  readonly field: string
  /** Compared with case, too, is another way. */
  readonly matcher: Matcher
}

export type Matcher = Operator | `${Operator} cased`

export interface Novelty {
  /** How many uses the candidate makes, and how many of them earlier releases made. */
  readonly uses: number
  readonly known: number
  readonly firstUses: readonly Use[]
  /** False: nothing is known of earlier releases, so that every use counts as a first one. */
  readonly hasHistory: boolean
}

/** Uses of all releases of a pack together: a hundred log sources with a hundred fields with all operators, cased and not, are 460,000. */
export const HISTORY_USES_MAX = 100_000
export const HISTORY_BYTES_MAX: number = 16 * 1024 * 1024
const NAME_CHARS_MAX = 1_024
const MATCHERS: readonly Matcher[] = OPERATORS.flatMap((one): readonly Matcher[] => [one, `${one} cased`])

/** Every use of the image, once each, sorted. */
export function usesOf({ tables }: Pick<VerifiedImage, 'tables'>): readonly Use[] {
  const found = new Map<string, Use>()
  for (let group = 0; group < tables.groups.length; group += GROUP.words) {
    const source = sourceName(tables, group)
    const firstRule = tables.groups[group + GROUP.firstRule] ?? 0
    const ruleCount = tables.groups[group + GROUP.ruleCount] ?? 0
    for (let rule = firstRule; rule < firstRule + ruleCount; rule++) {
      for (const predicate of predicatesOf(tables, rule)) {
        const use = { source, ...readPredicate(tables, predicate) }
        found.set(keyOf(use), use)
      }
    }
  }
  return sorted([...found.values()])
}

/** @param history - uses of every release ever; null: not known */
export function noveltyOf(image: Pick<VerifiedImage, 'tables'>, history: readonly Use[] | null): Novelty {
  const uses = usesOf(image)
  const before = new Set(history?.map(keyOf))
  const firstUses = uses.filter((use) => !before.has(keyOf(use)))
  return { uses: uses.length, known: uses.length - firstUses.length, firstUses, hasHistory: history !== null }
}

/** What the history is once a release with these uses is out. */
export function addToHistory(history: readonly Use[], uses: readonly Use[]): readonly Use[] {
  return sorted([...new Map([...history, ...uses].map((use) => [keyOf(use), use])).values()])
}

/** One history has one byte sequence: canonical JSON of the sorted list. @throws KernelError kernel/malformed: too many */
export function encodeHistory(history: readonly Use[]): Uint8Array {
  const uses = addToHistory([], history)
  if (uses.length > HISTORY_USES_MAX) throw malformed('history', `at most ${HISTORY_USES_MAX} uses`, uses.length)
  return canonicalJsonBytes(uses.map(({ source, field, matcher }) => ({ field, matcher, source })))
}

/**
 * Reads what `encodeHistory` wrote, from hostile bytes: nothing else, and nothing that is sorted or spelt otherwise.
 *
 * @throws KernelError kernel/malformed
 */
export function parseHistory(bytes: Uint8Array): readonly Use[] {
  const uses = readHistory(parseJson(bytes, HISTORY_BYTES_MAX, 'history'), 'history')
  const canonical = encodeHistory(uses)
  if (canonical.length === bytes.length && canonical.every((byte, i) => byte === bytes[i])) return uses
  throw malformed('history', 'its canonical form', 'another form')
}

/** Names without control characters: canonical JSON does not escape them. */
const name = text(NAME_CHARS_MAX, /^\P{Cc}+$/u)
export const readHistory: Reader<readonly Use[]> = list(
  object<Use>({ source: name, field: name, matcher: literal(...MATCHERS) }),
  HISTORY_USES_MAX,
)

function predicatesOf({ rules, selections, nodes }: ImageTables, rule: number): ReadonlySet<number> {
  const found = new Set<number>()
  const first = rules[rule * RULE.words + RULE.firstSelection] ?? 0
  const count = rules[rule * RULE.words + RULE.selectionCount] ?? 0
  for (let selection = first; selection < first + count; selection++) {
    const node = selections[selection * SELECTION.words + SELECTION.firstNode] ?? 0
    const end = node + (selections[selection * SELECTION.words + SELECTION.nodeCount] ?? 0)
    for (let at = node; at < end; at++) found.add(nodes[at * NODE.words + NODE.test] ?? 0)
  }
  return found
}

function readPredicate({ predicates, fields, strings }: ImageTables, predicate: number): Omit<Use, 'source'> {
  const at = predicate * PREDICATE.words
  const operator = OPERATORS[predicates[at + PREDICATE.operator] ?? 0] ?? 'equals'
  const field = predicates[at + PREDICATE.field] ?? NONE
  return {
    field: field === NONE ? '*' : shown(strings.text(fields[field] ?? 0)),
    matcher: predicates[at + PREDICATE.cased] === 1 ? `${operator} cased` : operator,
  }
}

function sourceName({ groups, strings }: ImageTables, group: number): string {
  const words = [GROUP.category, GROUP.product, GROUP.service].map((place) => groups[group + place] ?? NONE)
  return words.map((word) => (word === NONE ? '*' : shown(strings.text(word)))).join(' ')
}

/** As a history can hold it. The verifier has seen to it that there is a name, and that it is short. */
function shown(name: string): string {
  return name.replaceAll(/\p{Cc}/gu, '\ufffd')
}

function keyOf({ source, field, matcher }: Use): string {
  return `${source}\n${field}\n${matcher}`
}

function sorted(uses: readonly Use[]): readonly Use[] {
  const keys = new Map(uses.map((use) => [use, keyOf(use)]))
  return uses.toSorted((a, b) => compareTexts(keys.get(a) ?? '', keys.get(b) ?? ''))
}
