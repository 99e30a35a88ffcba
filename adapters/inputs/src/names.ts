/** The words of a text: lists of names are easier to read without quotes. */
export function namesIn(text: string): readonly string[] {
  return text.trim().split(/\s+/)
}
