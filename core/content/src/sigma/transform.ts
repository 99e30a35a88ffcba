import { assert, unreachable, utf8Encode } from '@firebreak/kernel'
import { ContentError } from '../errors.ts'
import { ITEM_CHARS_MAX, VALUE_CHARS_MAX, VALUES_PER_ITEM_MAX } from '../limits.ts'
import type { Transform } from './modifiers.ts'
import { fillPlaceholders, type PlaceholderTables, splitPlaceholders } from './placeholder.ts'
import { DASHES, type GlobPart, joined, parseSigmaText } from './text-pattern.ts'

type Piece = GlobPart | { readonly kind: 'placeholder'; readonly name: string }

/** A value on its way: text with wildcards, or what an encoding made of it. */
type Draft =
  | { readonly kind: 'pieces'; readonly pieces: readonly Piece[] }
  | { readonly kind: 'bytes'; readonly bytes: Uint8Array }

/**
 * Applies the transforms of an item to one of its texts, from left to right. One text can become several, any of which
 * is to match.
 *
 * @param source - hostile; at most VALUE_CHARS_MAX characters
 * @throws ContentError content/modifier | content/limit
 */
export function transformText(
  source: string,
  transforms: readonly Transform[],
  tables: PlaceholderTables,
): readonly (readonly GlobPart[])[] {
  let drafts: readonly Draft[] = [{ kind: 'pieces', pieces: read(source, transforms.includes('expand')) }]
  for (const transform of transforms) {
    const next: Draft[] = []
    for (const draft of drafts) {
      next.push(...apply(transform, draft, tables))
      if (next.length > VALUES_PER_ITEM_MAX) throw tooMany(transform)
    }
    drafts = next
  }
  return drafts.map(finish)
}

function read(source: string, withPlaceholders: boolean): readonly Piece[] {
  if (!withPlaceholders) return parseSigmaText(source)
  return splitPlaceholders(source).flatMap((one): readonly Piece[] =>
    one.kind === 'text' ? parseSigmaText(one.text) : [one],
  )
}

function apply(transform: Transform, draft: Draft, tables: PlaceholderTables): readonly Draft[] {
  switch (transform) {
    case 'expand':
      return fillPlaceholders(
        piecesOf(draft),
        (piece) => (piece.kind === 'placeholder' ? piece.name : null),
        tables,
        parseSigmaText,
      ).map((pieces): Draft => ({ kind: 'pieces', pieces: joined(pieces as readonly GlobPart[]) }))
    case 'windash':
      return [{ kind: 'pieces', pieces: piecesOf(draft).flatMap(withDashes) }]
    case 'utf16':
    case 'utf16le':
    case 'utf16be':
      return literals(draft, transform).map((text): Draft => ({ kind: 'bytes', bytes: utf16(text, transform) }))
    case 'base64':
      return encodable(draft, transform).map((bytes) => textDraft(base64(bytes)))
    case 'base64offset':
      return encodable(draft, transform).flatMap((bytes) => base64Offsets(bytes).map(textDraft))
    default:
      return unreachable(transform)
  }
}

function piecesOf(draft: Draft): readonly Piece[] {
  assert(draft.kind === 'pieces', 'only an encoding follows an encoding')
  return draft.pieces
}

/** A byte that is no text is the character of its number, as tools show raw bytes. */
function finish(draft: Draft): readonly GlobPart[] {
  if (draft.kind === 'pieces') return draft.pieces.filter((piece) => piece.kind !== 'placeholder')
  return [{ kind: 'text', text: Array.from(draft.bytes, (byte) => String.fromCharCode(byte)).join('') }]
}

function textDraft(text: string): Draft {
  return { kind: 'pieces', pieces: [{ kind: 'text', text }] }
}

/**
 * A dash at the start or after what is not of a word, and before what is, begins a switch. Which of the five it is does
 * not matter then.
 */
function withDashes(piece: Piece): readonly Piece[] {
  if (piece.kind !== 'text') return [piece]
  return piece.text
    .split(SWITCH)
    .flatMap((text, i): readonly Piece[] =>
      i === 0 ? [{ kind: 'text', text }] : [{ kind: 'dash' }, { kind: 'text', text }],
    )
}

const WORD = '[\\p{L}\\p{M}\\p{N}_]'
const SWITCH = new RegExp(`(?<!${WORD})[${DASHES.join('')}](?=${WORD})`, 'u')

/** The texts without wildcards that a value stands for: an encoding of a wildcard would match nothing. */
function literals(draft: Draft, transform: Transform): readonly string[] {
  let texts: readonly string[] = ['']
  for (const piece of piecesOf(draft)) {
    if (piece.kind === 'any' || piece.kind === 'one') {
      throw new ContentError('content/modifier', `Cannot use modifier ${transform}: the value has a wildcard`)
    }
    const options = piece.kind === 'text' ? [piece.text] : DASHES
    if (texts.length * options.length > VALUES_PER_ITEM_MAX) throw tooMany(transform)
    texts = texts.flatMap((text) => options.map((option) => text + option))
    // All are of one length: every dash is one UTF-16 unit.
    const chars = texts[0]?.length ?? 0
    if (chars > VALUE_CHARS_MAX || texts.length * chars > ITEM_CHARS_MAX) throw tooLong(transform)
  }
  return texts
}

function encodable(draft: Draft, transform: Transform): readonly Uint8Array[] {
  return draft.kind === 'bytes' ? [draft.bytes] : literals(draft, transform).map(utf8Encode)
}

function utf16(text: string, order: 'utf16' | 'utf16le' | 'utf16be'): Uint8Array {
  const marked = order === 'utf16' ? `\ufeff${text}` : text
  const bytes = new Uint8Array(2 * marked.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < marked.length; i++) view.setUint16(2 * i, marked.charCodeAt(i), order !== 'utf16be')
  return bytes
}

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/'

/** RFC 4648, section 4, with padding. */
function base64(bytes: Uint8Array): string {
  let text = ''
  for (let i = 0; i < bytes.length; i += 3) {
    const [a = 0, b = 0, c = 0] = bytes.subarray(i, i + 3)
    const bits = (a << 16) | (b << 8) | c
    const four = [18, 12, 6, 0].map((shift) => BASE64.charAt((bits >> shift) & 63)).join('')
    text += four.slice(0, Math.min(4, bytes.length - i + 1)).padEnd(4, '=')
  }
  return text
}

/** Characters of the encoding that also depend on what is before the bytes, by their shift; and after, by their end. */
const HEAD_CHARS = [0, 2, 3] as const
const TAIL_CHARS = [0, 3, 2] as const

/** What stays the same of the encoded bytes wherever they are in an encoded text: one text for each shift. */
function base64Offsets(bytes: Uint8Array): readonly string[] {
  return HEAD_CHARS.map((head, shift) => {
    const shifted = new Uint8Array(shift + bytes.length)
    shifted.set(bytes, shift)
    const encoded = base64(shifted)
    const text = encoded.slice(head, encoded.length - (TAIL_CHARS[shifted.length % 3] ?? 0))
    if (text !== '') return text
    const message = 'Cannot use modifier base64offset: the value is too short to be told apart in an encoded text'
    throw new ContentError('content/modifier', message)
  })
}

function tooMany(transform: Transform): ContentError {
  return new ContentError('content/limit', `Cannot use modifier ${transform}: more than ${VALUES_PER_ITEM_MAX} values`)
}

function tooLong(transform: Transform): ContentError {
  return new ContentError(
    'content/limit',
    `Cannot use modifier ${transform}: more than ${VALUE_CHARS_MAX} characters, or ${ITEM_CHARS_MAX} in all`,
  )
}
