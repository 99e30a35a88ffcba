import type { RecordValue } from '@firebreak/detect/records'

/**
 * One row of a table: a field of Sigma's, and the members of the event that it comes from, the first that is there.
 * A member is a path, `process.audit_token.pid`; `a / b` is two members joined as a path, `a - b` joined by a dash.
 * A list is its values, joined by one space.
 */
export type FieldRow = readonly [field: string, ...from: readonly string[]]

export type JsonObject = Readonly<Record<string, unknown>>
export type FieldMap = Readonly<Record<string, RecordValue>>
type Take = (event: JsonObject) => RecordValue | undefined

const strictText = new TextDecoder('utf-8', { fatal: true })

/** The one JSON object that the line is; null when it is anything else. */
export function parseObject(line: Uint8Array): JsonObject | null {
  try {
    return objectOf(JSON.parse(strictText.decode(line)))
  } catch {
    return null // SyntaxError, or a TypeError for what is not UTF-8
  }
}

export function objectOf(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null
}

/** The member at a path, own members only. */
export function memberAt(event: JsonObject, path: readonly string[]): unknown {
  let value: unknown = event
  for (const key of path) {
    const inner = objectOf(value)
    if (inner === null || !Object.hasOwn(inner, key)) return undefined
    value = inner[key]
  }
  return value
}

/** A function that fills the fields of `rows` from an event; members that are absent leave their fields absent. */
export function fillerOf(rows: readonly FieldRow[]): (event: JsonObject) => FieldMap {
  const takes = rows.map(([field, ...from]) => [field, from.map(takeOf)] as const)
  return (event) => {
    const fields: Record<string, RecordValue> = {}
    for (const [field, sources] of takes) {
      for (const take of sources) {
        const value = take(event)
        if (value === undefined) continue
        fields[field] = value
        break
      }
    }
    return fields
  }
}

function takeOf(source: string): Take {
  const [first = '', joint, second] = source.split(' ')
  const one = first.split('.')
  if (joint === undefined || second === undefined) return (event) => valueOf(memberAt(event, one))
  const other = second.split('.')
  return (event) => join(valueOf(memberAt(event, one)), joint, valueOf(memberAt(event, other)))
}

function join(first: RecordValue | undefined, joint: string, second: RecordValue | undefined): string | undefined {
  if (first === undefined || second === undefined) return undefined
  const text = String(first)
  return joint === '/' && text.endsWith('/') ? `${text}${second}` : `${text}${joint}${second}`
}

/** Scalars, and lists of them as one text. Null is what a source says when it does not know. */
function valueOf(value: unknown): RecordValue | undefined {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  if (!Array.isArray(value)) return undefined
  return value.filter((one) => typeof one !== 'object').join(' ')
}
