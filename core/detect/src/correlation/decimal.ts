import { DECIMAL_CHARS_MAX, DECIMAL_MAX } from './limits.ts'

/**
 * The number that a field's text is, or null: digits with an optional sign, fraction and exponent, as in JSON, leading zeros
 * allowed; no blanks, no hexadecimal, nothing beyond DECIMAL_MAX or DECIMAL_CHARS_MAX.
 *
 * @param text - hostile
 */
export function parseDecimal(text: string): number | null {
  if (text.length > DECIMAL_CHARS_MAX) return null
  let at = text.startsWith('-') ? 1 : 0
  const whole = digits(text, at)
  if (whole === at) return null
  at = whole
  if (text.charAt(at) === '.') {
    const fraction = digits(text, at + 1)
    if (fraction === at + 1) return null
    at = fraction
  }
  if (text.charAt(at) === 'e' || text.charAt(at) === 'E') {
    const sign = text.charAt(at + 1)
    const first = sign === '+' || sign === '-' ? at + 2 : at + 1
    at = digits(text, first)
    if (at === first) return null
  }
  const value = Number(text)
  return at === text.length && Math.abs(value) <= DECIMAL_MAX ? value : null
}

/** The place behind a run of digits. */
function digits(text: string, from: number): number {
  let at = from
  while (at < text.length && text.charCodeAt(at) >= 0x30 && text.charCodeAt(at) <= 0x39) at++
  return at
}
