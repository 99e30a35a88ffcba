/** Of a value of an event, more is not looked at. */
export const VALUE_BYTES_MAX = 32_768
/** A UTF-16 unit needs at most three bytes of UTF-8. */
const BYTES_PER_UNIT_MAX = 3

/** A value of an event, as rules see it: well-formed, cut at VALUE_BYTES_MAX. */
export class Text {
  readonly exact: string
  #folded: string | undefined

  constructor(raw: string) {
    this.exact = cut(raw.toWellFormed())
  }

  /** Without case; computed once, since many rules ask. */
  get folded(): string {
    this.#folded ??= foldCase(this.exact)
    return this.#folded
  }
}

/**
 * One unit of UTF-16 to one unit: what has no lower case of one unit stays as it is, so no text changes its length, and
 * no locale has a say.
 */
export function foldCase(text: string): string {
  return text.replaceAll(/[A-Z\u0080-\uffff]/g, (unit) => {
    const lower = unit.toLowerCase()
    return lower.length === 1 ? lower : unit
  })
}

/** The longest start of whole code points that fits. */
function cut(text: string): string {
  if (text.length * BYTES_PER_UNIT_MAX <= VALUE_BYTES_MAX) return text
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += utf8Size(character.codePointAt(0) ?? 0)
    if (bytes > VALUE_BYTES_MAX) break
    end += character.length
  }
  return text.slice(0, end)
}

function utf8Size(codePoint: number): number {
  if (codePoint < 0x80) return 1
  if (codePoint < 0x800) return 2
  return codePoint < 0x10000 ? 3 : 4
}
