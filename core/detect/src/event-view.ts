import { FIELD_WORDS, type ImageTables } from '@firebreak/content'
import { foldCase } from '@firebreak/kernel'
import type { HostEvent } from './events.ts'
import type { FieldText } from './predicates.ts'
import { item, word } from './trap.ts'

/** Characters of a field that the engine reads; more is cut off and counted. */
export const FIELD_CHARS_MAX = 32_768

/** The fields of the event under evaluation, each read and folded at most once, when something asks for it. */
export class EventView {
  readonly #names: readonly string[]
  readonly #values: (FieldText | null)[]
  /** The event for which a value was read. */
  readonly #readFor: (HostEvent | null)[]
  #event: HostEvent | null = null
  #truncated = 0

  constructor(tables: ImageTables) {
    const names: string[] = []
    for (let at = 0; at < tables.fields.length; at += FIELD_WORDS) {
      names.push(item(tables.strings, word(tables.fields, at + 1, 'fields'), 'strings'))
    }
    this.#names = names
    this.#values = names.map(() => null)
    this.#readFor = names.map(() => null)
  }

  /** Field values that were longer than FIELD_CHARS_MAX, since the engine was created. */
  get truncated(): number {
    return this.#truncated
  }

  show(event: HostEvent): void {
    this.#event = event
  }

  /** Forgets the event, so that the next one is read afresh even if it is the same object. */
  clear(): void {
    this.#event = null
    this.#readFor.fill(null)
    this.#values.fill(null)
  }

  name(field: number): string {
    return item(this.#names, field, 'fields')
  }

  /** @throws DetectError detect/trap */
  value(field: number): FieldText | null {
    if (this.#readFor[field] === this.#event) return this.#values[field] ?? null
    const text = this.#read(this.name(field))
    const value = text === null ? null : { text, folded: foldCase(text) }
    this.#values[field] = value
    this.#readFor[field] = this.#event
    return value
  }

  #read(name: string): string | null {
    const text = this.#event === null ? null : fieldText(this.#event, name)
    if (text === null || text.length <= FIELD_CHARS_MAX) return text
    this.#truncated++
    return truncate(text)
  }
}

/** A field as text: numbers in their canonical decimal form. Absent and null are null. */
export function fieldText(event: HostEvent, name: string): string | null {
  // Own fields only: `constructor` is not a field of every event.
  const value = Object.hasOwn(event.fields, name) ? event.fields[name] : null
  if (value === null || value === undefined) return null
  return typeof value === 'string' ? value : String(value)
}

/** The first FIELD_CHARS_MAX characters, without half a surrogate pair at the end. */
export function truncate(text: string): string {
  const cut = text.slice(0, FIELD_CHARS_MAX)
  return text.length > FIELD_CHARS_MAX && /[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut
}
