import {
  ALIAS,
  ContentError,
  FAIL,
  FILTER,
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
  verifyImage,
  WITNESS,
} from '@firebreak/content'
import { changedText, type Format, type Material, type Random } from '@firebreak/fuzz'
import { concatBytes, utf8Encode } from '@firebreak/kernel'

/** An image as the words of its sections, so that one can grow while the header stays right. */
export interface ImageWords {
  readonly header: readonly number[]
  readonly sections: ReadonlyMap<SectionName, readonly number[]>
  /** Words of header and section table that are changed on purpose, when all else is written: place and difference. */
  readonly lies: readonly (readonly [at: number, by: number])[]
}

type Draft = Map<SectionName, number[]>

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
  filters: FILTER.words,
}
const MUTATIONS_MAX = 3
const COMPARED_TRIES = 8
const ODD_WORDS = [0, 1, 2, 0x7fffffff, 0x80000000, MATCH, FAIL, NONE - 2]
const TABLE_END = HEADER_WORDS + 2 * SECTIONS.length
const LIE_ONE_IN = 12
const LENIENT = new TextDecoder()
/** A wrong cost is put right so often: of steps, then of memory. */
const REPAIRS = 3
const STEPS_OF_COST = /cost: (\d+) (steps|bytes)/

/** Images, changed as sections of records. Section table, total length and declared cost are put right. */
export const IMAGE_FORMAT: Format<ImageWords> = {
  decode: readWords,
  encode: (tree) => {
    const bytes = writeWords(tree)
    repairCost(bytes)
    return bytes
  },
  mutate: mutateImage,
  sweep: sweepImage,
  parts: ({ sections }) => recordsOf(sections).length,
  without: (tree, from, to) => withoutRecords(tree, from, to),
  repair: (input) => {
    if (input.length < 4 * TABLE_END) return
    new DataView(input.buffer, input.byteOffset).setUint32(12, input.length, true)
    repairCost(input)
  },
}

function readWords(image: Uint8Array): ImageWords | null {
  if (image.length < 4 * TABLE_END || image.length % 4 !== 0) return null
  const view = new DataView(image.buffer, image.byteOffset, image.byteLength)
  const wordsAt = (offset: number, count: number): readonly number[] =>
    Array.from({ length: count }, (_, word) => view.getUint32(offset + 4 * word, true))
  const table = wordsAt(4 * HEADER_WORDS, 2 * SECTIONS.length)
  const sections = new Map<SectionName, readonly number[]>()
  for (const [i, name] of SECTIONS.entries()) {
    const [offset = 0, length = 0] = table.slice(2 * i)
    if (offset % 4 !== 0 || offset + length > image.length) return null
    sections.set(name, wordsAt(offset, Math.floor(length / 4)))
  }
  return { header: wordsAt(0, HEADER_WORDS), sections, lies: [] }
}

function writeWords({ header, sections, lies }: ImageWords): Uint8Array<ArrayBuffer> {
  let length = TABLE_END
  for (const section of sections.values()) length += section.length
  const words = new Uint32Array(length)
  words.set(header)
  words[3] = words.byteLength
  let at = TABLE_END
  for (const [i, name] of SECTIONS.entries()) {
    const section = sections.get(name) ?? []
    words[HEADER_WORDS + 2 * i] = 4 * at
    words[HEADER_WORDS + 2 * i + 1] = 4 * section.length
    words.set(section, at)
    at += section.length
  }
  for (const [place, by] of lies) words[place] = (words[place] ?? 0) + by
  return new Uint8Array(words.buffer)
}

/** The verifier says what the cost would have to be. It is the last that it looks at. */
function repairCost(bytes: Uint8Array): void {
  for (let left = REPAIRS; left > 0; left--) {
    try {
      verifyImage(bytes)
      return
    } catch (error) {
      if (!(error instanceof ContentError) || error.code !== 'content/image-cost') return
      const { offset } = error.details
      const right = STEPS_OF_COST.exec(error.message)?.[1]
      if (right === undefined || typeof offset !== 'number') return
      new DataView(bytes.buffer, bytes.byteOffset).setUint32(offset, Number(right), true)
    }
  }
}

type ImageRecord = readonly [name: SectionName, at: number, size: number]

function recordsOf(sections: ImageWords['sections']): readonly ImageRecord[] {
  return [...sections].flatMap(([name, words]) => {
    const size = RECORD_WORDS[name] ?? 1
    return Array.from({ length: Math.floor(words.length / size) }, (_, i): ImageRecord => [name, i * size, size])
  })
}

function withoutRecords(tree: ImageWords, from: number, to: number): ImageWords {
  const sections: Draft = new Map([...tree.sections].map(([name, words]) => [name, [...words]]))
  for (const [name, at, size] of recordsOf(tree.sections).slice(from, to).toReversed()) {
    sections.get(name)?.splice(at, size)
  }
  return { ...tree, sections }
}

function mutateImage(tree: ImageWords, material: Material<ImageWords>): ImageWords {
  const { random } = material
  const draft: Draft = new Map([...tree.sections].map(([name, words]) => [name, [...words]]))
  // One change alone is most often the one that matters: others around it have the image refused.
  for (let left = 1 + random.below(1 + random.below(MUTATIONS_MAX)); left > 0; left--) {
    random.pick(CHANGES)(draft, material)
  }
  const lie = [random.below(TABLE_END), random.pick([-4, -1, 1, 4, 2 ** 31])] as const
  return { header: tree.header, sections: draft, lies: random.oneIn(LIE_ONE_IN) ? [lie] : [] }
}

type Change = (draft: Draft, material: Material<ImageWords>) => void

const CHANGES: readonly Change[] = [
  flipBit,
  setWord,
  setWord,
  compareWord,
  compareWord,
  swapWords,
  swapRecords,
  splice,
  dropRecord,
  repeatRecord,
  spliceOther,
  moveJump,
  moveJump,
  changeOperator,
  changeField,
  nudge,
  nudge,
  changeString,
  changeString,
]

function sectionOf(draft: Draft, random: Random): number[] {
  const filled = [...draft.values()].filter((words) => words.length > 0)
  return filled.length === 0 ? [0] : random.pick(filled)
}

function flipBit(draft: Draft, { random }: Material<ImageWords>): void {
  const words = sectionOf(draft, random)
  const at = random.below(words.length)
  words[at] = ((words[at] ?? 0) ^ (1 << random.below(32))) >>> 0
}

function setWord(draft: Draft, { random, dictionary }: Material<ImageWords>): void {
  const words = sectionOf(draft, random)
  const odd = random.below(4) === 0 && dictionary.numbers.length > 0 ? dictionary.numbers : ODD_WORDS
  const value = random.below(2) === 0 ? random.pick(odd) : random.below(words.length + 2)
  words[random.below(words.length)] = value >>> 0
}

/** What the program compared with some word, or a number beside it, in that word's place: of all places that hold it, any. */
function compareWord(draft: Draft, { random, compared }: Material<ImageWords>): void {
  for (let tries = Math.min(COMPARED_TRIES, compared.length); tries > 0; tries--) {
    const { a, b } = random.pick(compared)
    if (typeof a !== 'number' || typeof b !== 'number') return
    const [from, to] = random.oneIn(2) ? [a, b] : [b, a]
    const places = placesOf(draft, from >>> 0)
    if (places.length === 0) continue
    const [words, at] = random.pick(places)
    words[at] = (to + random.between(-1, 1)) >>> 0
    return
  }
}

function placesOf(draft: Draft, value: number): readonly (readonly [words: number[], at: number])[] {
  const places: [number[], number][] = []
  for (const words of draft.values()) {
    for (let at = words.indexOf(value); at !== -1; at = words.indexOf(value, at + 1)) places.push([words, at])
  }
  return places
}

function nudge(draft: Draft, { random }: Material<ImageWords>): void {
  const words = sectionOf(draft, random)
  const at = random.below(words.length)
  words[at] = ((words[at] ?? 0) + random.pick([-1, 1, 1, 2])) >>> 0
}

function swapWords(draft: Draft, { random }: Material<ImageWords>): void {
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
    : { words, size, at: size * random.below(Math.floor(words.length / size)) }
}

function swapRecords(draft: Draft, { random }: Material<ImageWords>): void {
  const record = recordOf(draft, random)
  if (record === null) return
  const { words, size, at } = record
  const other = size * random.below(Math.floor(words.length / size))
  const [a, b] = [words.slice(at, at + size), words.slice(other, other + size)]
  words.splice(at, size, ...b)
  words.splice(other, size, ...a)
}

function splice(draft: Draft, { random }: Material<ImageWords>): void {
  const [from, to] = [sectionOf(draft, random), sectionOf(draft, random)]
  const start = random.below(from.length)
  const run = from.slice(start, start + 1 + random.below(8))
  to.splice(random.below(to.length), run.length, ...run)
}

/** A section as another image has it. */
function spliceOther(draft: Draft, { random, other }: Material<ImageWords>): void {
  const name = random.pick(SECTIONS)
  const words = other?.sections.get(name)
  if (words !== undefined) draft.set(name, [...words])
}

function dropRecord(draft: Draft, { random }: Material<ImageWords>): void {
  const record = recordOf(draft, random)
  record?.words.splice(record.at, record.size)
}

function repeatRecord(draft: Draft, { random }: Material<ImageWords>): void {
  const record = recordOf(draft, random)
  if (record !== null) record.words.splice(record.at, 0, ...record.words.slice(record.at, record.at + record.size))
}

function moveJump(draft: Draft, { random }: Material<ImageWords>): void {
  const words = draft.get('nodes') ?? []
  if (words.length < NODE.words) return
  const node = random.below(Math.floor(words.length / NODE.words))
  const at = NODE.words * node + random.pick([NODE.whenTrue, NODE.whenFalse])
  words[at] = random.pick([MATCH, FAIL, random.below(8), node, (words[at] ?? 0) + 1]) >>> 0
}

function changeOperator(draft: Draft, { random }: Material<ImageWords>): void {
  const words = draft.get('predicates') ?? []
  if (words.length < PREDICATE.words) return
  const at = PREDICATE.words * random.below(Math.floor(words.length / PREDICATE.words))
  words[at + PREDICATE.operator] = random.below(OPERATORS.length + 1)
}

function changeField(draft: Draft, { random }: Material<ImageWords>): void {
  const words = draft.get(random.pick(['predicates', 'witnesses', 'aliases', 'routes'])) ?? []
  if (words.length > 0) words[random.below(words.length)] = random.pick([NONE, random.below(16)])
}

/** A string for another. */
function changeString(draft: Draft, material: Material<ImageWords>): void {
  const words = draft.get('strings') ?? []
  const id = material.random.below(Math.max(1, words[0] ?? 0))
  const changed = withString(words, id, (text) => changedText(text, material))
  if (changed === null) return
  draft.set('strings', changed)
  draft.set('cost', costing(draft.get('cost'), changed.length - words.length))
}

/** The declared cost of an image that is so many words longer, for the case that nobody can say it: the verifier refuses it for another reason. */
function costing([steps = 0, memory = 0, ...rest]: readonly number[] = [], words: number): number[] {
  return [steps, (memory + COST_BYTES_PER_WORD * words) >>> 0, ...rest]
}

function stringOf(words: readonly number[], id: number): string | null {
  let found: string | null = null
  withString(words, id, (text) => (found = text))
  return found
}

/** With the offsets of all that follow: the table stays well-formed, and perhaps in order. Null: it is not well-formed. */
function withString(words: readonly number[], id: number, change: (text: string) => string): number[] | null {
  const [count = 0] = words
  const offsets = words.slice(1, count + 2)
  if (count === 0 || offsets.length !== count + 1) return null
  const blob = new Uint8Array(Uint32Array.from(words.slice(count + 2)).buffer)
  const [from = 0, to = 0] = offsets.slice(id)
  const text = utf8Encode(change(LENIENT.decode(blob.subarray(from, to))))
  const bytes = concatBytes([blob.subarray(0, from), text, blob.subarray(to, offsets[count])])
  const padded = new Uint8Array(4 * Math.ceil(bytes.length / 4))
  padded.set(bytes)
  const grown = text.length - (to - from)
  const moved = offsets.map((offset, i) => (i > id ? offset + grown : offset))
  return [count, ...moved, ...new Uint32Array(padded.buffer)]
}

/** An image counts twice: as its bytes, and as the copy that is read. */
const COST_BYTES_PER_WORD = 8
const LONG_STRINGS = [300, 4_096]

/** Of a longer table of offsets the others are left. */
const OFFSETS_MAX = 16

function beyondNeighbours(words: readonly number[], at: number): readonly number[] {
  return [(words[at + 1] ?? 0) + 1, Math.max(0, (words[at - 1] ?? 0) - 1)]
}

/** Every word one more and one less, as an index one behind the tables that indexes are of, as an offset out of order; every string empty, too long, and as its neighbour is. */
function* sweepImage(tree: ImageWords): Generator<ImageWords> {
  const { sections } = tree
  const ends = [sections.get('fields')?.length ?? 0, sections.get('strings')?.[0] ?? 0]
  for (const [name, words] of sections) {
    const isStrings = name === 'strings'
    for (const [at, word] of words.slice(0, isStrings ? 2 + (words[0] ?? 0) : words.length).entries()) {
      // Without records it begins with offsets, which are in order.
      const beyond = RECORD_WORDS[name] !== undefined ? ends : at < OFFSETS_MAX ? beyondNeighbours(words, at) : []
      for (const value of new Set([word + 1, word - 1, ...beyond])) {
        yield { ...tree, sections: new Map(sections).set(name, words.with(at, value >>> 0)) }
      }
    }
  }
  const strings = sections.get('strings') ?? []
  for (let id = 0; id < (strings[0] ?? 0); id++) {
    const like = stringOf(strings, id + 1) ?? ''
    for (const length of [0, ...LONG_STRINGS, null]) {
      const changed = withString(strings, id, (text) =>
        length === null ? like : text.padEnd(length, text || 'a').slice(0, length),
      )
      if (changed === null) continue
      const grown = changed.length - strings.length
      yield {
        ...tree,
        sections: new Map(sections).set('strings', changed).set('cost', costing(sections.get('cost'), grown)),
      }
    }
  }
}
