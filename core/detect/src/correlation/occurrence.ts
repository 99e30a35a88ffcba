import { CHAR_BYTES, COLUMN_CHARS_MAX, ENTRY_BYTES } from './limits.ts'

/** An event that matched a rule, with the values of all fields that a correlation may read. */
export interface Occurrence {
  readonly timeMs: number
  readonly sequence: number
  readonly rule: number
  readonly reference: number
  readonly values: ReadonlyMap<number, string | null>
  /** Memory, roughly. */
  readonly bytes: number
  readonly valuesCut: number
}

/** @param valueOf - hostile text; null is absent or null */
export function captureOccurrence(
  event: Pick<Occurrence, 'timeMs' | 'sequence' | 'rule' | 'reference'>,
  fields: ReadonlySet<number>,
  valueOf: (field: number) => string | null,
): Occurrence {
  const values = new Map<number, string | null>()
  let bytes = ENTRY_BYTES
  let valuesCut = 0
  for (const field of fields) {
    const whole = valueOf(field)
    const value = whole !== null && whole.length > COLUMN_CHARS_MAX ? cut(whole) : whole
    if (value !== whole) valuesCut++
    values.set(field, value)
    bytes += ENTRY_BYTES + (value?.length ?? 0) * CHAR_BYTES
  }
  return { ...event, values, bytes, valuesCut }
}

/** Built unit by unit: a slice would keep the whole text alive. */
function cut(text: string): string {
  const units: number[] = []
  for (let i = 0; i < COLUMN_CHARS_MAX; i++) units.push(text.charCodeAt(i))
  return String.fromCharCode(...units)
}
