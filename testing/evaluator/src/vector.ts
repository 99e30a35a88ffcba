import type { DeclaredSource } from './evaluator.ts'

/** Events that a rule has to match, and events that it must not. */
export interface Vector {
  readonly name: string
  /** YAML: one rule with the id VECTOR_RULE, and filters of it if any. */
  readonly yaml: string
  readonly placeholders?: Readonly<Record<string, readonly string[]>>
  /** What the events come from. */
  readonly source: DeclaredSource
  readonly matching: readonly unknown[]
  readonly others: readonly unknown[]
}

/** A rule that no engine may take. */
export interface InvalidVector {
  readonly name: string
  readonly yaml: string
}

export const VECTOR_RULE = '6f3e2987-db24-4c78-a860-b4f4095a7095'
const LOGSOURCE = { product: 'linux', service: 'example' }

interface Expectation {
  readonly matching: readonly unknown[]
  readonly others: readonly unknown[]
  readonly placeholders?: Readonly<Record<string, readonly string[]>>
}

/** @param detection - YAML of the selections and the condition, indented by any depth */
export function vector(name: string, detection: string, expectation: Expectation): Vector {
  return { name, yaml: ruleOf(detection), source: LOGSOURCE, ...expectation }
}

/** One selection with one entry: `Field|modifiers` and its value as JSON, which is YAML too. */
export function itemVector(
  key: string,
  value: unknown,
  matching: readonly unknown[],
  others: readonly unknown[],
): Vector {
  const name = `${key}: ${JSON.stringify(value)}`
  return vector(name, itemOf(key, value), { matching: matching.map(eventOf), others: others.map(eventOf) })
}

export function invalid(name: string, detection: string): InvalidVector {
  return { name, yaml: ruleOf(detection) }
}

export function invalidItem(key: string, value: unknown): InvalidVector {
  return invalid(`${key}: ${JSON.stringify(value)}`, itemOf(key, value))
}

function itemOf(key: string, value: unknown): string {
  return `selection:\n  ${JSON.stringify(key)}: ${JSON.stringify(value)}\ncondition: selection`
}

/** Objects are events; anything else is the value of the field `F`. */
function eventOf(given: unknown): unknown {
  return typeof given === 'object' && given !== null && !Array.isArray(given) ? given : { F: given }
}

export function ruleOf(detection: string): string {
  const indented = detection.replaceAll(/^/gm, '  ')
  return `title: Example
id: ${VECTOR_RULE}
logsource: ${JSON.stringify(LOGSOURCE)}
detection:
${indented}
`
}
