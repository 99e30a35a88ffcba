import type { Problems } from '../problems.ts'
import type { Diagnostic, SourceNode } from '../source.ts'
import type { Correlation, CorrelationAlias } from './ast.ts'
import type { AliasSource, Reference } from './body.ts'
import { type CorrelationDocument, documentNames, readDocument } from './document.ts'
import { CORRELATION_DEPTH_MAX, CORRELATION_REFERENCES_MAX, CORRELATIONS_MAX } from './limits.ts'

/** What a correlation may refer to. */
export interface CorrelationTarget {
  readonly id: string
  readonly name: string | null
}

/**
 * Reads Sigma correlations and resolves what they refer to: rules or other correlations, by id or by name.
 *
 * @param nodes - whole documents, each with a `correlation`; hostile
 * @param rules - the detection rules of the same pack
 * @returns in an order in which each refers only to rules and to those before it: by depth, then by id. What is wrong
 *   with the others is in `problems`: content/schema, content/correlation, content/limit
 * @see Sigma specification 2.1.0, Sigma correlation rules
 */
export function parseCorrelations(
  nodes: readonly SourceNode[],
  rules: readonly CorrelationTarget[],
  problems: Problems,
): readonly Correlation[] {
  const beyond = nodes[CORRELATIONS_MAX]
  if (beyond !== undefined) {
    problems.add('content/limit', `Cannot read correlations: more than ${CORRELATIONS_MAX}`, beyond.at)
  }
  const targets = new Targets(rules)
  const documents: CorrelationDocument[] = []
  for (const node of nodes.slice(0, CORRELATIONS_MAX)) {
    const document = readDocument(node, problems)
    if (document === null) targets.addBroken(documentNames(node))
    else if (targets.add(document)) documents.push(document)
    else problems.add('content/correlation', `Cannot read correlation: another has the id ${document.id}`, document.at)
  }
  const resolved = documents.flatMap((document) => resolve(document, targets, problems) ?? [])
  return withinReferences(sortByDepth(resolved, rules, problems), problems)
}

function withinReferences(correlations: readonly Correlation[], problems: Problems): readonly Correlation[] {
  let references = 0
  return correlations.filter(({ rules, at }) => {
    references += rules.length
    if (references <= CORRELATION_REFERENCES_MAX) return true
    const message = `Cannot read correlation: all together refer to more than ${CORRELATION_REFERENCES_MAX} rules`
    problems.add('content/limit', message, at)
    return false
  })
}

/** Advice that stops nothing: what is legal and probably not meant. */
export function lintCorrelations(correlations: readonly Correlation[]): readonly Diagnostic[] {
  return correlations
    .filter(({ groupBy }) => groupBy.length === 0)
    .map(({ at }) => ({
      code: 'content/correlation',
      message: 'Consider group-by: without it the events of all users and programs are one group',
      at,
    }))
}

/** Ids come before names: a name is free text and may look like another's id. */
class Targets {
  readonly #ids = new Set<string>()
  readonly #names = new Map<string, string[]>()
  readonly #broken = new Set<string>()

  constructor(rules: readonly CorrelationTarget[]) {
    for (const rule of rules) this.add(rule)
  }

  /** False when the id is taken. */
  add({ id, name }: CorrelationTarget): boolean {
    if (this.#ids.has(id)) return false
    this.#ids.add(id)
    if (name === null) return true
    const named = this.#names.get(name)
    if (named === undefined) this.#names.set(name, [id])
    else named.push(id)
    return true
  }

  addBroken(names: readonly string[]): void {
    for (const name of names) this.#broken.add(name)
  }

  find({ text, at }: Reference, problems: Problems): string | null {
    if (this.#ids.has(text)) return text
    // UUIDs are read as lower case.
    if (this.#ids.has(text.toLowerCase())) return text.toLowerCase()
    const [id, second] = this.#names.get(text) ?? []
    if (id !== undefined && second === undefined) return id
    const why = second !== undefined ? 'several have that name' : this.#broken.has(text) ? 'it has errors' : 'unknown'
    return problems.add('content/correlation', `Cannot refer to ${JSON.stringify(text)}: ${why}`, at)
  }
}

function resolve(document: CorrelationDocument, targets: Targets, problems: Problems): Correlation | null {
  const { body, ...text } = document
  const found = body.rules.map((reference) => targets.find(reference, problems))
  const rules = found.filter((id) => id !== null)
  if (rules.length < found.length) return null
  if (new Set(rules).size < rules.length) {
    const at = body.rules[0]?.at ?? document.at
    return problems.add('content/correlation', 'Cannot read rules: one is referred to twice', at)
  }
  const before = problems.total
  const aliases = body.aliases.map((alias) => resolveAlias(alias, rules, targets, problems))
  return problems.total > before ? null : { ...text, ...body, aliases, rules }
}

function resolveAlias(
  { name, fields }: AliasSource,
  rules: readonly string[],
  targets: Targets,
  problems: Problems,
): CorrelationAlias {
  const byRule = new Map<string, string>()
  for (const { rule, field } of fields) {
    const id = targets.find(rule, problems)
    if (id === null) continue
    const why = byRule.has(id) ? 'given twice' : 'not one of the rules of the correlation'
    if (rules.includes(id) && !byRule.has(id)) byRule.set(id, field)
    else
      problems.add('content/correlation', `Cannot read alias ${name}: ${JSON.stringify(rule.text)} is ${why}`, rule.at)
  }
  return { name, fields: rules.map((id) => byRule.get(id) ?? null) }
}

/** Takes layer by layer the correlations whose references are all taken: one layer is one level of depth. */
function sortByDepth(
  correlations: readonly Correlation[],
  rules: readonly CorrelationTarget[],
  problems: Problems,
): readonly Correlation[] {
  const taken = new Set(rules.map(({ id }) => id))
  const isReady = (one: Correlation): boolean => one.rules.every((id) => taken.has(id))
  const sorted: Correlation[] = []
  let left = correlations
  for (let depth = 1; depth <= CORRELATION_DEPTH_MAX; depth++) {
    const layer = left.filter(isReady)
    left = left.filter((one) => !isReady(one))
    for (const { id } of layer) taken.add(id)
    sorted.push(...layer.toSorted((a, b) => (a.id < b.id ? -1 : 1)))
  }
  for (const one of left) {
    if (isReady(one)) {
      problems.add('content/limit', `Cannot chain correlations: deeper than ${CORRELATION_DEPTH_MAX}`, one.at)
    } else {
      const message = 'Cannot chain correlations: the rules lead in a circle, or to a correlation that was refused'
      problems.add('content/correlation', message, one.at)
    }
  }
  return sorted
}
