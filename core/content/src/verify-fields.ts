import { FIELD_WORDS } from './image-format.ts'
import { recordCount, refuseWord, type Section, word } from './image-sections.ts'
import { FIELD_NAME_CHARS_MAX, FIELDS_MAX, LOGSOURCE_CHARS_MAX } from './limits.ts'
import type { StringTable } from './verify-strings.ts'

export interface DeclaredField {
  readonly category: string
  readonly field: string
}

/** The fields that an image declares, and which of them something reads: in the end exactly all. */
export class DeclaredFields {
  readonly list: readonly DeclaredField[]
  readonly #section: Section
  readonly #used: Uint8Array

  constructor(section: Section, strings: StringTable) {
    this.#section = section
    const count = recordCount(section, FIELD_WORDS, FIELDS_MAX)
    const list: DeclaredField[] = []
    for (let i = 0; i < count; i++) list.push(readField(section, i, strings))
    this.list = list
    this.#used = new Uint8Array(count)
  }

  /** A word of another section reads this field; that section's error when there is none. */
  used(section: Section, at: number): void {
    const field = word(section, at)
    if (!(field < this.#used.length)) throw refuseWord(section, at, `no field ${field}`)
    this.#used[field] = 1
  }

  /** An indicator at `at` needs this field. */
  usedByName(section: Section, at: number, category: string, field: string): void {
    const found = this.list.findIndex((one) => one.category === category && one.field === field)
    if (found < 0) throw refuseWord(section, at, `${category} ${field} is not declared`)
    this.#used[found] = 1
  }

  /** The string number of the category of a field; NaN when there is none. */
  categoryOf(field: number): number {
    return word(this.#section, FIELD_WORDS * field)
  }

  verifyAllUsed(): void {
    const unused = this.#used.indexOf(0)
    if (unused >= 0) throw refuseWord(this.#section, FIELD_WORDS * unused, `nothing reads field ${unused}`)
  }
}

function readField(section: Section, i: number, strings: StringTable): DeclaredField {
  const at = FIELD_WORDS * i
  const category = strings.named(section, at)
  const field = strings.named(section, at + 1)
  if (category.length > LOGSOURCE_CHARS_MAX || field.length > FIELD_NAME_CHARS_MAX) {
    throw refuseWord(section, at, 'a name is too long')
  }
  const before = i === 0 ? -1 : word(section, at - FIELD_WORDS)
  const sorted =
    before < word(section, at) || (before === word(section, at) && word(section, at - 1) < word(section, at + 1))
  if (!sorted) throw refuseWord(section, at, 'not sorted')
  return { category, field }
}
