import {
  ALIAS,
  FAIL,
  GROUP,
  HEADER_WORDS,
  MATCH,
  NODE,
  NONE,
  OPERATORS,
  PREDICATE,
  ROUTE,
  RULE,
  SECTIONS,
  type SectionName,
  SELECTION,
  WITNESS,
} from '@firebreak/content'
import type { Random } from '@firebreak/fuzz'

/** Words of one record, of the sections that have records. */
const RECORD_WORDS: Partial<Readonly<Record<SectionName, number>>> = {
  fields: 1,
  groups: GROUP.words,
  needs: 2,
  routes: ROUTE.words,
  aliases: ALIAS.words,
  rules: RULE.words,
  texts: 1,
  selections: SELECTION.words,
  nodes: NODE.words,
  predicates: PREDICATE.words,
  values: 1,
  witnesses: WITNESS.words,
}
const MUTATIONS_MAX = 3
const ODD_WORDS = [0, 1, 2, 0x7fffffff, 0x80000000, MATCH, FAIL, NONE - 2]

/** An image as the words of its sections, so that one can grow while the header stays right. */
type Draft = Map<SectionName, number[]>

export interface ImageWords {
  readonly header: readonly number[]
  readonly sections: ReadonlyMap<SectionName, readonly number[]>
}

/**
 * A damaged copy of an image. Half of the changes know the format: they move a jump, an operator or a record, and repair
 * the section table, so that what follows the header is reached.
 */
export function mutateImage(original: ImageWords, random: Random): Uint8Array {
  const draft: Draft = new Map([...original.sections].map(([name, words]) => [name, words.slice()]))
  for (let left = 1 + random.below(MUTATIONS_MAX); left > 0; left--) random.pick(CHANGES)(draft, random)
  const changed = writeDraft(draft, original.header)
  if (random.below(16) === 0) changed[random.below(changed.length)] = random.below(256)
  return random.below(64) === 0 ? changed.subarray(0, random.below(changed.length)) : changed
}

type Change = (draft: Draft, random: Random) => void

const CHANGES: readonly Change[] = [
  flipBit,
  setWord,
  setWord,
  swapWords,
  swapRecords,
  splice,
  dropRecord,
  repeatRecord,
  moveJump,
  moveJump,
  changeOperator,
  changeField,
  nudge,
  nudge,
  changeText,
]

function sectionOf(draft: Draft, random: Random): number[] {
  const filled = [...draft.values()].filter((words) => words.length > 0)
  return random.pick(filled)
}

function flipBit(draft: Draft, random: Random): void {
  const words = sectionOf(draft, random)
  const at = random.below(words.length)
  words[at] = ((words[at] ?? 0) ^ (1 << random.below(32))) >>> 0
}

function setWord(draft: Draft, random: Random): void {
  const words = sectionOf(draft, random)
  const value = random.below(2) === 0 ? random.pick(ODD_WORDS) : random.below(words.length + 2)
  words[random.below(words.length)] = value
}

function nudge(draft: Draft, random: Random): void {
  const words = sectionOf(draft, random)
  const at = random.below(words.length)
  words[at] = ((words[at] ?? 0) + random.pick([-1, 1, 2, 4])) >>> 0
}

function swapWords(draft: Draft, random: Random): void {
  const words = sectionOf(draft, random)
  const [a, b] = [random.below(words.length), random.below(words.length)]
  ;[words[a], words[b]] = [words[b] ?? 0, words[a] ?? 0]
}

/** A section with records, its words and the place of one record. */
function recordOf(
  draft: Draft,
  random: Random,
): { readonly words: number[]; readonly size: number; readonly at: number } | null {
  const name = random.pick(SECTIONS)
  const size = RECORD_WORDS[name]
  const words = draft.get(name) ?? []
  return size === undefined || words.length < size
    ? null
    : { words, size, at: size * random.below(words.length / size) }
}

function swapRecords(draft: Draft, random: Random): void {
  const record = recordOf(draft, random)
  if (record === null) return
  const { words, size, at } = record
  const other = size * random.below(words.length / size)
  const [a, b] = [words.slice(at, at + size), words.slice(other, other + size)]
  words.splice(at, size, ...b)
  words.splice(other, size, ...a)
}

function splice(draft: Draft, random: Random): void {
  const [from, to] = [sectionOf(draft, random), sectionOf(draft, random)]
  const start = random.below(from.length)
  const run = from.slice(start, start + 1 + random.below(8))
  to.splice(random.below(to.length), run.length, ...run)
}

function dropRecord(draft: Draft, random: Random): void {
  const record = recordOf(draft, random)
  record?.words.splice(record.at, record.size)
}

function repeatRecord(draft: Draft, random: Random): void {
  const record = recordOf(draft, random)
  if (record !== null) record.words.splice(record.at, 0, ...record.words.slice(record.at, record.at + record.size))
}

function moveJump(draft: Draft, random: Random): void {
  const words = draft.get('nodes') ?? []
  if (words.length === 0) return
  const at = NODE.words * random.below(words.length / NODE.words) + random.pick([NODE.whenTrue, NODE.whenFalse])
  words[at] = random.pick([MATCH, FAIL, random.below(8), (words[at] ?? 0) + 1])
}

function changeOperator(draft: Draft, random: Random): void {
  const words = draft.get('predicates') ?? []
  if (words.length === 0) return
  const at = PREDICATE.words * random.below(words.length / PREDICATE.words)
  words[at + PREDICATE.operator] = random.below(OPERATORS.length + 1)
}

function changeField(draft: Draft, random: Random): void {
  const words = draft.get(random.pick(['predicates', 'witnesses', 'aliases', 'routes'])) ?? []
  if (words.length > 0) words[random.below(words.length)] = random.pick([NONE, random.below(16)])
}

/** A letter of a string for another: strings stay well-formed, and perhaps in order. */
function changeText(draft: Draft, random: Random): void {
  const words = draft.get('strings') ?? []
  const first = 2 + (words[0] ?? 0)
  if (first >= words.length) return
  const at = first + random.below(words.length - first)
  const shift = 8 * random.below(4)
  words[at] = (((words[at] ?? 0) & ~(0xff << shift)) | ((0x61 + random.below(26)) << shift)) >>> 0
}

export function readWords(image: Uint8Array): ImageWords {
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const wordsAt = (offset: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, word) => view.getUint32(offset + 4 * word, true))
  const table = wordsAt(4 * HEADER_WORDS, 2 * SECTIONS.length)
  const sections = SECTIONS.map((name, i) => [name, wordsAt(table[2 * i] ?? 0, (table[2 * i + 1] ?? 0) / 4)] as const)
  return { header: wordsAt(0, HEADER_WORDS), sections: new Map(sections) }
}

function writeDraft(draft: Draft, header: readonly number[]): Uint8Array<ArrayBuffer> {
  const start = HEADER_WORDS + 2 * SECTIONS.length
  let length = start
  for (const section of draft.values()) length += section.length
  const words = new Uint32Array(length)
  words.set(header)
  words[3] = words.byteLength
  let at = start
  for (const [i, name] of SECTIONS.entries()) {
    const section = draft.get(name) ?? []
    words[HEADER_WORDS + 2 * i] = 4 * at
    words[HEADER_WORDS + 2 * i + 1] = 4 * section.length
    words.set(section, at)
    at += section.length
  }
  return new Uint8Array(words.buffer)
}
