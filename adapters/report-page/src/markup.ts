import { escapeHtml } from './escape.ts'

/** Text that is markup already: only `html` makes it. */
export class Html {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

export type Shown = string | number | Html | readonly Html[] | null

/**
 * Markup in which every value is text, whatever it holds: content, engines and file names are hostile. Elements come from templates
 * alone. Attributes are written with double quotes.
 */
export function html(strings: TemplateStringsArray, ...values: readonly Shown[]): Html {
  return new Html(strings.map((part, i) => part + shown(values[i] ?? null)).join(''))
}

function shown(value: Shown): string {
  if (value === null) return ''
  if (value instanceof Html) return value.text
  if (typeof value === 'object') return value.map(({ text }) => text).join('')
  return escapeHtml(String(value))
}
