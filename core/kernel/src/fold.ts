/**
 * The one case folding of Firebreak: each UTF-16 unit to its lower case where that is a single unit, else itself.
 * Length-preserving and free of locales, so compiler, verifier and engine agree on every offset. (`toLowerCase`
 * of a whole string lengthens U+0130 and looks at context for U+03A3.)
 */
export function foldCase(text: string): string {
  if (isAscii(text)) return text.toLowerCase()
  let folded = ''
  for (let i = 0; i < text.length; i++) {
    const unit = text.charAt(i)
    const lower = unit.toLowerCase()
    folded += lower.length === 1 ? lower : unit
  }
  return folded
}

function isAscii(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 0x7f) return false
  return true
}
