/**
 * Event values, file names and titles are hostile. What a browser would act on becomes text, and what would change how the
 * text around it reads (control characters, direction marks, characters without width) is shown as its number.
 */
export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;')
    .replaceAll(HIDDEN, (character) => `<span class="code">${codeOf(character)}</span>`)
}

/** The same, for an attribute or a title: without elements. */
export function escapeAttribute(text: string): string {
  return escapeHtml(text.replaceAll(HIDDEN, codeOf))
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
