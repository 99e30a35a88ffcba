import { assert } from '@firebreak/kernel'
import { compilePack } from '../compile.ts'
import { ContentError } from '../errors.ts'
import { packOf, rule, ruleId } from '../pack-fixture.ts'
import { bytesOf } from './assemble.ts'
import { HEADER_WORDS, NONE, SECTIONS, type SectionName, TABLE_WORDS } from './format.ts'
import { readSource } from './read-source.ts'
import { tablesOf } from './release-fixture.ts'
import { cutSections, type Sections } from './sections.ts'
import type { ImageSource } from './source.ts'
import { verifyImage } from './verify-image.ts'
import { writeImage } from './writer.ts'

/** A small source with every kind of part: two groups, a rule of each kind of value, filters, correlations, indicators, YARA. */
export function smallSource(): ImageSource {
  return SMALL
}

const SMALL = makeSmall()

function makeSmall(): ImageSource {
  const linux = { category: 'process_creation', product: 'linux' }
  const pack = packOf([
    rule(1, {
      one: { 'Image|endswith': ['/nc', '/ncat'], 'CommandLine|re': 'ab+c', 'Size|gt': 5, 'Ip|cidr': '10.0.0.0/8' },
      two: [
        { 'Time|hour': [7, 8], 'User|fieldref': 'Owner' },
        { 'Image|exists': true, User: 'a*b?c' },
      ],
      condition: 'one and not two',
    }),
    rule(2, { s: { 'Image|contains|cased': 'Abcd' }, keys: ['needle'], condition: 's or keys' }, { custom: { a: 1 } }),
    rule(3, { s: { TargetFilename: '/tmp/x' }, condition: 's' }, { logsource: { category: 'file_event' } }),
    {
      title: 'c',
      correlation: {
        type: 'event_count',
        rules: [ruleId(1)],
        'group-by': ['User'],
        timespan: '1m',
        condition: { gte: 2 },
      },
    },
  ])
  const [problem] = pack.diagnostics
  assert(problem === undefined, `a good pack: ${problem?.message}`)
  const source = readSource(verifyImage(compilePack(pack).image))
  const [first] = source.rules.filter(({ logsource }) => logsource.category === linux.category)
  assert(first !== undefined, 'a rule of Linux')
  const filter = { title: 'F', logsource: first.logsource, program: first.program }
  return {
    ...source,
    filters: [
      { ...filter, targets: [ruleId(1), ruleId(2)] },
      { ...filter, title: 'G', targets: [] },
    ],
    indicators: tablesOf([['ip', '192.0.2.1', 'x']]),
    yara: [
      { name: 'a.yar', text: 'rule a { condition: true }' },
      { name: 'b.yar', text: 'ö' },
    ],
  }
}

export function sectionsOf(image: Uint8Array): Sections {
  return cutSections(new Uint8Array(image).buffer)
}

/** The image of the small source with the words of some sections changed, and its table right for them. */
export function rebuilt(
  change: Partial<Record<SectionName, (words: readonly number[]) => readonly number[]>>,
): Uint8Array {
  const image = writeImage(SMALL)
  const sections = sectionsOf(image)
  const contents = SECTIONS.map((name) => (change[name] ?? ((words) => words))([...sections[name].words]))
  const head = [...new Uint32Array(image.buffer, 0, HEADER_WORDS)]
  let at = 4 * (HEADER_WORDS + TABLE_WORDS)
  const table = contents.flatMap((words) => {
    const entry = [at, 4 * words.length]
    at += 4 * words.length
    return entry
  })
  return bytesOf(Uint32Array.from([...head.with(3, at), ...table, ...contents.flat()]))
}

/** `ok`, or the code without its beginning and the word at which the image is refused: `rules@groups[3]`. */
export function verdictOn(image: Uint8Array): string {
  try {
    verifyImage(image)
    return 'ok'
  } catch (error) {
    if (!(error instanceof ContentError)) throw error
    return `${error.code.replace('content/image-', '')}@${placeOf(image, Number(error.details['offset']))}`
  }
}

/** The same for a source that no compiler makes. */
export function verdictOnSource(change: Partial<ImageSource>): string {
  return verdictOn(writeImage({ ...smallSource(), ...change }))
}

function placeOf(image: Uint8Array, offset: number): string {
  const head = new DataView(image.buffer, image.byteOffset)
  for (const [i, name] of SECTIONS.entries()) {
    const at = 4 * (HEADER_WORDS + 2 * i)
    const [from, length] = [head.getUint32(at, true), head.getUint32(at + 4, true)]
    if (offset >= from && offset < from + length) return `${name}[${(offset - from) / 4}]`
  }
  return `${offset}`
}

/** The image with one word of a section changed. */
export function withWord(image: Uint8Array, section: SectionName, word: number, value: number): Uint8Array {
  const changed = image.slice()
  new DataView(changed.buffer).setUint32(sectionsOf(image)[section].offset + 4 * word, value, true)
  return changed
}

/** What a word may be changed to: its neighbours, the least and the most, and what is outside of every table. */
export function otherValues(word: number): readonly number[] {
  const all = [word + 1, word - 1, 0, 1, 0x40000000, NONE]
  return [...new Set(all)].filter((one) => one !== word && one >= 0 && one <= NONE)
}
