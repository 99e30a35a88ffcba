/** Bytes of ASCII that formats are made of. */
export const BYTE = {
  tab: 0x09,
  newline: 0x0a,
  return: 0x0d,
  space: 0x20,
  quote: 0x22,
  comma: 0x2c,
  openBracket: 0x5b,
  backslash: 0x5c,
  closeBracket: 0x5d,
  openBrace: 0x7b,
  closeBrace: 0x7d,
} as const

/** JSON's own white space. */
export function isBlank(byte: number): boolean {
  return byte === BYTE.space || byte === BYTE.newline || byte === BYTE.return || byte === BYTE.tab
}
