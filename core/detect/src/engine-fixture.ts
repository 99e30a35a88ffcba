import {
  type CompiledPack,
  compilePack,
  type PackSource,
  type ParsedPack,
  parsePack,
  toSourceNode,
  type VerifiedImage,
  verifyImage,
} from '@firebreak/content'
import { ENGINE_VERSION, type EngineContract } from './contract.ts'
import type { RecordEvent } from './event/index.ts'

export type Plain = Parameters<typeof toSourceNode>[0]

/** Packs, images and events for the tests of this package, made from plain values. */
export function ruleId(n: number): string {
  return `00000000-0000-4000-8000-${String(n).padStart(12, '0')}`
}

export function rule(n: number, detection: Plain, more: { readonly [key: string]: Plain } = {}): Plain {
  const logsource = { category: 'process_creation', product: 'linux' }
  return { title: `Rule ${n}`, id: ruleId(n), level: 'high', tags: ['attack.t1059'], logsource, detection, ...more }
}

const MANIFEST = {
  name: 'fixture',
  version: '1.2.3',
  category: 'behavioural',
  minimumEngine: '1.0.0',
  description: 'For tests.',
}

interface Given {
  readonly manifest?: { readonly [key: string]: Plain }
  readonly indicators?: string
}

export function parsedPack(rules: readonly Plain[], given: Given = {}): ParsedPack {
  const source: PackSource = {
    manifest: toSourceNode({ ...MANIFEST, ...given.manifest }, 'pack.yaml'),
    rules: rules.map((one, i) => ({ file: `rules/${i}.yml`, nodes: [toSourceNode(one, `rules/${i}.yml`)] })),
    tests: [],
    indicators: given.indicators === undefined ? [] : [{ file: 'a.csv', text: given.indicators }],
  }
  return parsePack(source)
}

export function compiled(rules: readonly Plain[], given: Given = {}): CompiledPack {
  return compilePack(parsedPack(rules, given))
}

export function image(rules: readonly Plain[], given: Given = {}): VerifiedImage {
  return verifyImage(compiled(rules, given).image)
}

/** Supplies exactly what the image needs. */
export function contractOf({ needs, features }: VerifiedImage): EngineContract {
  const fields = needs.map(({ logsource, fields: read }) => ({ category: logsource.category ?? '', fields: read }))
  return { engineVersion: ENGINE_VERSION, features, fields }
}

export function event(fields: RecordEvent['fields'], more: Partial<RecordEvent> = {}): RecordEvent {
  return { category: 'process_creation', product: 'linux', timeMs: 1_000, fields, ...more }
}
