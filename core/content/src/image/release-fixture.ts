import { assert, unreachable } from '@firebreak/kernel'
import * as fc from 'fast-check'
import { compilePack } from '../compile.ts'
import {
  buildIndicatorTables,
  INDICATOR_TYPES,
  IndicatorList,
  type IndicatorTables,
  type IndicatorType,
} from '../indicators/index.ts'
import { packOf, rule, ruleId } from '../pack-fixture.ts'
import type { toSourceNode } from '../source.ts'
import { makeDelta } from './delta.ts'
import { readSource } from './read-source.ts'
import type { ImageFilter, ImageSource } from './source.ts'
import { type VerifiedImage, verifyImage } from './verify-image.ts'
import { writeImage } from './writer.ts'

type Plain = Parameters<typeof toSourceNode>[0]
export type IndicatorRow = readonly [type: IndicatorType, value: string, description: string]

/** Releases for the tests of deltas: parts that come from the compiler, joined at will. */
export interface Parts {
  readonly source: ImageSource
  readonly indicators: readonly IndicatorRow[]
}

const field = fc.constantFrom('Image', 'CommandLine', 'User', 'ParentImage', 'a.b')
const value = fc.constantFrom('a', 'ß', '\\x', 'C:\\Temp\\*', '*a?b*', 'X*', '*Y', '', 'svc-', 'Wörter', '7', ' -e ')
const texts = fc.uniqueArray(value, { minLength: 1, maxLength: 4 })
const regex = fc.constantFrom('a.*b', '^x(y|z)$', '[0-9]{2}')
const network = fc.constantFrom('10.0.0.0/8', '192.168.1.1', '2001:db8::/32')

/** One entry of a selection, for every operator that there is. */
const entry: fc.Arbitrary<readonly [string, Plain]> = field.chain((name) => {
  const of = (modifiers: string, values: fc.Arbitrary<Plain>): fc.Arbitrary<readonly [string, Plain]> =>
    values.map((one): readonly [string, Plain] => [`${name}${modifiers}`, one])
  return fc.oneof(
    of('', texts),
    of('', fc.constant(null)),
    of('', fc.integer({ min: 0, max: 3 })),
    of('|cased', texts),
    fc.constantFrom('|contains', '|startswith', '|endswith', '|contains|cased').chain((one) => of(one, texts)),
    of('|contains|all', fc.constant(['a', 'b*'])),
    fc.constantFrom('|re', '|re|i').chain((one) => of(one, regex)),
    of('|cidr', fc.uniqueArray(network, { minLength: 1, maxLength: 3 })),
    fc.constantFrom('|lt', '|lte', '|gt', '|gte').chain((one) => of(one, fc.constantFrom(1, 2.5, -3))),
    of('|exists', fc.constant(true)),
    fc
      .constantFrom('|fieldref', '|fieldref|contains', '|fieldref|startswith', '|fieldref|endswith')
      .chain((one) => of(one, field)),
    fc
      .constantFrom('|minute', '|hour', '|day', '|week', '|month', '|year')
      .chain((one) => of(one, fc.integer({ min: 1, max: 7 }))),
  )
})
const selection = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.array(entry, { minLength: 1, maxLength: 3 }).map((all) => Object.fromEntries(all) as Plain),
  },
  { weight: 1, arbitrary: texts.map((words): Plain => [...words.filter((one) => one !== ''), 'keyword']) },
)
const detection = fc
  .tuple(selection, selection, fc.constantFrom('one and two', 'one or not two', '1 of them', 'not one and two'))
  .map(([one, two, condition]): Plain => ({ one, two, condition }))
const logsource = fc.constantFrom<Plain>(
  { category: 'process_creation', product: 'windows' },
  { category: 'process_creation', product: 'linux' },
  { product: 'windows', service: 'security' },
  { category: 'file_event' },
)
const attributes = fc.record({
  logsource,
  level: fc.constantFrom('low', 'high'),
  tags: fc.subarray(['attack.t1059', 'attack.t1027', 'car.2013-05-004']),
})
const custom = fc.constantFrom<{ readonly [key: string]: Plain }>({}, { owner: 'ö' }, { owner: { team: [1, 2] } })

/** @param first - of the ids of the rules */
function ruleOf(first: number): (i: number) => fc.Arbitrary<Plain> {
  return (i) =>
    fc.tuple(detection, attributes, custom).map(([one, more, own]) => rule(first + i, one, { ...more, ...own }))
}

/** Over the first two rules, and a second one over the first. */
function correlationsOf(first: number): fc.Arbitrary<readonly Plain[]> {
  const name = `inner_${first}`
  const inner = fc
    .record({
      type: fc.constantFrom('event_count', 'temporal', 'temporal_ordered'),
      'group-by': fc.subarray(['who', 'Image', 'User']),
      timespan: fc.constantFrom('5m', '1h'),
    })
    .map((body): Plain => {
      const aliases = {
        who: { [ruleId(first)]: 'User', [ruleId(first + 1)]: 'Image' },
        same: { [ruleId(first)]: 'same' },
      }
      return {
        title: name,
        name,
        correlation: { ...body, rules: [ruleId(first), ruleId(first + 1)], aliases, condition: { gte: 2 } },
      }
    })
  const outer = fc.subarray(['who', 'same', 'Image'], { minLength: 1 }).map((groups): Plain => {
    const body = {
      type: 'value_count',
      rules: [name],
      'group-by': groups,
      timespan: '1d',
      condition: { gte: 2, field: 'User', lte: 9 },
    }
    return { title: `outer_${first}`, level: 'high', tags: ['attack.t1110'], correlation: body }
  })
  return fc.oneof(
    fc.constant<readonly Plain[]>([]),
    inner.map((one): readonly Plain[] => [one]),
    fc.tuple(inner, outer),
  )
}

const indicatorRow = (space: number): fc.Arbitrary<IndicatorRow> =>
  fc
    .tuple(fc.constantFrom(...INDICATOR_TYPES), fc.nat(40))
    .chain(([type, n]) =>
      fc.constantFrom('', 'a feed', 'ü').map((text): IndicatorRow => [type, valueOf(type, space + n), text]),
    )

export function valueOf(type: IndicatorType, n: number): string {
  const digits = { md5: 32, sha1: 40, sha256: 64 }
  switch (type) {
    case 'ip':
      return n % 2 === 0 ? `10.1.2.${n % 256}` : `2001:db8::${(n % 65_536).toString(16)}`
    case 'network':
      return n % 2 === 0 ? `10.${n % 8}.0.0/${16 + (n % 16)}` : `2001:db8::/${32 + (n % 90)}`
    case 'domain':
      return `d${n}.example`
    case 'url':
      return `http://example.com/${n}`
    case 'filename':
      return `/tmp/${n}`
    case 'md5':
    case 'sha1':
    case 'sha256':
      // Spread as digests are: by a number that has no divisor in common with 2^32.
      return (Math.imul(n + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0').repeat(8).slice(0, digits[type])
    default:
      return unreachable(type)
  }
}

const yara = (space: number): fc.Arbitrary<ImageSource['yara']> =>
  fc
    .uniqueArray(fc.nat(3), { maxLength: 2 })
    .chain((all) =>
      fc
        .constantFrom('rule a { condition: true }', 'rule ö { condition: false }', '')
        .map((text) => all.map((n) => ({ name: `yara/${space + n}.yar`, text }))),
    )

/** @param space - of numbers, so that the parts of two spaces can be joined */
export function partsOf(space: number): fc.Arbitrary<Parts> {
  const rules = fc.tuple(...[0, 1, 2].map(ruleOf(space)))
  const all = fc.tuple(rules, correlationsOf(space), yara(space), fc.array(indicatorRow(space), { maxLength: 12 }))
  return all.map(([plain, correlations, files, indicators]) => {
    const pack = packOf([...plain, ...correlations])
    const [problem] = pack.diagnostics
    assert(problem === undefined, `a good pack: ${problem?.message}`)
    const source = readSource(verifyImage(compilePack(pack).image))
    return { source: { ...source, yara: files, filters: filtersOf(source) }, indicators }
  })
}

/** Filters with the programs of rules: one for a rule, one for a log source. */
function filtersOf({ rules }: ImageSource): readonly ImageFilter[] {
  return rules.slice(0, 2).map(({ id, title, logsource: source, program }, i) => {
    return { title: `Not ${title}`, logsource: source, targets: i === 0 ? [id] : [], program }
  })
}

export function joinParts(parts: readonly Parts[]): ImageSource {
  const [first] = parts
  assert(first !== undefined, 'at least one part')
  return {
    ...first.source,
    rules: parts.flatMap(({ source }) => source.rules),
    filters: parts.flatMap(({ source }) => source.filters),
    correlations: parts.flatMap(({ source }) => source.correlations),
    yara: parts.flatMap(({ source }) => source.yara),
    indicators: tablesOf(parts.flatMap(({ indicators }) => indicators)),
  }
}

export function tablesOf(rows: readonly IndicatorRow[]): IndicatorTables {
  const list = new IndicatorList()
  for (const [type, text, description] of rows) {
    const refusal = list.add(type, text, description)
    assert(refusal === null, `a good ${type}: ${refusal?.message}`)
  }
  return buildIndicatorTables(list)
}

export function linked(source: ImageSource): VerifiedImage {
  return verifyImage(writeImage(source))
}

export interface MadeDelta {
  readonly old: VerifiedImage
  readonly delta: Uint8Array
  /** Of the new one. */
  readonly image: Uint8Array
}

export function madeDelta(old: ImageSource, next: ImageSource): MadeDelta {
  const image = writeImage(next)
  const before = linked(old)
  const delta = makeDelta(before, verifyImage(image))
  assert(delta !== null, 'a delta that is smaller than the image')
  return { old: before, delta, image }
}

/** Always the same, and large enough that a delta to one with other parts is smaller. */
export function baseParts(): Parts {
  const parts = fc.sample(partsOf(10_000), { seed: 7, numRuns: 1 })[0]
  assert(parts !== undefined, 'a sample')
  const { rules } = parts.source
  const many = Array.from({ length: 40 }, (_, n) =>
    rules.map((one, i) => ({ ...one, id: ruleId(20_000 + 10 * n + i), title: `Base ${n}` })),
  )
  return { ...parts, source: { ...parts.source, rules: [...rules, ...many.flat()] } }
}
