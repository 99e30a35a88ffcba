import {
  compilePack,
  type PackSource,
  type ParsedPack,
  parsePack,
  type SourceNode,
  toSourceNode,
} from '@firebreak/content'
import type { FuzzTarget } from '@firebreak/gate'
import { jsonBytes, utf8Encode } from '@firebreak/kernel'
import { recordBatch, HOSTILE_LINES, recordsOf } from './events.ts'
import { fixedSeeds } from './fixed.ts'
import {
  SMALL_CORRELATION,
  SMALL_INDICATORS,
  SMALL_MANIFEST,
  SMALL_RULES,
  smallPack,
  type Plain,
} from './small-pack.ts'

/** Of what a candidate has many of, so many are inputs to begin with. */
const EACH_MAX = 24
/** Rules of a slice of an image: small, so that many images can be judged. */
const SLICE_RULES = 2

/** The part of a candidate that inputs come from. */
export interface SeedSource {
  readonly source: PackSource
  readonly pack: ParsedPack
}

export type Seeds = Readonly<Record<FuzzTarget, readonly Uint8Array[]>>

/** Inputs to begin with, from this very candidate; what it has nothing of is from a small pack of ours. */
export function seedsOf({ source, pack }: SeedSource): Seeds {
  const rules = spread(source.rules.flatMap(({ nodes }) => nodes))
  const documents = [...SMALL_RULES, SMALL_CORRELATION, ...rules.map(plainOf)]
  const texts = spread(source.indicators).map(({ file, text }) => utf8Encode(`${file}\n${text.slice(0, 4_096)}`))
  const events = spread(pack.tests.flatMap(({ match, ignore }) => [...match, ...ignore]))
  return {
    ...fixedSeeds(),
    manifest: [SMALL_MANIFEST, ...(source.manifest ? [plainOf(source.manifest)] : [])].map(jsonBytes),
    sigma: [...documents.map((one) => [one]), [SMALL_RULES[0] ?? null, SMALL_CORRELATION]].map(jsonBytes),
    yaml: [...YAML_FILES, ...documents.map((one) => yamlOf(one))].map(utf8Encode),
    condition: [...CONDITIONS, ...documents.flatMap(conditionsOf)].map(utf8Encode),
    regex: [...REGEXES, ...documents.flatMap((one) => regexesOf(one))].map(utf8Encode),
    indicators: [utf8Encode(`a.csv\n${SMALL_INDICATORS}`), ...INDICATOR_FILES.map(utf8Encode), ...texts],
    // Small ones are judged sooner, and a change of one of their words means more.
    image: [smallPack().image, ...SMALL_RULES.map((one) => smallPack([one]).image), ...slicesOf(source, pack)],
    event: [...HOSTILE_LINES, ...events.map(({ fields }) => jsonBytes(fields))],
    batch: [recordBatch(), ...recordsOf(events)],
  }
}

/** At even distances. */
function spread<T>(list: readonly T[]): readonly T[] {
  const step = Math.max(1, list.length / EACH_MAX)
  return Array.from({ length: Math.min(EACH_MAX, list.length) }, (_, i) => list[Math.floor(i * step)] as T)
}

function plainOf(node: SourceNode): Plain {
  if (node.kind === 'scalar') return node.value
  if (node.kind === 'sequence') return node.items.map(plainOf)
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, plainOf(value)]))
}

/** Each a part of the grammar that rules have little of. */
const YAML_FILES = [
  'a: b\nc: [d, 1]\n',
  '- a\n- b: |\n    text\n  c: >-\n    d\n',
  `{a: "b", 'c': ~}\n`,
  '--- a\n...\n--- # b\n? c\n: !!str 1\n',
]

/** Text that is itself without quotes: it begins with a letter, and is no word that means something else. */
const PLAIN = /^(?!(?:true|false|null)$)[A-Za-z](?:[\w |/.()*-]*[\w)*])?$/i

/** JSON is YAML; a document in the style of people has more of its grammar. */
function yamlOf(value: Plain, indent = ''): string {
  if (typeof value === 'string' && PLAIN.test(value)) return value
  if (value === null || typeof value !== 'object') return JSON.stringify(value)
  if (Array.isArray(value)) {
    const items = value as readonly Plain[]
    return items.length === 0 ? '[]' : items.map((one) => `\n${indent}- ${yamlOf(one, `${indent}  `)}`).join('')
  }
  const entries = Object.entries(value)
  if (entries.length === 0) return '{}'
  return entries.map(([key, one]) => `\n${indent}${yamlOf(key)}: ${yamlOf(one, `${indent}  `)}`).join('')
}

const CONDITIONS = [
  'a',
  'not a and (b or selection)',
  '1 of sel_* and not all of them',
  'all of sel*',
  'x*y or _hidden',
]

/** With the names of ours. */
function conditionsOf(rule: Plain): readonly string[] {
  const condition = memberOf(memberOf(rule, 'detection'), 'condition')
  return typeof condition === 'string'
    ? [condition.replaceAll(/\b(?!and\b|or\b|not\b|of\b|all\b|them\b)[a-z]\w+/g, 'selection')]
    : []
}

const REGEXES = [
  '/a(b|c)+[0-9]{2}$',
  'i/CURL.*(\\||;)',
  'm/^\\w+\\b[^x]{0,3}$',
  's/(?i:\\x{e9}|\\pL)*?.',
  '/',
  '/\\Aa?\\z',
]

function regexesOf(value: Plain, name = ''): readonly string[] {
  if (typeof value === 'string') return /\|re\b/.test(name) ? [`${name.includes('|i') ? 'i' : ''}/${value}`] : []
  if (value === null || typeof value !== 'object') return []
  if (Array.isArray(value)) return (value as readonly Plain[]).flatMap((one) => regexesOf(one, name))
  return Object.entries(value).flatMap(([key, one]) => regexesOf(one, key))
}

function memberOf(value: Plain, key: string): Plain {
  if (value === null || typeof value !== 'object' || Array.isArray(value)) return null
  return (value as { readonly [key: string]: Plain })[key] ?? null
}

const INDICATOR_FILES = [
  'a.txt\n# comment\n203.0.113.9\n198.51.100.0/24\nevil.example\nfe80::1\n',
  'a.hdb\n44d88612fea8a8f36de82e1278abb02f:68:Eicar\n',
  `a.hsb\n${'ab'.repeat(32)}:*:Any:73\n`,
  `a.json\n${JSON.stringify({
    type: 'bundle',
    objects: [{ type: 'indicator', pattern_type: 'stix', pattern: "[ipv4-addr:value = '203.0.113.7']", name: 'x' }],
  })}`,
]

/** Images of a few rules each. */
function slicesOf(source: PackSource, pack: ParsedPack): readonly Uint8Array[] {
  const files = spread(source.rules)
  const slices: Uint8Array[] = []
  for (let at = 0; at < files.length; at += SLICE_RULES) {
    const slice = parsePack({
      manifest: toSourceNode(SMALL_MANIFEST, 'pack.yaml'),
      rules: files.slice(at, at + SLICE_RULES),
      tests: [],
      indicators: [],
      placeholders: source.placeholders ?? null,
    })
    // A correlation may need rules of another slice.
    if (slice.diagnostics.length === 0 && pack.diagnostics.length === 0) slices.push(compilePack(slice).image)
  }
  return slices
}
