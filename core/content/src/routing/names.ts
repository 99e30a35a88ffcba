/** The names in a text, which keeps long tables readable. */
export function namesIn(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
