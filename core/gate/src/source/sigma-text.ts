/** A Sigma string as pieces: literal text, `*` as 'any', `?` as 'one'. */
export type Piece = 'any' | 'one' | { readonly text: string }

/**
 * Reads a Sigma string: a backslash makes a following `*`, `?` or `\` literal, and is itself literal before anything else.
 *
 * @see Sigma specification 2.1.0, Escape Character
 */
export function readPieces(source: string): readonly Piece[] {
  const pieces: Piece[] = []
  let text = ''
  for (const [token] of source.matchAll(/\\[*?\\]|[^]/gu)) {
    const wildcard = token === '*' ? 'any' : token === '?' ? 'one' : null
    if (wildcard === null) {
      text += token.length > 1 && token.startsWith('\\') ? token.slice(1) : token
      continue
    }
    if (text !== '') pieces.push({ text })
    text = ''
    pieces.push(wildcard)
  }
  if (text !== '') pieces.push({ text })
  return pieces
}

export function hasWildcard(pieces: readonly Piece[]): boolean {
  return pieces.some((one) => one === 'any' || one === 'one')
}
