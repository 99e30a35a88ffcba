import { ContentError } from '../errors.ts'
import { PLACEHOLDER_PIECES_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'

/** The texts of each placeholder, by its name without the percent signs; as an author would write them. */
export type PlaceholderTables = ReadonlyMap<string, readonly string[]>

export type Split =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: string }

/**
 * Finds each `%name%`. A percent sign behind a backslash is a plain one, and the backslash goes; every other escape
 * stays for whoever reads the text.
 *
 * @see Sigma specification 2.1.0, Placeholders
 */
export function splitPlaceholders(source: string): readonly Split[] {
  const pieces: Split[] = []
  let text = ''
  for (const [token, name] of source.matchAll(/\\[\\*?%]|%(\w+)%|[^]/gu)) {
    if (name === undefined) text += token === '\\%' ? '%' : token
    else {
      pieces.push({ kind: 'text', text }, { kind: 'placeholder', name })
      text = ''
    }
  }
  pieces.push({ kind: 'text', text })
  return pieces
}

/**
 * Every combination of the values of the placeholders of one value.
 *
 * @throws ContentError content/modifier for a placeholder without a table or with an empty one, content/limit
 */
export function fillPlaceholders<Piece>(
  pieces: readonly Piece[],
  nameOf: (piece: Piece) => string | null,
  tables: PlaceholderTables,
  read: (text: string) => readonly Piece[],
): readonly (readonly Piece[])[] {
  let filled: readonly (readonly Piece[])[] = [[]]
  for (const piece of pieces) {
    const name = nameOf(piece)
    const options = name === null ? [[piece]] : valuesOf(name, tables).map(read)
    if (filled.length * options.length > VALUES_PER_ITEM_MAX) throw tooMany(VALUES_PER_ITEM_MAX, 'combinations')
    filled = filled.flatMap((before) => options.map((option) => [...before, ...option]))
    const count = filled.reduce((sum, one) => sum + one.length, 0)
    if (count > PLACEHOLDER_PIECES_MAX) throw tooMany(PLACEHOLDER_PIECES_MAX, 'pieces')
  }
  return filled
}

function valuesOf(name: string, tables: PlaceholderTables): readonly string[] {
  const values = tables.get(name)
  if (values !== undefined && values.length > 0) return values
  const why = values === undefined ? 'the pack has no values for it' : 'its list of values is empty'
  throw new ContentError('content/modifier', `Cannot expand %${name}%: ${why}`)
}

function tooMany(max: number, what: string): ContentError {
  return new ContentError('content/limit', `Cannot expand the placeholders of a value: more than ${max} ${what}`)
}
