import type { LogSource } from '../sigma/ast.ts'

/** A rule that names `from` reads the event's field `to`. */
export interface FieldAlias {
  readonly from: string
  readonly to: string
}

/** Which events of a channel belong to a log source. Events are recognised by their fields Channel and EventID. */
export interface Route {
  /** Folded. */
  readonly channel: string
  /** Null: every event of the channel. */
  readonly eventId: number | null
  /** One more condition; the value is folded. */
  readonly when: { readonly field: string; readonly value: string } | null
  /** What the event then belongs to; an event belongs to one log source for each of its routes. */
  readonly source: LogSource
  readonly aliases: readonly FieldAlias[]
}

/**
 * Which records of the Linux audit system belong to a log source. They have no channel: an event is such a record when
 * nobody declared what it is, its field Channel is absent or names none of ours, and its field `type` is, to the letter,
 * in AUDIT_RECORD_TYPES.
 */
export interface AuditRoute {
  /** Null: every record. */
  readonly recordType: string | null
  readonly source: LogSource
  readonly aliases: readonly FieldAlias[]
  /**
   * Where the log source has a field CommandLine that the record spells out as numbered arguments: it is the values of
   * the fields `prefix0`, `prefix1` and so on up to the first that is absent or null, joined by one space.
   */
  readonly commandLine: { readonly prefix: string } | null
}

/** `category: x, product: y`, as in a rule; for people. */
export function describeSource({ category, product, service }: LogSource): string {
  const parts = [
    ...(category === null ? [] : [`category: ${category}`]),
    ...(product === null ? [] : [`product: ${product}`]),
    ...(service === null ? [] : [`service: ${service}`]),
  ]
  return parts.length === 0 ? 'no log source' : parts.join(', ')
}
