import { describeSource, type ImageRule, type ImageSource, readSource, type VerifiedImage } from '@firebreak/content'
import { diffIndicators, type IndicatorChange } from './indicator-diff.ts'

/** What of a rule, correlation or YARA file is another than before. */
export const CHANGED_PARTS = ['log-source', 'logic', 'level', 'metadata'] as const
export type ChangedPart = (typeof CHANGED_PARTS)[number]

/** One rule, correlation or YARA file that is not what it was. */
export interface PieceChange {
  readonly what: 'rule' | 'correlation' | 'yara'
  readonly change: 'added' | 'removed' | 'changed'
  /** Of a YARA file its name. */
  readonly id: string
  readonly title: string
  /** As it is now; of what was removed, as it was. '': YARA. */
  readonly level: string
  /** Only of what has it before and after; null: the same. */
  readonly levelBefore: string | null
  /** In the order of CHANGED_PARTS; empty unless `changed`. */
  readonly parts: readonly ChangedPart[]
}

/** What two images say that is different, without looking at any event. */
export interface ContentDiff {
  /** In no order. */
  readonly pieces: readonly PieceChange[]
  /** Rules, correlations and YARA files that are the same in both. */
  readonly same: number
  readonly indicators: readonly IndicatorChange[]
  /** Fields that no rule of the log source read before. */
  readonly fieldsAdded: readonly { readonly source: string; readonly field: string }[]
  readonly fieldsRemoved: number
  readonly featuresAdded: readonly string[]
  readonly featuresRemoved: readonly string[]
}

/** A piece as a diff sees it: by its id, with each of its parts as one text. */
export interface Piece extends Pick<PieceChange, 'what' | 'id' | 'title' | 'level'> {
  readonly parts: Readonly<Record<ChangedPart, string>>
}

export type Pieces = ReadonlyMap<string, Piece>
type Sided = { readonly image: VerifiedImage; readonly pieces: Pieces }

/** @param running - null: nothing runs yet, so everything is added */
export function diffContent({ image: candidate, pieces: after }: Sided, old: Sided | null): ContentDiff {
  const running = old?.image ?? null
  const before: Pieces = old?.pieces ?? new Map()
  const known = [...new Map([...before, ...after])]
  const pieces = known.flatMap(([key, piece]) => pieceChange(piece, after.has(key), before.get(key)))
  const [reads, read] = [fieldsOf(candidate), running ? fieldsOf(running) : new Set<string>()]
  const features = new Set(running?.features)
  return {
    pieces,
    same: known.length - pieces.length,
    indicators: diffIndicators(candidate.tables.indicators, running?.tables.indicators ?? null),
    fieldsAdded: [...reads.difference(read)].map((key) => {
      const [source = '', field = ''] = key.split('\n')
      return { source, field }
    }),
    fieldsRemoved: read.difference(reads).size,
    featuresAdded: candidate.features.filter((one) => !features.has(one)),
    featuresRemoved: [...features].filter((one) => !candidate.features.includes(one)),
  }
}

/** @param piece - as it is now; of what was removed, as it was */
function pieceChange(piece: Piece, isThere: boolean, before: Piece | undefined): readonly PieceChange[] {
  const { what, id, title, level } = piece
  const head = { what, id, title, level, levelBefore: null, parts: [] }
  if (!isThere) return [{ ...head, change: 'removed' }]
  if (before === undefined) return [{ ...head, change: 'added' }]
  const parts = CHANGED_PARTS.filter((part) => piece.parts[part] !== before.parts[part])
  if (parts.length === 0) return []
  return [{ ...head, change: 'changed', levelBefore: parts.includes('level') ? before.level : null, parts }]
}

/** By kind and id. */
export function piecesOf(image: VerifiedImage): Pieces {
  const source = readSource(image)
  const pieces = [
    ...source.rules.map(rulePiece),
    ...source.correlations.map(correlationPiece),
    ...source.yara.map(yaraPiece),
  ]
  return new Map(pieces.map((piece) => [`${piece.what} ${piece.id}`, piece]))
}

/** Names of selections are for people; witnesses follow from the program. */
function rulePiece({ id, title, level, tags, custom, logsource, program }: ImageRule): Piece {
  const { condition, selections } = program
  const logic = textOf({ condition, selections: selections.map(({ nodes }) => nodes) })
  const metadata = textOf({ title, tags, custom, names: selections.map(({ name }) => name) })
  return { what: 'rule', id, title, level, parts: { 'log-source': describeSource(logsource), logic, level, metadata } }
}

function correlationPiece({ id, title, level, tags, custom, ...rest }: ImageSource['correlations'][number]): Piece {
  const parts = { 'log-source': '', logic: textOf(rest), level, metadata: textOf({ title, tags, custom }) }
  return { what: 'correlation', id, title, level, parts }
}

function yaraPiece({ name, text }: ImageSource['yara'][number]): Piece {
  const parts = { 'log-source': '', logic: text, level: '', metadata: '' }
  return { what: 'yara', id: name, title: name, level: '', parts }
}

/** The programs of regular expressions are words. */
function textOf(value: unknown): string {
  return JSON.stringify(value, (_, one: unknown) => (one instanceof Uint32Array ? [...one] : one))
}

function fieldsOf({ needs }: VerifiedImage): ReadonlySet<string> {
  return new Set(
    needs.flatMap(({ logsource, fields }) => fields.map((field) => `${describeSource(logsource)}\n${field}`)),
  )
}
