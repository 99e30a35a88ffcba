/** What a Sigma string is made of: runs of literal text, `*` and `?`. */
export type Piece = 'text' | 'any' | 'one'

/**
 * Reads a Sigma string: a backslash makes a following `*`, `?` or `\` literal, and is itself literal before anything else.
 *
 * @see Sigma specification 2.1.0, Escape Character
 */
export function readPieces(source: string): readonly Piece[] {
  const pieces: Piece[] = []
  for (const [token] of source.matchAll(/\\[*?\\]|[^]/g)) {
    const piece = token === '*' ? 'any' : token === '?' ? 'one' : 'text'
    if (piece !== 'text' || pieces.at(-1) !== 'text') pieces.push(piece)
  }
  return pieces
}
