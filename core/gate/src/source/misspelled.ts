/** Short words are near to many others that are meant: `score` is not `scope`. */
const CHARS_MIN = 6

/** The other word that `text` is one slip of the keyboard away from: a letter more, less, other, or two exchanged. */
export function misspelled(text: string, words: readonly string[]): string | null {
  const lower = text.toLowerCase()
  return words.find((word) => word.length >= CHARS_MIN && isOneSlipAway(lower, word)) ?? null
}

function isOneSlipAway(text: string, word: string): boolean {
  let start = 0
  while (start < text.length && text[start] === word[start]) start++
  const left = text.slice(start)
  const right = word.slice(start)
  const isExchanged = left[0] === right[1] && left[1] === right[0] && left.slice(2) === right.slice(2)
  return isExchanged || left.slice(1) === right.slice(1) || left.slice(1) === right || left === right.slice(1)
}
