import { compareTexts, SIGMA_LEVELS, type VerifiedImage } from '@firebreak/content'
import { canonicalJsonBytes, type Json, type Version } from '@firebreak/kernel'
import { MESSAGE_CHARS_MAX, printable } from '../check/check.ts'
import { type ContentDiff, diffContent, type PieceChange, type Pieces, piecesOf } from './content-diff.ts'
import {
  type ByKind,
  diffVerdicts,
  type FiringChange,
  type JudgedTwice,
  sum,
  type VerdictDiff,
} from './verdict-diff.ts'

/**
 * What a change can do to hosts, the riskiest first. Who maintains rules for their own detections fears to lose some (falcosecurity's
 * rules-check calls `removed` and `matches less` the major changes); who releases to a fleet fears the flood, so the order is the other way round.
 */
export const CHANGE_CLASSES = [
  'newly-enabled', // was not there, or not for this log source
  'matches-more', // other logic, and events show that it fires for more
  'unresolved', // other logic, and no event shows the difference: as risky as if it fired for more
  'level-raised',
  'removed',
  'matches-less',
  'level-lowered',
  'metadata',
] as const
export type ChangeClass = (typeof CHANGE_CLASSES)[number]

export interface ClassifiedChange extends Omit<PieceChange, 'what' | 'change'> {
  readonly what: PieceChange['what'] | 'indicator'
  /** fires-otherwise: it is the same, and what it rests on is not. */
  readonly change: PieceChange['change'] | 'fires-otherwise'
  readonly class: ChangeClass
  readonly gained: ByKind
  readonly lost: ByKind
  readonly samples: FiringChange['samples']
}

/** What a candidate changes against the release that hosts run. Plain data, bounded, and the same for the same images and events. */
export interface SemanticDiff extends Omit<ContentDiff, 'pieces'>, Omit<VerdictDiff, 'firing'> {
  /** Null: nothing runs yet, so everything is new. */
  readonly against: { readonly pack: string; readonly version: Version } | null
  /** Riskiest first, at most CHANGES_MAX. */
  readonly changes: readonly ClassifiedChange[]
  /** Of all, also of those that are not listed. */
  readonly byClass: Readonly<Record<ChangeClass, number>>
  readonly byChange: Readonly<Record<ClassifiedChange['change'], number>>
  /** Also of those that are not listed. */
  readonly fieldsAddedCount: number
}

export const CHANGES_MAX = 500
export const FIELDS_LISTED_MAX = 500

/**
 * From images alone: what runs on hosts needs no source.
 *
 * @param corpora - the same events for both, in the same engine
 */
export function semanticDiff(
  candidate: VerifiedImage,
  running: VerifiedImage | null,
  corpora: readonly JudgedTwice[],
): SemanticDiff {
  const next = { image: candidate, pieces: piecesOf(candidate) }
  const old = running && { image: running, pieces: piecesOf(running) }
  const content = diffContent(next, old)
  const { firing, ...verdicts } = diffVerdicts(corpora, running !== null)
  const changes = classified(content.pieces, firing, new Map([...(old?.pieces ?? []), ...next.pieces]))
  const { pieces: _, ...rest } = content
  return {
    against: running && { pack: running.pack, version: running.version },
    ...rest,
    ...verdicts,
    fieldsAdded: content.fieldsAdded
      .slice(0, FIELDS_LISTED_MAX)
      .map(({ source, field }) => ({ source: shown(source), field: shown(field) })),
    fieldsAddedCount: content.fieldsAdded.length,
    changes: changes.slice(0, CHANGES_MAX),
    byClass: tally(
      CHANGE_CLASSES,
      changes.map((one) => one.class),
    ),
    byChange: tally(
      ['added', 'removed', 'changed', 'fires-otherwise'],
      changes.map(({ change }) => change),
    ),
  }
}

/** The same diff as the same bytes: what a report may name by its digest. */
export function encodeSemanticDiff(diff: SemanticDiff): Uint8Array {
  return canonicalJsonBytes(diff as unknown as Json)
}

function classified(
  pieces: readonly PieceChange[],
  firing: readonly FiringChange[],
  known: Pieces,
): readonly ClassifiedChange[] {
  const byId = new Map(firing.map((one) => [one.id, one]))
  const ofPieces = pieces.map((piece) => classify(piece, byId.get(piece.id)))
  const changed = new Set(pieces.map(({ id }) => id))
  const others = firing.filter(({ id }) => !changed.has(id)).map((one) => classify(unchangedPiece(one.id, known), one))
  return [...ofPieces, ...others].toSorted(compareChanges)
}

type Unclassified = Pick<ClassifiedChange, 'what' | 'change' | 'id' | 'title' | 'level' | 'levelBefore' | 'parts'>

function classify(piece: Unclassified, firing: FiringChange | undefined): ClassifiedChange {
  const { gained = NOBODY, lost = NOBODY, samples = [] } = firing ?? {}
  const { what, change, id, title, level, levelBefore, parts } = piece
  const texts = { id: shown(id), title: shown(title), level, levelBefore, parts }
  return { what, change, ...texts, class: classOf(piece, sum(gained), sum(lost)), gained, lost, samples }
}

const NOBODY: ByKind = { benign: 0, attack: 0, tests: 0 }

/** Of all that a change is, the riskiest. */
function classOf({ change, parts, level, levelBefore }: Unclassified, gained: number, lost: number): ChangeClass {
  if (change === 'added' || parts.includes('log-source')) return 'newly-enabled'
  if (change === 'removed') return 'removed'
  const rank = (one: string) => SIGMA_LEVELS.findIndex((known) => known === one)
  const raised = levelBefore === null ? 0 : rank(level) - rank(levelBefore)
  const is: Readonly<Partial<Record<ChangeClass, boolean>>> = {
    'matches-more': gained > 0,
    unresolved: parts.includes('logic') && gained + lost === 0,
    'level-raised': raised > 0,
    'matches-less': lost > 0,
    'level-lowered': raised < 0,
  }
  return CHANGE_CLASSES.find((one) => is[one]) ?? 'metadata'
}

/** Of an indicator, or of a piece that fires otherwise because of another: a correlation, say, of a rule that changed. */
function unchangedPiece(id: string, known: Pieces): Unclassified {
  const same = { change: 'fires-otherwise', levelBefore: null, parts: [] } as const
  const piece = known.get(`rule ${id}`) ?? known.get(`correlation ${id}`)
  if (piece === undefined) return { what: 'indicator', id, title: id, level: '', ...same }
  return { what: piece.what, id, title: piece.title, level: piece.level, ...same }
}

function compareChanges(a: ClassifiedChange, b: ClassifiedChange): number {
  const byClass = CHANGE_CLASSES.indexOf(a.class) - CHANGE_CLASSES.indexOf(b.class)
  return byClass || b.gained.benign - a.gained.benign || sum(b.gained) - sum(a.gained) || compareTexts(a.id, b.id)
}

function tally<K extends string>(keys: readonly K[], found: readonly K[]): Readonly<Record<K, number>> {
  const counts = keys.map((key) => [key, found.filter((one) => one === key).length] as const)
  return Object.fromEntries(counts) as Record<K, number>
}

function shown(text: string): string {
  return printable(text, MESSAGE_CHARS_MAX)
}
