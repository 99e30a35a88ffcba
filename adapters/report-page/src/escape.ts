/**
 * Text of others (events, file names, titles, what engines say) is hostile. What a browser would act on becomes text, and what would
 * change how the text around it reads (control characters, direction marks, characters without width) is shown as its number.
 *
 * @param show - how such a number is written: markup for elements; plain, as without it, for attributes and titles
 */
export function escapeHtml(text: string, show: (code: string) => string = (code) => code): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(HIDDEN, (character) => show(codeOf(character)))
}

/** JSON for a data block of a page: nothing in it can end the block. */
export function jsonForHtml(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', String.raw`\u003c`)
    .replaceAll('\u2028', String.raw`\u2028`)
    .replaceAll('\u2029', String.raw`\u2029`)
}

/** Line ends and tabs are text; lone halves of surrogates are not. */
const HIDDEN = /[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]|(?![\n\t])\p{Cc}/gu

function codeOf(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
}
