import { ContentError, type ContentErrorCode } from '../errors.ts'
import { IMAGE_SIZE_BYTES_MAX } from '../limits.ts'
import { HEADER_WORDS, IMAGE_FORMAT_VERSION, IMAGE_MAGIC, SECTIONS, type SectionName, TABLE_WORDS } from './format.ts'

/** One section of hostile bytes: its words, and the error that everything wrong with it has. */
export interface Section {
  readonly name: SectionName
  readonly words: Uint32Array
  /** Of the first byte, in the image. */
  readonly offset: number
  readonly code: ContentErrorCode
}

export type Sections = Readonly<Record<SectionName, Section>>

const CODES: Readonly<Record<SectionName, ContentErrorCode>> = {
  strings: 'content/image-strings',
  pack: 'content/image-rules',
  fields: 'content/image-rules',
  features: 'content/image-rules',
  groups: 'content/image-rules',
  needs: 'content/image-rules',
  routes: 'content/image-routes',
  aliases: 'content/image-routes',
  rules: 'content/image-rules',
  texts: 'content/image-rules',
  selections: 'content/image-program',
  nodes: 'content/image-program',
  predicates: 'content/image-predicates',
  values: 'content/image-predicates',
  regexes: 'content/image-regex',
  witnesses: 'content/image-witnesses',
  filters: 'content/image-rules',
  correlations: 'content/image-correlations',
  indicators: 'content/image-indicators',
  yara: 'content/image-yara',
  cost: 'content/image-cost',
}

export function refuse(code: ContentErrorCode, why: string, offset: number, cause?: unknown): ContentError {
  return new ContentError(code, `Cannot accept image: ${why} at byte ${offset}`, null, { offset }, cause)
}

/** Refuses what is wrong with one word of a section. */
export function refuseWord(section: Section, word: number, why: string, cause?: unknown): ContentError {
  return refuse(section.code, `${section.name}: ${why}`, section.offset + 4 * word, cause)
}

/** Runs a section's own verifier, whose errors count bytes from the section's start. */
export function verifyWithin<T>(section: Section, verify: (words: Uint32Array) => T): T {
  try {
    return verify(section.words)
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    const within = error.details['offset']
    const offset = section.offset + (typeof within === 'number' ? within : 0)
    throw refuse(section.code, `${section.name}: ${error.message}`, offset, error)
  }
}

/**
 * Cuts the image into its sections: exactly the known ones, in order, without gaps, to the last byte.
 *
 * @param buffer - a private copy: nobody can change it after it was verified
 */
export function cutSections(buffer: ArrayBuffer): Sections {
  const size = buffer.byteLength
  if (size > IMAGE_SIZE_BYTES_MAX) throw refuse('content/image-header', `more than ${IMAGE_SIZE_BYTES_MAX} bytes`, 0)
  const start = 4 * (HEADER_WORDS + TABLE_WORDS)
  if (size < start) throw refuse('content/image-truncated', `shorter than its ${start} bytes of header`, size)
  const head = new Uint32Array(buffer, 0, HEADER_WORDS + TABLE_WORDS)
  const [magic, version, sections, total = 0] = head
  if (magic !== IMAGE_MAGIC) throw refuse('content/image-header', 'not an image', 0)
  if (version !== IMAGE_FORMAT_VERSION) throw refuse('content/image-header', `format version ${version}`, 4)
  if (sections !== SECTIONS.length) throw refuse('content/image-header', `${sections} sections`, 8)
  if (total > size) throw refuse('content/image-truncated', `${size} bytes of ${total}`, size)
  if (total < size) throw refuse('content/image-header', `${size} bytes where the header says ${total}`, 12)
  let end = start
  const cut = SECTIONS.map((name, i): [SectionName, Section] => {
    const entry = HEADER_WORDS + 2 * i
    const [offset = 0, length = 0] = head.subarray(entry)
    if (offset !== end || length % 4 !== 0 || length > size - offset) {
      throw refuse('content/image-header', `section ${name} is out of place`, 4 * entry)
    }
    end = offset + length
    return [name, { name, offset, words: new Uint32Array(buffer, offset, length / 4), code: CODES[name] }]
  })
  if (end !== size) throw refuse('content/image-header', 'bytes after the last section', end)
  return Object.fromEntries(cut) as Record<SectionName, Section>
}

/** The number of records in a section of fixed-size records. */
export function recordCount(section: Section, wordsPerRecord: number, recordsMax: number): number {
  const count = section.words.length / wordsPerRecord
  if (!Number.isInteger(count)) throw refuseWord(section, 0, 'not a whole number of records')
  if (count > recordsMax) throw refuseWord(section, 0, `more than ${recordsMax} records`)
  return count
}

/** The word at a place that the caller knows to be inside; absent would be a bug and reads as an invalid number. */
export function word(section: Section, at: number): number {
  return section.words[at] ?? Number.NaN
}

/**
 * Checks that a run of `count` items starts where the run before ended, `next`, and ends inside `total` items.
 *
 * @param at - where the record has the run's first item; the count follows
 * @returns where the next run has to start
 */
export function verifyRunOf(section: Section, at: number, next: number, total: number, countMax: number): number {
  const first = word(section, at)
  const count = word(section, at + 1)
  if (first !== next) throw refuseWord(section, at, `a run starts at ${first}, expected ${next}`)
  if (!(count <= countMax && first + count <= total)) throw refuseWord(section, at + 1, `a run of ${count}`)
  return first + count
}
