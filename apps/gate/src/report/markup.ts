/** Text that is markup already: only `html` makes it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Shown = string | number | Html | readonly Html[] | null

/**
 * Markup in which every value is text, whatever it holds: content, engines and file names are hostile. Elements come from the templates of
 * this folder alone. Attributes are written with double quotes.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Shown[]): Html {
  return new Html(strings.map((part, i) => part + shown(values[i] ?? null)).join(''))
}

function shown(value: Shown): string {
  if (value === null) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return escaped(String(value))
}

/** What a browser would act on becomes text; what hides, or turns the text around it, is shown as its number. */
function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(
      HIDDEN,
      (character) => `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`,
    )
}

/** Line ends and tabs are text; lone halves of surrogates are not. */
const HIDDEN = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?![\n\t])\p{Cc}/gu
