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
  const slots = pieces.map((piece) => {
    const name = nameOf(piece)
    return name === null ? [[piece]] : valuesOf(name, tables).map(read)
  })
  const combinations = slots.reduce((product, options) => product * options.length, 1)
  if (combinations > VALUES_PER_ITEM_MAX) throw tooMany(VALUES_PER_ITEM_MAX, 'combinations')
  if (combinations * slots.length > PLACEHOLDER_PIECES_MAX) throw tooMany(PLACEHOLDER_PIECES_MAX, 'pieces')
  return Array.from({ length: combinations }, (_, number) => combination(slots, combinations, number))
}

/** Combinations are numbered as they are read: the last placeholder changes first. */
function combination<Piece>(
  slots: readonly (readonly (readonly Piece[])[])[],
  combinations: number,
  number: number,
): readonly Piece[] {
  let stride = combinations
  return slots.flatMap((options) => {
    stride /= options.length
    return options[Math.floor(number / stride) % options.length] ?? []
  })
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
