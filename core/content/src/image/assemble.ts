import { utf8Encode } from '@firebreak/kernel'
import { imageCost } from './cost.ts'
import { HEADER_WORDS, IMAGE_FORMAT_VERSION, IMAGE_MAGIC, SECTIONS, type SectionName, TABLE_WORDS } from './format.ts'
import { poolRuns, wordRuns } from './runs.ts'
import type { StringPool } from './string-pool.ts'

/** The content of a section: words, or bytes that are words already. */
export type SectionContent = Uint32Array | Uint8Array

/** Header, table and sections, one after another; the cost comes last, because it covers all others. */
export function assemble(contents: Readonly<Record<Exclude<SectionName, 'cost'>, SectionContent>>): Uint8Array {
  const start = 4 * (HEADER_WORDS + TABLE_WORDS)
  const sections = SECTIONS.map((name) => (name === 'cost' ? new Uint8Array(8) : bytesOf(contents[name])))
  const total = sections.reduce((sum, one) => sum + one.length, start)
  const words = (name: Exclude<SectionName, 'cost'>): Uint32Array => wordsOf(contents[name])
  const cost = imageCost({
    strings: poolRuns(words('strings')),
    predicates: words('predicates'),
    values: words('values'),
    nodes: words('nodes'),
    rules: words('rules'),
    witnesses: words('witnesses'),
    regexes: wordRuns(words('regexes')),
    imageBytes: total,
  })
  sections[SECTIONS.indexOf('cost')] = bytesOf(Uint32Array.of(cost.stepsPerByte, cost.memoryBytes))
  const image = new Uint8Array(total)
  const head = [IMAGE_MAGIC, IMAGE_FORMAT_VERSION, SECTIONS.length, total]
  let at = start
  for (const section of sections) {
    head.push(at, section.length)
    image.set(section, at)
    at += section.length
  }
  image.set(bytesOf(Uint32Array.from(head)))
  return image
}

/** Count, count + 1 offsets in bytes, the texts one after another, zeros up to a whole word. */
export function stringSection({ offsets, bytes, count }: StringPool): Uint8Array {
  const section = new Uint8Array(4 * (offsets.length + 1 + Math.ceil(bytes.length / 4)))
  section.set(bytesOf(Uint32Array.of(count, ...offsets)))
  section.set(bytes, 4 * (offsets.length + 1))
  return section
}

/** As stringSection, in the order given. */
export function textsSection(texts: readonly string[]): Uint8Array {
  const encoded = texts.map(utf8Encode)
  const offsets = [0]
  for (const one of encoded) offsets.push((offsets.at(-1) ?? 0) + one.length)
  const head = bytesOf(Uint32Array.of(texts.length, ...offsets))
  const section = new Uint8Array(head.length + 4 * Math.ceil((offsets.at(-1) ?? 0) / 4))
  section.set(head)
  for (const [i, one] of encoded.entries()) section.set(one, head.length + (offsets[i] ?? 0))
  return section
}

/** Count, count + 1 offsets in words, the runs one after another. */
export function runsSection(runs: readonly Uint32Array[]): Uint32Array {
  const offsets = [0]
  for (const run of runs) offsets.push((offsets.at(-1) ?? 0) + run.length)
  const section = new Uint32Array(offsets.length + 1 + (offsets.at(-1) ?? 0))
  section[0] = runs.length
  section.set(offsets, 1)
  for (const [i, run] of runs.entries()) section.set(run, 1 + offsets.length + (offsets[i] ?? 0))
  return section
}

/** Little-endian, whatever the machine is. */
export function bytesOf(content: SectionContent): Uint8Array {
  if (content instanceof Uint8Array) return content
  const bytes = new Uint8Array(4 * content.length)
  const view = new DataView(bytes.buffer)
  for (const [i, word] of content.entries()) view.setUint32(4 * i, word, true)
  return bytes
}

function wordsOf(content: SectionContent): Uint32Array {
  if (content instanceof Uint32Array) return content
  return new Uint32Array(content.buffer, content.byteOffset, content.length / 4)
}
