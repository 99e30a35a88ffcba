import type { DeclaredSource } from './evaluator.ts'
import { RuleError } from './errors.ts'
import type { Placeholders } from './modifiers.ts'
import { NumberToken, pushToLimit, TEXT_MUTATIONS, toJson } from './mutate.ts'
import { Random } from './random.ts'
import { CATEGORIES, CHANNELS } from './routing-table.ts'
import { isMap } from './rule.ts'
import { type Draft, sampleItem } from './sample-item.ts'
import { shapeEvent } from './shape.ts'

/** One line of JSON, and what it is said to come from when it has no Channel. */
export interface GeneratedEvent {
  readonly json: string
  readonly source: DeclaredSource | undefined
  /** Position of the rule that it is made from. */
  readonly rule: number
}

const MUTATION_SHARE = 0.5
const MUTATIONS_MAX = 3
const FOREIGN_SHARE = 0.1
const MISROUTED_SHARE = 0.04
/** Long values make slow events. */
const LONG_SHARE = 0.001
/** How often a selection is satisfied: those that a condition usually wants, and those that it usually excludes. */
const WANTED_SHARE = 0.92
const UNWANTED_SHARE = 0.12
/** Spreads seeds, so that events of neighbouring positions have nothing in common. */
const SEED_STEP = 0x9e3779b1

/**
 * `count` events made from the rules, in their order and over again: values that satisfy their selections, near misses,
 * other types and shapes. Event n depends on the seed and n only, so one can be made again alone.
 */
export function* generateEvents(
  rules: readonly unknown[],
  seed: number,
  count: number,
  placeholders: Placeholders = {},
): Generator<GeneratedEvent> {
  if (rules.length === 0) return
  for (let at = 0; at < count; at++) yield generateEvent(rules, seed, at, placeholders)
}

/** Event `at` of generateEvents. */
export function generateEvent(
  rules: readonly unknown[],
  seed: number,
  at: number,
  placeholders: Placeholders = {},
): GeneratedEvent {
  const random = new Random(Math.imul(at + 1, SEED_STEP) ^ seed)
  const rule = at % rules.length
  const draft: Draft = new Map()
  const logsource = partsOf(rules[rule])
  if (random.chance(FOREIGN_SHARE)) sampleRule(draft, random.pick(rules), placeholders, random)
  sampleRule(draft, rules[rule], placeholders, random)
  if (random.chance(MUTATION_SHARE)) mutate(draft, random)
  const source = route(draft, logsource, random)
  return { json: toJson(shapeEvent(draft, random)), source, rule }
}

function partsOf(rule: unknown): DeclaredSource {
  if (!isMap(rule) || !isMap(rule['logsource'])) return {}
  const { category, product, service } = rule['logsource']
  const text = (part: unknown): string | null => (typeof part === 'string' ? part : null)
  return { category: text(category), product: text(product), service: text(service) }
}

function sampleRule(draft: Draft, rule: unknown, placeholders: Placeholders, random: Random): void {
  if (!isMap(rule) || !isMap(rule['detection'])) return
  for (const [name, selection] of Object.entries(rule['detection'])) {
    if (name === 'condition' || name === 'timeframe') continue
    const share = /^_?(?:filter|exclu|falsepositive|fp)/i.test(name) ? UNWANTED_SHARE : WANTED_SHARE
    if (!random.chance(share)) continue
    try {
      sampleSelection(draft, selection, placeholders, random)
    } catch (error) {
      // A rule that nobody can take makes events all the same.
      if (!(error instanceof RuleError)) throw error
    }
  }
}

function sampleSelection(draft: Draft, selection: unknown, placeholders: Placeholders, random: Random): void {
  if (Array.isArray(selection)) {
    if (selection.length > 0) sampleSelection(draft, random.pick(selection), placeholders, random)
  } else if (isMap(selection)) {
    for (const [key, value] of Object.entries(selection)) sampleItem(draft, key, value, placeholders, random)
  } else {
    sampleItem(draft, '', selection, placeholders, random)
  }
}

function mutate(draft: Draft, random: Random): void {
  for (let left = 1 + random.below(MUTATIONS_MAX); left > 0 && draft.size > 0; left--) {
    const [field, value] = random.pick([...draft])
    if (random.chance(0.15)) draft.delete(field)
    else if (random.chance(0.1)) draft.set(field, random.pick([...draft.values()]))
    else if (random.chance(0.02)) renameWithSpace(draft, field, random)
    else draft.set(field, random.pick(TEXT_MUTATIONS)(textOf(value), random))
  }
  if (random.chance(LONG_SHARE) && draft.size > 0) {
    const [field, value] = random.pick([...draft])
    draft.set(field, pushToLimit(textOf(value), random))
  }
}

function textOf(value: unknown): string {
  if (value instanceof NumberToken) return value.token
  return typeof value === 'string' ? value : JSON.stringify(value)
}

function renameWithSpace(draft: Draft, field: string, random: Random): void {
  const at = random.below(field.length + 1)
  draft.set(`${field.slice(0, at)} ${field.slice(at)}`, draft.get(field))
  draft.delete(field)
}

/** Adds the fields by which an event is routed, or returns what has to be declared. */
function route(draft: Draft, logsource: DeclaredSource, random: Random): DeclaredSource | undefined {
  const { category, product, service } = logsource
  if (product === 'windows' || category === 'antivirus') {
    routeWindows(draft, logsource, random)
    return undefined
  }
  if (product === 'linux' && category === 'process_creation' && random.chance(0.3)) return routeExecve(draft, random)
  if (product === 'linux' && service === 'auditd' && random.chance(0.7)) {
    if (!draft.has('type')) draft.set('type', random.pick(['SYSCALL', 'EXECVE', 'PATH', 'USER_CMD']))
    return random.chance(0.7) ? undefined : logsource
  }
  return random.chance(MISROUTED_SHARE) ? { category: 'none' } : logsource
}

function routeWindows(draft: Draft, { category, service }: DeclaredSource, random: Random): void {
  const isAstray = random.chance(MISROUTED_SHARE)
  const rows = CATEGORIES.filter((row) => row.product === 'windows' && (isAstray || row.category === category))
  const row = rows.length > 0 ? random.pick(rows) : undefined
  const wanted = row?.service ?? service
  const channels = CHANNELS.filter(([name]) => name === wanted).flatMap(([, names]) => names)
  const channel = channels.length > 0 ? random.pick(channels) : random.pick(['Unknown/Operational', 'Security'])
  if (!draft.has('Channel')) draft.set('Channel', random.chance(0.05) ? channel.toLowerCase() : channel)
  if (row === undefined) return
  const id = random.pick(row.eventIds)
  draft.set('EventID', random.chance(0.1) ? String(id) : id)
  if (row.eventTypes !== undefined && !draft.has('EventType')) draft.set('EventType', random.pick(row.eventTypes))
  for (const [alias, field] of Object.entries(row.aliases ?? {})) {
    if (!draft.has(alias) || random.chance(0.05)) continue
    draft.set(field, draft.get(alias))
    draft.delete(alias)
  }
}

/** The command of a process as the kernel audits it: argument by argument. */
function routeExecve(draft: Draft, random: Random): undefined {
  const words = textOf(draft.get('CommandLine') ?? draft.get('Image') ?? 'ls').split(' ')
  draft.delete('CommandLine')
  const image = draft.get('Image')
  draft.delete('Image')
  if (image !== undefined && random.chance(0.7)) draft.set('exe', image)
  draft.set('type', 'EXECVE')
  draft.set('argc', random.chance(0.95) ? words.length : random.below(4))
  for (const [at, word] of words.entries()) draft.set(`a${at}`, word)
}
